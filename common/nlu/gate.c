#include "gate.h"

#include <math.h>
#include <stdlib.h>

#define CONFIDENCE_INPUTS 3
#define SCOPE_INPUTS 5

static void softmax(const struct gate *g, const struct gate_scores *s, float *out) {
    double top = s->intents[0], sum = 0;
    for (int i = 1; i < s->n; i++)
        top = fmax(top, s->intents[i]);
    for (int i = 0; i < s->n; i++)
        sum += out[i] = expf((float)(g->sharpness * (s->intents[i] - top)));
    for (int i = 0; i < s->n; i++)
        out[i] = (float)(out[i] / sum);
}

static void best_two(const float *p, int n, int *best, int *second) {
    *best = 0;
    *second = -1;
    for (int i = 1; i < n; i++) {
        if (p[i] > p[*best])
            *second = *best, *best = i;
        else if (*second < 0 || p[i] > p[*second])
            *second = i;
    }
}

/* What both logistic regressions look at; the first CONFIDENCE_INPUTS are those of the name. */
static int inputs(const struct gate_scores *s, const float *p, double x[LOGISTIC_INPUTS_MAX]) {
    int best, second;
    best_two(p, s->n, &best, &second);
    x[0] = logistic_logit(p[best]);
    x[1] = s->intents[best];
    x[2] = second < 0 ? 0 : s->intents[best] - s->intents[second];
    x[3] = s->coverage;
    x[4] = s->outside;
    return best;
}

void gate_judge(const struct gate *g, const struct gate_scores *s, float *probabilities,
                struct gate_verdict *out) {
    double x[LOGISTIC_INPUTS_MAX];
    softmax(g, s, probabilities);
    out->best = inputs(s, probabilities, x);
    out->confidence = logistic_apply(&g->confidence, x);
    out->in_scope = logistic_apply(&g->scope, x);
}

static double loss(double sharpness, const struct gate_observation *seen, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
        if (seen[i].truth == GATE_OUTSIDE)
            continue;
        const struct gate_scores *s = &seen[i].scores;
        double top = s->intents[0], total = 0;
        for (int k = 1; k < s->n; k++)
            top = fmax(top, s->intents[k]);
        for (int k = 0; k < s->n; k++)
            total += exp(sharpness * (s->intents[k] - top));
        sum += log(total) - sharpness * (s->intents[seen[i].truth] - top);
    }
    return sum;
}

/* The loss has one valley in the sharpness: golden section over its logarithm. */
static double fit_sharpness(const struct gate_observation *seen, int n) {
    const double golden = 0.6180339887498949;
    double low = log(0.05), high = log(50);
    for (int i = 0; i < 24; i++) {
        double a = high - golden * (high - low), b = low + golden * (high - low);
        if (loss(exp(a), seen, n) < loss(exp(b), seen, n))
            high = b;
        else
            low = a;
    }
    return exp((low + high) / 2);
}

struct trial {
    double in_scope;
    bool outside, right;
};

static int by_scope(const void *x, const void *y) {
    const struct trial *a = x, *b = y;
    return a->in_scope < b->in_scope ? -1 : a->in_scope > b->in_scope;
}

/* The highest threshold that refuses no more right answers than it may, taken no further than where
 * it refuses more of them than of the strangers. */
static double fit_threshold(struct trial *trials, int n, double most_refused) {
    int right = 0, outside = 0;
    for (int i = 0; i < n; i++) {
        right += trials[i].right;
        outside += trials[i].outside;
    }
    qsort(trials, (size_t)n, sizeof *trials, by_scope);
    double threshold = 0, best = 0, refused = 0, caught = 0;
    for (int i = 0; i + 1 < n && refused <= most_refused; i++) {
        if (trials[i].outside)
            caught += 1.0 / outside;
        else if (trials[i].right)
            refused += 1.0 / right;
        bool gap = trials[i].in_scope < trials[i + 1].in_scope;
        if (gap && refused <= most_refused && caught - refused > best) {
            best = caught - refused;
            threshold = (trials[i].in_scope + trials[i + 1].in_scope) / 2;
        }
    }
    return threshold;
}

struct fitting {
    struct logistic_case *cases;
    struct trial *trials;
    float *probabilities;
};

static int fit_confidence(struct fitting *f, const struct gate_observation *seen, int n,
                          struct gate *g) {
    int inside = 0;
    for (int i = 0; i < n; i++) {
        if (seen[i].truth == GATE_OUTSIDE)
            continue;
        struct logistic_case *c = &f->cases[inside++];
        softmax(g, &seen[i].scores, f->probabilities);
        c->yes = inputs(&seen[i].scores, f->probabilities, c->x) == seen[i].truth;
        c->weight = 1;
    }
    logistic_fit(f->cases, inside, CONFIDENCE_INPUTS, &g->confidence);
    return inside;
}

static void fit_scope(struct fitting *f, const struct gate_observation *seen, int n, double refused,
                      struct gate *g) {
    int inside = 0;
    for (int i = 0; i < n; i++)
        inside += seen[i].truth != GATE_OUTSIDE;
    for (int i = 0; i < n; i++) {
        struct logistic_case *c = &f->cases[i];
        bool outside = seen[i].truth == GATE_OUTSIDE;
        softmax(g, &seen[i].scores, f->probabilities);
        f->trials[i].right = inputs(&seen[i].scores, f->probabilities, c->x) == seen[i].truth;
        f->trials[i].outside = outside;
        c->yes = !outside;
        c->weight = outside ? (double)inside / (n - inside) : 1;
    }
    logistic_fit(f->cases, n, SCOPE_INPUTS, &g->scope);
    for (int i = 0; i < n; i++)
        f->trials[i].in_scope = logistic_apply(&g->scope, f->cases[i].x);
    g->threshold = fit_threshold(f->trials, n, refused);
}

void gate_fit(const struct gate_observation *seen, int n, double refused, struct gate *out) {
    *out = (struct gate){.sharpness = fit_sharpness(seen, n)};
    int most = 1;
    for (int i = 0; i < n; i++)
        most = seen[i].scores.n > most ? seen[i].scores.n : most;
    struct fitting f = {calloc((size_t)n + 1, sizeof *f.cases),
                        calloc((size_t)n + 1, sizeof *f.trials),
                        calloc((size_t)most, sizeof *f.probabilities)};
    if (!f.cases || !f.trials || !f.probabilities)
        abort();
    int inside = fit_confidence(&f, seen, n, out);
    out->scope = out->confidence;
    out->threshold = 0.5;
    if (inside < n)
        fit_scope(&f, seen, n, refused, out);
    free(f.cases);
    free(f.trials);
    free(f.probabilities);
}
