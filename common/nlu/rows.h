/*
 * rows: a table of weights, a row a feature, small enough to keep: bytes, and a multiplier a row.
 * Rows are summed up as whole numbers, so the sum is the same in any order and on any machine.
 * Pure.
 */
#pragma once
#include <stdint.h>

#include "../base/arena.h"

#define ROWS_LANES 16
#define ROWS_TIMES_MAX 4095 /* 4096 rows of 127 times this still fit 32 bits */

struct rows {
    int n, width; /* width: a multiple of ROWS_LANES */
    float unit;   /* a sum times this is what was packed */
    const uint16_t *times;
    const int8_t *weights;
};

static inline int rows_width(int n) { return (n + ROWS_LANES - 1) / ROWS_LANES * ROWS_LANES; }

/* from: n rows of from_width (<= width) numbers, each multiplied by its row's value. */
void rows_pack(struct arena *a, const float *from, int from_width, const float *values,
               struct rows *out);
/* A row that will be added soon: memory is slower than the sum. */
static inline void rows_fetch(const struct rows *r, int at) {
    const int8_t *row = r->weights + (size_t)at * (size_t)r->width;
    for (int i = 0; i < r->width; i += 64)
        __builtin_prefetch(row + i);
    __builtin_prefetch(&r->times[at]);
}
void rows_add(const struct rows *r, int at, int32_t *restrict sum);

static inline double rows_weight(const struct rows *r, int at, int column) {
    int8_t weight = r->weights[(size_t)at * (size_t)r->width + (size_t)column];
    return r->unit * (float)r->times[at] * (float)weight;
}
