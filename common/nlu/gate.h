/*
 * gate: from the raw scores of a linear model to probabilities: which intent, how sure, in scope at
 * all. Fitted on held-out observations only. Pure.
 */
#pragma once
#include <stdbool.h>

#include "../base/logistic.h"

struct gate {
    double sharpness;           /* scores are multiplied by it before the softmax */
    struct logistic confidence; /* -> the best name is right */
    struct logistic scope;      /* -> in scope */
    double threshold;           /* in scope from this probability on */
};

struct gate_scores {
    const float *intents; /* one raw score an intent */
    int n;
    double outside;  /* raw score of "out of scope"; 0 for a model without such examples */
    double coverage; /* share of the text the vocabulary knows, 0..1 */
};
struct gate_verdict {
    int best;
    double confidence, in_scope;
};
/* probabilities: room for one an intent. */
void gate_judge(const struct gate *g, const struct gate_scores *s, float *probabilities,
                struct gate_verdict *out);

#define GATE_OUTSIDE (-1)
struct gate_observation {
    struct gate_scores scores;
    int truth; /* index of the intent, or GATE_OUTSIDE */
};
/* refused: share of the rightly named texts that the threshold may refuse at most. Without
 * observations from outside a text counts as in scope when its name is likely right. */
void gate_fit(const struct gate_observation *seen, int n, double refused, struct gate *out);
