#include "logistic.h"

#include <math.h>
#include <string.h>

#define SIDE (LOGISTIC_INPUTS_MAX + 1)
#define ROUNDS 40
#define HALVED_MAX 10
#define RIDGE 1e-2

double logistic_sigmoid(double z) { return 1 / (1 + exp(-z)); }

double logistic_logit(double p) {
    p = fmin(fmax(p, 1e-9), 1 - 1e-9);
    return log(p / (1 - p));
}

double logistic_apply(const struct logistic *l, const double *x) {
    double z = l->w[l->n];
    for (int i = 0; i < l->n; i++)
        z += l->w[i] * x[i];
    return logistic_sigmoid(z);
}

/* Gaussian elimination; the ridge keeps the matrix positive definite, so no pivoting. */
static void solve(double m[SIDE][SIDE], double b[SIDE], int n) {
    for (int k = 0; k < n; k++) {
        for (int r = k + 1; r < n; r++) {
            double f = m[r][k] / m[k][k];
            for (int c = k; c < n; c++)
                m[r][c] -= f * m[k][c];
            b[r] -= f * b[k];
        }
    }
    for (int k = n - 1; k >= 0; k--) {
        for (int c = k + 1; c < n; c++)
            b[k] -= m[k][c] * b[c];
        b[k] /= m[k][k];
    }
}

static void accumulate(const struct logistic *l, const struct logistic_case *one,
                       double hessian[SIDE][SIDE], double gradient[SIDE]) {
    double x[SIDE], p = logistic_apply(l, one->x);
    memcpy(x, one->x, sizeof(double) * (size_t)l->n);
    x[l->n] = 1;
    double curve = one->weight * fmax(p * (1 - p), 1e-6);
    for (int i = 0; i <= l->n; i++) {
        gradient[i] += one->weight * (p - one->yes) * x[i];
        for (int k = 0; k <= l->n; k++)
            hessian[i][k] += curve * x[i] * x[k];
    }
}

/* One fit: what it learns from, and what pulls each weight back to where. */
struct fitting {
    const struct logistic_case *cases;
    int n;
    double centre[SIDE], pull[SIDE];
};

static double loss(const struct logistic *l, const struct fitting *f) {
    double sum = 0;
    for (int i = 0; i <= l->n; i++)
        sum += f->pull[i] / 2 * (l->w[i] - f->centre[i]) * (l->w[i] - f->centre[i]);
    for (int i = 0; i < f->n; i++) {
        double p = logistic_apply(l, f->cases[i].x);
        sum -= f->cases[i].weight * log(fmax(f->cases[i].yes ? p : 1 - p, 1e-12));
    }
    return sum;
}

/* Takes the step, halved until it leads downhill; how far it went. */
static double descend(struct logistic *l, const double step[SIDE], const struct fitting *f) {
    const struct logistic start = *l;
    double before = loss(l, f);
    for (int halved = 0; halved < HALVED_MAX; halved++) {
        double scale = ldexp(1, -halved), moved = 0;
        for (int i = 0; i <= l->n; i++) {
            l->w[i] = start.w[i] - scale * step[i];
            moved += fabs(scale * step[i]);
        }
        if (loss(l, f) < before)
            return moved;
    }
    *l = start;
    return 0;
}

static void fit(const struct fitting *f, struct logistic *out) {
    for (int round = 0; round < ROUNDS; round++) {
        double hessian[SIDE][SIDE] = {{0}}, step[SIDE] = {0};
        for (int i = 0; i <= out->n; i++) {
            hessian[i][i] = f->pull[i];
            step[i] = f->pull[i] * (out->w[i] - f->centre[i]);
        }
        for (int i = 0; i < f->n; i++)
            accumulate(out, &f->cases[i], hessian, step);
        solve(hessian, step, out->n + 1);
        if (descend(out, step, f) < 1e-6)
            return;
    }
}

void logistic_fit(const struct logistic_case *cases, int n, int inputs, struct logistic *out) {
    struct fitting f = {.cases = cases, .n = n};
    for (int i = 0; i <= inputs; i++)
        f.pull[i] = RIDGE;
    *out = (struct logistic){.n = inputs};
    fit(&f, out);
}

void logistic_refit(const struct logistic_case *cases, int n, const struct logistic_belief *belief,
                    struct logistic *out) {
    struct fitting f = {.cases = cases, .n = n};
    for (int i = 0; i <= belief->centre.n; i++) {
        f.centre[i] = belief->centre.w[i];
        f.pull[i] = 1 / (belief->spread[i] * belief->spread[i]);
    }
    *out = belief->centre;
    fit(&f, out);
}
