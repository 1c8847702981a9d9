/* attempts: outcomes of outgoing calls by endpoint, kept for minutes: what a breaker is computed
 * from. In Postgres, so that all workers see one breaker and a restart forgets nothing. */
#pragma once
#include "../io/pg.h"

MUST_CHECK enum err attempts_note(struct pg *c, struct arena *a, const char *endpoint, bool failed);
/* Of the last window_ms; last_ms: age of the newest in ms, -1 for none. */
struct attempts_count {
    int total, failed;
    int64_t last_ms;
};
MUST_CHECK enum err attempts_count(struct pg *c, struct arena *a, const char *endpoint,
                                   int64_t window_ms, struct attempts_count *out);
MUST_CHECK enum err attempts_prune(struct pg *c, struct arena *a, int64_t keep_ms);
