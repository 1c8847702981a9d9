/* tally: how well guesses agree with labels, as one JSON report for people and for the model's row.
 * Pure. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "../base/arena.h"
#include "../base/buf.h"

struct tally_row {
    const char *truth; /* intent of the label, "oos" for out of scope */
    const char *guess; /* best intent */
    double confidence;
    bool in_scope;    /* as judged */
    double scope;     /* probability that it is */
    const char *text; /* NULL: not told */
};
struct tally_times {
    int64_t *us; /* one a text; sorted by the report */
    int n;
};

/* times: NULL leaves us_per_message out. Members are added to an open JSON object. */
void tally_report(struct arena *a, const struct tally_row *rows, int n,
                  const struct tally_times *times, struct buf *out);
