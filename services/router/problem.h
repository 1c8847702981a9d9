/*
 * problem: `enum err` -> problem+json (RFC 9457): the only place that turns errors into HTTP. Says
 * what the caller can act on and nothing of our inside: a 5xx has no text of its own.
 */
#pragma once
#include "request.h"

#define PROBLEM_TYPE "application/problem+json"
#define PROBLEM_HEADERS_MAX 3

struct problem {
    int status;
    const char *code; /* "invalid": the last segment of `type` */
    const char *title;
    const char *detail;
    const char *pointer; /* 422 only; NULL otherwise */
};

/* why may be NULL; its texts are borrowed. */
struct problem problem_of(enum err e, const struct why *why);
/* For a status that the HTTP driver chose itself. */
struct problem problem_of_status(int status, const char *detail);
void problem_render(const struct problem *p, const char *request_id, struct buf *out);
/* What the status asks for beside the body: Retry-After, WWW-Authenticate. Returns how many were
 * written. */
int problem_headers(const struct problem *p, struct wire_header out[PROBLEM_HEADERS_MAX]);
