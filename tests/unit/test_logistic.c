#include "../../common/base/logistic.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_it_learns_which_side(void **state) {
    (void)state;
    struct logistic_case cases[200] = {0};
    for (int i = 0; i < 200; i++)
        cases[i] = (struct logistic_case){{i / 100.0 - 1, 0}, 1, i > 90 + i % 20};
    struct logistic l;
    logistic_fit(cases, 200, 1, &l);
    assert_true(logistic_apply(&l, (double[]){-0.9, 0}) < 0.05);
    assert_true(logistic_apply(&l, (double[]){0.9, 0}) > 0.95);
}

static void test_probabilities_match_how_often_it_was_so(void **state) {
    (void)state;
    struct logistic_case cases[100] = {0};
    for (int i = 0; i < 100; i++)
        cases[i] = (struct logistic_case){{0}, 1, i < 30};
    struct logistic l;
    logistic_fit(cases, 100, 1, &l);
    assert_true(fabs(logistic_apply(&l, (double[]){0}) - 0.3) < 0.01);
}

static void test_separable_cases_stay_finite(void **state) {
    (void)state;
    struct logistic_case cases[2] = {{{-1000, 5}, 1, 0}, {{1000, 5}, 1, 1}};
    struct logistic l;
    logistic_fit(cases, 2, 2, &l);
    for (int i = 0; i <= l.n; i++)
        assert_true(isfinite(l.w[i]));
    assert_true(logistic_apply(&l, cases[1].x) > 0.9);
}

static void test_no_cases_say_nothing(void **state) {
    (void)state;
    struct logistic l;
    logistic_fit(NULL, 0, 2, &l);
    assert_true(fabs(logistic_apply(&l, (double[]){3, 4}) - 0.5) < 1e-9);
}

static const struct logistic_belief believed = {{2, {1.5, -0.5, -2}}, {1, 0.5, 1}};

static void test_a_belief_stays_without_cases_and_yields_to_many(void **state) {
    (void)state;
    struct logistic l;
    logistic_refit(NULL, 0, &believed, &l);
    assert_memory_equal(&l, &believed.centre, sizeof l);
    static struct logistic_case cases[4000];
    for (int i = 0; i < 4000; i++)
        cases[i] = (struct logistic_case){{i % 2, 0}, 1, i % 2 ? i % 10 == 1 : i % 10 < 5};
    logistic_refit(cases, 4, &believed, &l);
    assert_true(fabs(l.w[0] - 1.5) < 0.6);
    logistic_refit(cases, 4000, &believed, &l);
    assert_true(l.w[0] < -1);
    assert_true(l.w[1] == -0.5); /* of what no case speaks nothing is learned */
}

static void test_logit_and_sigmoid_are_inverse_and_bounded(void **state) {
    (void)state;
    assert_true(fabs(logistic_sigmoid(logistic_logit(0.2)) - 0.2) < 1e-12);
    assert_true(isfinite(logistic_logit(0)) && isfinite(logistic_logit(1)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_learns_which_side),
        cmocka_unit_test(test_probabilities_match_how_often_it_was_so),
        cmocka_unit_test(test_separable_cases_stay_finite),
        cmocka_unit_test(test_no_cases_say_nothing),
        cmocka_unit_test(test_a_belief_stays_without_cases_and_yields_to_many),
        cmocka_unit_test(test_logit_and_sigmoid_are_inverse_and_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
