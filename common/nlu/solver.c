#include "solver.h"

#include <stdlib.h>
#include <string.h>

#include "draw.h"
#include "lanes.h"

#define PASSES 9
#define ALPHA_BYTES_MAX (64u << 20)
#define STILL 1e-8f /* a step shorter than this is not taken */

/* Labels from .. from + width of the task at once. */
struct block {
    const struct solver_task *task;
    float *weights, *alphas, *sums, *steps;
    int from, width;
};

static float *row_at(const struct block *b, int feature) {
    return b->weights + (size_t)feature * (size_t)b->task->width + b->from;
}

/* Each label's own step: towards its margin, never below zero; how far all of them went. */
static float find_steps(const struct block *b, const struct solver_row *r, float *alphas) {
    const float soft = (float)(1 / (2 * b->task->penalty));
    const float reach = 1 / ((r->n ? 2.0f : 1.0f) + soft);
    float moved = 0;
    for (int k = 0; k < b->width; k++) {
        float side = b->from + k == r->label ? 1 : -1;
        float next = alphas[k] - (side * b->sums[k] - 1 + soft * alphas[k]) * reach;
        next = next > 0 ? next : 0;
        b->steps[k] = side * (next - alphas[k]);
        alphas[k] = next;
        moved += b->steps[k] * b->steps[k];
    }
    return moved;
}

static void visit(const struct block *b, int index) {
    const struct solver_row *r = &b->task->rows[index];
    float *constant = row_at(b, b->task->n_features);
    memcpy(b->sums, constant, sizeof *b->sums * (size_t)b->width);
    for (int i = 0; i < r->n; i++)
        lanes_add(b->sums, row_at(b, r->at[i]), r->values[i], b->width);
    if (find_steps(b, r, b->alphas + (size_t)index * (size_t)b->width) < STILL)
        return;
    for (int i = 0; i < r->n; i++)
        lanes_add(row_at(b, r->at[i]), b->steps, r->values[i], b->width);
    lanes_add(constant, b->steps, 1, b->width);
}

static void fit_block(const struct solver_task *t, float *weights, int from, int width) {
    struct arena *a = arena_new();
    struct block b = {t,
                      weights,
                      ARENA_ARRAY(a, float, (size_t)t->n_rows *(size_t)width + 1),
                      ARENA_ARRAY(a, float, width),
                      ARENA_ARRAY(a, float, width),
                      from,
                      width};
    int *order = ARENA_ARRAY(a, int, t->n_rows + 1);
    uint64_t chance = t->seed;
    for (int i = 0; i < t->n_rows; i++)
        order[i] = i;
    for (int pass = 0; pass < PASSES; pass++) {
        draw_order(&chance, order, t->n_rows);
        for (int i = 0; i < t->n_rows; i++)
            visit(&b, order[i]);
    }
    arena_free(a);
}

void solver_fit(const struct solver_task *t, float *weights) {
    size_t lanes = ALPHA_BYTES_MAX / sizeof(float) / ((size_t)t->n_rows + 1) / LANES;
    int most = lanes ? (int)lanes * LANES : LANES;
    for (int from = 0; from < t->width; from += most)
        fit_block(t, weights, from, t->width - from < most ? t->width - from : most);
}
