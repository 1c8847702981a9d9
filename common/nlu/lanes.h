/*
 * lanes: sums over rows of numbers, whole lanes at a time so that the compiler may use vector
 * instructions, always in the same order. The length is a multiple of LANES.
 */
#pragma once

#define LANES 8

static inline int lanes_padded(int n) { return (n + LANES - 1) / LANES * LANES; }

/* to += times * row */
static inline void lanes_add(float *restrict to, const float *restrict row, float times, int n) {
    for (int i = 0; i < n; i += LANES)
        for (int k = 0; k < LANES; k++)
            to[i + k] += times * row[i + k];
}

static inline float lanes_dot(const float *x, const float *y, int n) {
    float part[LANES] = {0}, sum = 0;
    for (int i = 0; i < n; i += LANES)
        for (int k = 0; k < LANES; k++)
            part[k] += x[i + k] * y[i + k];
    for (int k = 0; k < LANES; k++)
        sum += part[k];
    return sum;
}
