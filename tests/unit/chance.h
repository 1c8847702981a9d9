/* chance: repeatable numbers for property tests (xorshift64*). A failing test names its seed. */
#pragma once
#include <stdint.h>

struct chance {
    uint64_t state;
};

static inline struct chance chance_of(uint64_t seed) {
    return (struct chance){seed * UINT64_C(0x9E3779B97F4A7C15) + 1};
}

static inline uint64_t chance_next(struct chance *c) {
    c->state ^= c->state >> 12;
    c->state ^= c->state << 25;
    c->state ^= c->state >> 27;
    return c->state * UINT64_C(0x2545F4914F6CDD1D);
}

/* 0 <= result < n */
static inline int chance_below(struct chance *c, int n) {
    return (int)((chance_next(c) >> 33) % (uint64_t)n);
}

/* 0 <= result < 1 */
static inline double chance_real(struct chance *c) {
    return (double)(chance_next(c) >> 11) / 9007199254740992.0;
}
