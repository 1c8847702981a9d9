/* draw: the seeded random numbers that training draws from; the same seed, the same numbers. */
#pragma once
#include <stdint.h>

static inline uint64_t draw_next(uint64_t *state) {
    uint64_t z = *state += 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

/* 0 <= it < 1 */
static inline float draw_share(uint64_t *state) {
    return (float)(draw_next(state) >> 40) * (1.0f / (1 << 24));
}

static inline void draw_order(uint64_t *state, int *order, int n) {
    for (int i = n - 1; i > 0; i--) {
        int other = (int)(draw_next(state) % (uint64_t)(i + 1)), kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
}
