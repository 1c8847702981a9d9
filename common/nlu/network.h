/*
 * network: a second opinion on the same features: one hidden layer, learned while most features are
 * left out at random, so that no few of them are relied on. Its output is added to the linear
 * scores. Deterministic for a seed. Pure.
 */
#pragma once
#include <stdbool.h>

#include "solver.h"

#define NETWORK_HIDDEN 96 /* a multiple of the lanes */

struct network {
    float *first;  /* a row of NETWORK_HIDDEN a feature */
    float *floors; /* NETWORK_HIDDEN: what the hidden numbers start from */
    float *second; /* NETWORK_HIDDEN rows of the task's width */
    float *biases; /* of the task's width */
};
/* What is left to do when the first layer has been summed up. */
struct network_rest {
    const float *second, *biases;
};

void network_fit(struct arena *a, const struct solver_task *t, struct network *out);
/* hidden: the sums of the first layer, floors included; out: width numbers. */
void network_finish(const struct network_rest *net, const float *hidden, int width, float *out);
