/*
 * reports: what a dashboard shows over time, from the hourly counts only: as dear for a day of a
 * small history as of a long one. Never writes.
 */
#pragma once
#include "../io/pg.h"
#include "../model/enums.h"

enum reports_group {
    REPORTS_BY_NOTHING,
    REPORTS_BY_CHANNEL,
    REPORTS_BY_MODE,
    REPORTS_BY_HANDLER,
    REPORTS_BY_INTENT
};
struct reports_question {
    int64_t from_ms, to_ms; /* hours that begin within it; to is exclusive */
    bool daily;             /* else hourly; days are UTC */
    enum reports_group group;
};
struct reports_row {
    int64_t at_ms;
    const char *group; /* modes by their text; "" for all, or for what has none */
    int64_t messages_in, messages_out;
};
/* In order of time and group; what has no messages has no row. */
MUST_CHECK enum err reports_count(struct pg *c, struct arena *a, const struct reports_question *q,
                                  struct reports_row **rows, int *n);
