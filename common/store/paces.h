/* paces: how fast each channel may be sent on, kept by all workers together in one row a channel. A
 * little may be caught up after a pause, never more than a second's worth. */
#pragma once
#include "../io/pg.h"

/* Takes one turn of so many a second. *wait_ms 0: it is ours; else try again then. */
MUST_CHECK enum err paces_take(struct pg *c, struct arena *a, const char *channel,
                               int64_t rate_per_s, int64_t *wait_ms);
/* Nothing is sent on it before then: the provider said so. */
MUST_CHECK enum err paces_hold(struct pg *c, struct arena *a, const char *channel, int64_t ms);
