/*
 * idempotency: the rules of the Idempotency-Key header: the first 2xx or 4xx answer is given again
 * to the same caller, route, key and body. A 5xx is not kept: nothing has happened, so it may be
 * tried again.
 */
#pragma once
#include "request.h"

struct idempotency {
    struct uid key;
};

/* The request's key, scoped by caller and route: hex text in the arena; "" when it has none. */
const char *idempotency_scope(struct request *r);
/* OK and *answered: the kept answer is in out. OK and not: do the work, then call idempotency_end.
 * ERR_MALFORMED: not a key. ERR_INVALID: used with another body. ERR_CONFLICT: still running. */
MUST_CHECK enum err idempotency_begin(struct request *r, struct idempotency *mark,
                                      struct reply *out, bool *answered);
void idempotency_end(struct request *r, const struct idempotency *mark, const struct reply *out);
