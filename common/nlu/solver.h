/*
 * solver: one linear scorer a label, each label against all others: support vector machines with
 * squared loss, by dual coordinate descent (Hsieh et al., 2008). All labels take their step on a
 * text together, so that a row of weights is fetched once for all of them. Deterministic. Pure.
 */
#pragma once
#include <stdint.h>

#include "../base/arena.h"

/* A text: the places of its features and their values; its squared length is one, or none. */
struct solver_row {
    const int *at;
    const float *values;
    int n, label;
};
struct solver_task {
    const struct solver_row *rows;
    int n_rows, n_features, n_labels;
    int width; /* of a row of weights: n_labels padded to whole lanes */
    double penalty;
    uint64_t seed;
};

/* weights: (n_features + 1) rows of the width, zero; the last is the constant's. */
void solver_fit(const struct solver_task *t, float *weights);
