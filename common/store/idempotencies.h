/*
 * idempotencies: the first answer to each Idempotency-Key, so that the same request gets it again.
 * One row a key, made before the work starts: that row is what makes a second request wait or be
 * refused.
 */
#pragma once
#include "../io/pg.h"

/* A row still running after so long was left by a crash and is taken over. */
#define IDEMPOTENCIES_RUNNING_MAX_S 60

enum idempotencies_state {
    IDEMPOTENCIES_MINE,    /* the row is ours now: do the work, then finish or drop it */
    IDEMPOTENCIES_RUNNING, /* somebody is at it */
    IDEMPOTENCIES_OTHER,   /* the key was used with another body */
    IDEMPOTENCIES_DONE     /* the answer is known */
};
struct idempotencies_row {
    enum idempotencies_state state;
    int status; /* DONE: the HTTP status */
    const char *content_type, *answer;
};

/* key: hash of caller, route and Idempotency-Key; its last byte is its bucket. body_hash: 32 bytes.
 */
MUST_CHECK enum err idempotencies_claim(struct pg *c, struct arena *a, struct uid key,
                                        struct span body_hash, struct idempotencies_row *out);
MUST_CHECK enum err idempotencies_finish(struct pg *c, struct arena *a, struct uid key,
                                         const struct idempotencies_row *done);
/* Forgets a row that is still running, so that the request may be tried again. */
MUST_CHECK enum err idempotencies_drop(struct pg *c, struct arena *a, struct uid key);
/* Retention: removes a small batch of rows older than so many hours; how many in *n. */
MUST_CHECK enum err idempotencies_prune(struct pg *c, struct arena *a, int64_t hours, int64_t *n);
