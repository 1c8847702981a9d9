/*
 * cors: calls from browsers on other sites (the Fetch standard's CORS protocol), for the routes of
 * the widget only. The answer names the exact origin, and only one the channel lists; never "*",
 * never credentials: a visitor's token travels in a header. Unlisted origins get an answer that
 * their browser will not show them.
 */
#pragma once
#include "request.h"

#define CORS_HEADERS_MAX 3

/* Is this call from a page that may talk to its channel? Calls of no browser are. */
bool cors_allowed(const struct request *r);
/* What an answer has to say to the browser; returns how many were written. None where the route is
 * not the widget's. Any thread. */
int cors_headers(const struct request *r, struct wire_header out[CORS_HEADERS_MAX]);
/* OPTIONS of such a route, which is in no table: the whole answer. False: it is none. */
bool cors_preflight(const struct request *r, struct http_admit *out);
