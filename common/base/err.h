/*
 * err: the closed set of error codes, one row each in err.def.
 *
 * Every fallible function returns one and is MUST_CHECK. Absence and "no" are results where
 * they are expected. Why-text (`struct why`) exists only where a person acts on it: config,
 * policy, request bodies. Elsewhere the driver that saw the failure logs once.
 */
#pragma once

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

enum err {
#define X(code, text, http, retry) code,
#include "err.def"
#undef X
    ERR_COUNT_
};

/* What a retry of the same call may hope for; router and worker read the same column. */
enum err_retry { ERR_RETRY_NONE, ERR_RETRY_NEVER, ERR_RETRY_SOON, ERR_RETRY_LATER };

#define WHY_TEXT_MAX 256
#define WHY_POINTER_MAX 160

/* Why something was refused, for the person who sent it. pointer is an RFC 6901 JSON pointer. */
struct why {
    char text[WHY_TEXT_MAX];
    char pointer[WHY_POINTER_MAX];
};

const char *err_name(enum err e); /* "ERR_INVALID" */
const char *err_text(enum err e); /* one sentence part, for people */
int err_http(enum err e);         /* HTTP status */
enum err_retry err_retry(enum err e);

/* Fills why (which may be NULL) and returns code, so that `return why_set(...)` reads well. */
enum err why_set(struct why *why, enum err code, const char *pointer, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

/* Return on error: the only control-flow macro in the house. An expression without a value: a loop
 * around it, there for the sake of the semicolon, would be weighed as one that somebody must
 * follow. */
#define TRY(call)                                                                                  \
    ({                                                                                             \
        enum err try_err_ = (call);                                                                \
        if (try_err_ != OK)                                                                        \
            return try_err_;                                                                       \
    })
