/*
 * apprentice: from what people did to what the policy says: reads recorded decisions and takeovers
 * page by page, learns hand-over weights from them (decide/takeover.h) and stores the active policy
 * with these weights and the report as a new version. Never activates it: a person does. Memory is
 * bounded by LESSON_ROWS_MAX turns, whatever is stored.
 */
#pragma once
#include "../io/pg.h"
#include "../store/takeovers.h"

struct apprentice_wish {
    struct takeovers_span span;
    int64_t look_at; /* messages at most; conversations come in no order of time or customer */
};

/* ERR_CONFLICT with why: too few takeovers in that time, or what was learned is worse than what
 * rules. Nothing is stored then. */
MUST_CHECK enum err apprentice_learn(struct pg *c, const struct apprentice_wish *wish, int *version,
                                     struct why *why);
