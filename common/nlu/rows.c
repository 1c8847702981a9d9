#include "rows.h"

#include <math.h>

static float most_of(const float *row, int n) {
    float most = 0;
    for (int i = 0; i < n; i++)
        most = fmaxf(most, fabsf(row[i]));
    return most;
}

static void pack_row(const float *from, int n, float scale, int8_t *to) {
    for (int i = 0; i < n; i++)
        to[i] = (int8_t)fmaxf(-INT8_MAX, fminf(INT8_MAX, roundf(from[i] / scale)));
}

void rows_pack(struct arena *a, const float *from, int from_width, const float *values,
               struct rows *out) {
    float most = 1e-9f;
    for (int i = 0; i < out->n; i++)
        most = fmaxf(most, most_of(from + (size_t)i * (size_t)from_width, from_width) * values[i]);
    out->unit = most / INT8_MAX / ROWS_TIMES_MAX;
    uint16_t *times = ARENA_ARRAY(a, uint16_t, out->n + 1);
    int8_t *weights = ARENA_ARRAY(a, int8_t, (size_t)out->n * (size_t)out->width + 1);
    for (int i = 0; i < out->n; i++) {
        const float *row = from + (size_t)i * (size_t)from_width;
        float steps = most_of(row, from_width) * values[i] / INT8_MAX / out->unit;
        times[i] = (uint16_t)fminf(ROWS_TIMES_MAX, ceilf(steps));
        if (times[i])
            pack_row(row, from_width, out->unit * (float)times[i] / values[i],
                     weights + (size_t)i * (size_t)out->width);
    }
    out->times = times;
    out->weights = weights;
}

void rows_add(const struct rows *r, int at, int32_t *restrict sum) {
    const int8_t *restrict row = r->weights + (size_t)at * (size_t)r->width;
    const int16_t times = (int16_t)r->times[at];
    for (int i = 0; i < r->width; i += ROWS_LANES)
        for (int k = 0; k < ROWS_LANES; k++)
            sum[i + k] += (int16_t)row[i + k] * times;
}
