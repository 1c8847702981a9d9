/* wire: an HTTP request or response as a value: what both servers and clients speak. Owns nothing.
 */
#pragma once
#include <stdint.h>

#include "../base/span.h"

struct wire_header {
    const char *name, *value;
};

#define WIRE_HEADERS_MAX 64

struct wire_request {
    const char *method; /* "POST" */
    const char *url;    /* absolute for clients, path and query for servers */
    const struct wire_header *headers;
    int n_headers;
    struct span body;
};

struct wire_response {
    int status; /* HTTP status; 0: no answer (see the driver's error) */
    const struct wire_header *headers;
    int n_headers;
    struct span body;
};

/* First header of that name, case-insensitive; NULL if there is none. */
const char *wire_header_find(const struct wire_header *headers, int n, const char *name);
/* Retry-After in ms from now, by RFC 9110 10.2.3: seconds or an HTTP date; -1 if absent or not one.
 */
int64_t wire_retry_after_ms(const struct wire_header *headers, int n, int64_t wall_ms);
