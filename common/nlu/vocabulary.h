/*
 * vocabulary: the features a model knows, each with its value (rare features say more), found by
 * key. Made once from counted texts or from a stored model; then read-only.
 */
#pragma once
#include "../base/arena.h"
#include "feature.h"

struct vocabulary {
    const uint32_t *keys; /* ascending */
    const float *values;
    int n;
    float strange[FEATURE_KINDS]; /* value of a feature that was never seen */
    uint32_t *slots;              /* index + 1 by open addressing */
    uint32_t mask;
};

/* Keys of one training text. */
struct vocabulary_row {
    const uint32_t *keys;
    int n;
};
/* The most frequent features of the rows, at most max. */
void vocabulary_count(struct arena *a, const struct vocabulary_row *const *rows, int n, int max,
                      struct vocabulary *out);
void vocabulary_index(struct arena *a, struct vocabulary *v); /* fills slots and strange */

static inline void vocabulary_fetch(const struct vocabulary *v, uint32_t key) {
    __builtin_prefetch(&v->slots[(key >> 3) & v->mask]);
}
static inline int vocabulary_find(const struct vocabulary *v, uint32_t key) {
    for (uint32_t at = (key >> 3) & v->mask; v->slots[at]; at = (at + 1) & v->mask)
        if (v->keys[v->slots[at] - 1] == key)
            return (int)v->slots[at] - 1;
    return -1;
}
