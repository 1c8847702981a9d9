/* logistic: a small dense logistic regression: a handful of inputs -> one probability. Pure. */
#pragma once

#define LOGISTIC_INPUTS_MAX 8

struct logistic {
    int n;                             /* inputs, without the constant */
    double w[LOGISTIC_INPUTS_MAX + 1]; /* w[n] is the constant */
};
struct logistic_case {
    double x[LOGISTIC_INPUTS_MAX];
    double weight; /* how often it counts */
    int yes;       /* 0 or 1 */
};

double logistic_sigmoid(double z);
double logistic_logit(double p); /* of p kept away from 0 and 1 */
/* Newton's method with a small ridge, so that separable cases end as well. */
void logistic_fit(const struct logistic_case *cases, int n, int inputs, struct logistic *out);
double logistic_apply(const struct logistic *l, const double *x);
