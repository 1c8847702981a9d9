#include "network.h"

#include <math.h>
#include <string.h>

#include "draw.h"
#include "lanes.h"

/* Chosen on validation parts. */
#define EPOCHS 15
#define EPOCHS_FEW 30
#define FEW_ROWS 3000
#define RATE 0.1f
#define FEATURES_LEFT_OUT 0.6f
#define HIDDEN_LEFT_OUT 0.2f
#define NEVER (-30.0f) /* padding behind the labels never takes part */

/* AdaGrad with one sum a row: a row that has moved much moves less. */
struct learner {
    const struct solver_task *task;
    struct network *net;
    float *first_moved, *second_moved;
    float floors_moved, biases_moved, rate;
    uint64_t chance;
    float hidden[NETWORK_HIDDEN], blame[NETWORK_HIDDEN];
    float *output;
    int *at;
    float *values;
    int n; /* of the features that were not left out */
};

static float step_of(const struct learner *l, float *moved, float square) {
    *moved += square;
    return l->rate / sqrtf(*moved + 1e-6f);
}

static void fill_random(struct learner *l, float *to, size_t n) {
    const float reach = sqrtf(3.0f / NETWORK_HIDDEN);
    for (size_t i = 0; i < n; i++)
        to[i] = (2 * draw_share(&l->chance) - 1) * reach;
}

static void leave_out(struct learner *l, const struct solver_row *r) {
    l->n = 0;
    for (int i = 0; i < r->n; i++) {
        if (draw_share(&l->chance) < FEATURES_LEFT_OUT)
            continue;
        l->at[l->n] = r->at[i];
        l->values[l->n++] = r->values[i] / (1 - FEATURES_LEFT_OUT);
    }
}

void network_finish(const struct network_rest *net, const float *hidden, int width, float *out) {
    memcpy(out, net->biases, sizeof *out * (size_t)width);
    for (int i = 0; i < NETWORK_HIDDEN; i++)
        if (hidden[i] > 0)
            lanes_add(out, net->second + (size_t)i * (size_t)width, hidden[i], width);
}

static void forward(struct learner *l) {
    memcpy(l->hidden, l->net->floors, sizeof l->hidden);
    for (int i = 0; i < l->n; i++)
        lanes_add(l->hidden, l->net->first + (size_t)l->at[i] * NETWORK_HIDDEN, l->values[i],
                  NETWORK_HIDDEN);
    for (int i = 0; i < NETWORK_HIDDEN; i++) {
        bool out = l->hidden[i] <= 0 || draw_share(&l->chance) < HIDDEN_LEFT_OUT;
        l->hidden[i] = out ? 0 : l->hidden[i] / (1 - HIDDEN_LEFT_OUT);
    }
    const struct network_rest rest = {l->net->second, l->net->biases};
    network_finish(&rest, l->hidden, l->task->width, l->output);
}

/* The output becomes the gradient of the log loss. */
static void blame_output(struct learner *l, int label) {
    int n = l->task->n_labels;
    float top = l->output[0], sum = 0;
    for (int i = 1; i < n; i++)
        top = fmaxf(top, l->output[i]);
    for (int i = 0; i < n; i++)
        sum += l->output[i] = expf(l->output[i] - top);
    for (int i = 0; i < n; i++)
        l->output[i] /= sum;
    for (int i = n; i < l->task->width; i++)
        l->output[i] = 0;
    l->output[label] -= 1;
}

static void backward(struct learner *l) {
    int width = l->task->width;
    float square = lanes_dot(l->output, l->output, width) / (float)l->task->n_labels;
    for (int i = 0; i < NETWORK_HIDDEN; i++) {
        float h = l->hidden[i], *row = l->net->second + (size_t)i * (size_t)width;
        l->blame[i] = h > 0 ? lanes_dot(row, l->output, width) : 0;
        if (h > 0)
            lanes_add(row, l->output, -h * step_of(l, &l->second_moved[i], square * h * h), width);
    }
    lanes_add(l->net->biases, l->output, -step_of(l, &l->biases_moved, square), width);
    square = lanes_dot(l->blame, l->blame, NETWORK_HIDDEN) / NETWORK_HIDDEN;
    lanes_add(l->net->floors, l->blame, -step_of(l, &l->floors_moved, square), NETWORK_HIDDEN);
    for (int i = 0; i < l->n; i++) {
        float v = l->values[i];
        float step = step_of(l, &l->first_moved[l->at[i]], square * v * v);
        lanes_add(l->net->first + (size_t)l->at[i] * NETWORK_HIDDEN, l->blame, -v * step,
                  NETWORK_HIDDEN);
    }
}

static void run_epochs(struct learner *l, int *order) {
    const struct solver_task *t = l->task;
    int epochs = t->n_rows < FEW_ROWS ? EPOCHS_FEW : EPOCHS;
    for (int i = 0; i < t->n_rows; i++)
        order[i] = i;
    for (int epoch = 0; epoch < epochs; epoch++) {
        l->rate = RATE * (1 - (float)epoch / (float)epochs);
        draw_order(&l->chance, order, t->n_rows);
        for (int i = 0; i < t->n_rows; i++) {
            const struct solver_row *r = &t->rows[order[i]];
            leave_out(l, r);
            forward(l);
            blame_output(l, r->label);
            backward(l);
        }
    }
}

static int longest_row(const struct solver_task *t) {
    int most = 1;
    for (int i = 0; i < t->n_rows; i++)
        most = t->rows[i].n > most ? t->rows[i].n : most;
    return most;
}

void network_fit(struct arena *a, const struct solver_task *t, struct network *out) {
    size_t first = (size_t)t->n_features * NETWORK_HIDDEN;
    size_t second = (size_t)t->width * NETWORK_HIDDEN;
    *out = (struct network){ARENA_ARRAY(a, float, first + 1), ARENA_ARRAY(a, float, NETWORK_HIDDEN),
                            ARENA_ARRAY(a, float, second), ARENA_ARRAY(a, float, t->width)};
    struct arena *scratch = arena_new();
    int longest = longest_row(t);
    struct learner l = {.task = t,
                        .net = out,
                        .first_moved = ARENA_ARRAY(scratch, float, t->n_features + 1),
                        .second_moved = ARENA_ARRAY(scratch, float, NETWORK_HIDDEN),
                        .chance = t->seed ^ 0x2E7,
                        .output = ARENA_ARRAY(scratch, float, t->width),
                        .at = ARENA_ARRAY(scratch, int, longest),
                        .values = ARENA_ARRAY(scratch, float, longest)};
    fill_random(&l, out->first, first);
    fill_random(&l, out->second, second);
    for (int i = t->n_labels; i < t->width; i++)
        out->biases[i] = NEVER;
    run_epochs(&l, ARENA_ARRAY(scratch, int, t->n_rows + 1));
    arena_free(scratch);
}
