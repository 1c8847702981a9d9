#include "logistic.h"

#include <math.h>
#include <string.h>

#define SIDE (LOGISTIC_INPUTS_MAX + 1)
#define ROUNDS 40
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

static double loss(const struct logistic *l, const struct logistic_case *cases, int n) {
    double sum = 0;
    for (int i = 0; i <= l->n; i++)
        sum += RIDGE / 2 * l->w[i] * l->w[i];
    for (int i = 0; i < n; i++) {
        double p = logistic_apply(l, cases[i].x);
        sum -= cases[i].weight * log(fmax(cases[i].yes ? p : 1 - p, 1e-12));
    }
    return sum;
}

/* Takes the step, halved until it leads downhill; how far it went. */
static double descend(struct logistic *l, const double step[SIDE],
                      const struct logistic_case *cases, int n) {
    const struct logistic start = *l;
    double before = loss(l, cases, n);
    for (double scale = 1; scale > 1e-3; scale /= 2) {
        double moved = 0;
        for (int i = 0; i <= l->n; i++) {
            l->w[i] = start.w[i] - scale * step[i];
            moved += fabs(scale * step[i]);
        }
        if (loss(l, cases, n) < before)
            return moved;
    }
    *l = start;
    return 0;
}

void logistic_fit(const struct logistic_case *cases, int n, int inputs, struct logistic *out) {
    *out = (struct logistic){.n = inputs};
    for (int round = 0; round < ROUNDS; round++) {
        double hessian[SIDE][SIDE] = {{0}}, step[SIDE] = {0};
        for (int i = 0; i <= inputs; i++) {
            hessian[i][i] = RIDGE;
            step[i] = RIDGE * out->w[i];
        }
        for (int i = 0; i < n; i++)
            accumulate(out, &cases[i], hessian, step);
        solve(hessian, step, inputs + 1);
        if (descend(out, step, cases, n) < 1e-6)
            return;
    }
}
