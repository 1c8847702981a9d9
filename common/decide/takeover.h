/*
 * takeover: an operator's own hand-over weights, learned from a lesson. A regularised logistic
 * regression that starts from the written weights and leaves them as far as there is evidence, so
 * that few takeovers do little; an input of which nothing was seen keeps its weight. What it is
 * worth is measured on conversations it has not seen. Refuses below TAKEOVER_MIN, and what is worse
 * than the weights in force. The same lesson gives the same weights, bit for bit. Pure.
 */
#pragma once
#include "lesson.h"

#define TAKEOVER_MIN 50 /* by people; below that chance speaks louder than they do */
#define TAKEOVER_FOLDS 5

/* What calling people by a set of weights is worth, turn by turn. */
struct takeover_score {
    double f1, precision, recall;
    double calibration_error; /* mean distance of what was said from what was so, ten bins */
    double log_loss;
    double early;  /* share of the courses that people ended called at or before their turn, */
    double before; /* and before it */
};
struct takeover_report {
    int conversations, turns, taken, given_up, asked;
    struct takeover_score learned, present; /* each on the same turns */
};

struct takeover_weights {
    const struct handover_weights *written; /* where learning starts from */
    const struct handover_weights *present; /* what it is compared with */
};
struct takeover_result {
    struct handover_weights weights;
    struct takeover_report report;
};

/* ERR_CONFLICT with why: too few takeovers, or worse than the present weights; the report is filled
 * as far as it came. */
MUST_CHECK enum err takeover_learn(struct arena *a, const struct lesson *l,
                                   const struct takeover_weights *w, struct takeover_result *out,
                                   struct why *why);
/* The policy's `handover` member: the weights, and with them the report. */
void takeover_render(const struct takeover_result *r, struct buf *out);
