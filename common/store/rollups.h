/*
 * rollups: how many messages an hour, by channel, mode, handler and intent: all that a dashboard
 * over time is made of, so that it never looks at messages. Filled by a consumer of the events.
 */
#pragma once
#include "../io/pg.h"
#include "../model/enums.h"

struct rollups_count {
    int64_t hour_ms; /* its first millisecond */
    const char *channel;
    enum mode mode;
    const char *handler; /* "bot:faq"; of a message out: who spoke */
    const char *intent;  /* "" if none was in scope */
    int64_t messages_in, messages_out;
};
struct rollups_batch {
    struct rollups_count *items; /* room for as many as will be added */
    int n;
};
/* Counts one more under the same hour, channel, mode, handler and intent. Texts are borrowed. */
void rollups_count(struct rollups_batch *batch, const struct rollups_count *one);
MUST_CHECK enum err rollups_add(struct pg *c, struct arena *a, const struct rollups_batch *batch);
