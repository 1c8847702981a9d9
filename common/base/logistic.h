/*
 * logistic: a small dense logistic regression: a handful of inputs -> one probability, learned by
 * Newton's method from cases in memory. The same cases give the same weights, bit for bit. Pure.
 */
#pragma once

#define LOGISTIC_INPUTS_MAX 16

struct logistic {
    int n;                             /* inputs, without the constant */
    double w[LOGISTIC_INPUTS_MAX + 1]; /* w[n] is the constant */
};
struct logistic_case {
    double x[LOGISTIC_INPUTS_MAX];
    double weight; /* how often it counts */
    int yes;       /* 0 or 1 */
};
/* What is believed before any case is seen: each weight, and how far off it may well be (> 0). */
struct logistic_belief {
    struct logistic centre;
    double spread[LOGISTIC_INPUTS_MAX + 1];
};

double logistic_sigmoid(double z);
double logistic_logit(double p); /* of p kept away from 0 and 1 */
/* From nothing but a small ridge, so that separable cases end as well. */
void logistic_fit(const struct logistic_case *cases, int n, int inputs, struct logistic *out);
/* From a belief: without cases it stays what it was, with few it moves little. */
void logistic_refit(const struct logistic_case *cases, int n, const struct logistic_belief *belief,
                    struct logistic *out);
double logistic_apply(const struct logistic *l, const double *x);
