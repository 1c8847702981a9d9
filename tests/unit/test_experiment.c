#include "../../common/decide/experiment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct thresholds usual = {.confidence = 0.6, .strong_emotion = 0.5, .effort = 4};

static enum err parse(struct arena *a, const char *json, struct experiments *e, struct why *why) {
    json_auto j = json_loads(json, 0, NULL);
    assert_non_null(j);
    return experiment_parse(a, j, &usual, e, why);
}

static const char *arm(const struct experiments *e, int customer, struct thresholds *t) {
    struct signals s = {.known = 0};
    signals_set(&s, SIGNAL_customer_draw, customer);
    *t = usual;
    return experiment_arm(e, &s, t);
}

static void test_shares_are_met_and_only_the_treated_are_judged_otherwise(void **state) {
    (void)state;
    struct arena *a = arena_new();
    struct experiments e;
    struct thresholds t;
    int treated = 0, control = 0, n = 20000;
    assert_int_equal(parse(a,
                           "[{\"name\":\"bold\",\"salt\":\"s1\",\"share\":0.2,\"overrides\":"
                           "{\"confidence\":0.5}}]",
                           &e, NULL),
                     OK);
    for (int i = 0; i < n; i++) {
        const char *name = arm(&e, i * 839, &t);
        bool is_treated = strcmp(name, "bold/treatment") == 0;
        treated += is_treated;
        control += strcmp(name, "bold/control") == 0;
        assert_true(t.confidence == (is_treated ? 0.5 : 0.6));
        assert_true(t.effort == 4);
    }
    assert_in_range(treated, n * 18 / 100, n * 22 / 100);
    assert_in_range(control, n * 18 / 100, n * 22 / 100);
    arena_free(a);
}

static void test_an_arm_may_weigh_the_signs_of_a_hand_over_otherwise(void **state) {
    (void)state;
    struct arena *a = arena_new();
    struct experiments e;
    struct thresholds t;
    assert_int_equal(parse(a,
                           "[{\"name\":\"learned\",\"salt\":\"s1\",\"share\":0.5,\"overrides\":"
                           "{},\"handover\":{\"due\":0.5,\"bias\":-2}}]",
                           &e, NULL),
                     OK);
    for (int i = 0; i < 200; i++) {
        bool is_treated = strcmp(arm(&e, i * 839, &t), "learned/treatment") == 0;
        assert_true(t.handover.due == (is_treated ? 0.5 : 0));
        assert_true(t.handover.bias == (is_treated ? -2 : 0));
    }
    arena_free(a);
}

static void test_an_arm_is_for_ever_and_salts_are_independent(void **state) {
    (void)state;
    struct arena *a = arena_new();
    struct experiments one, two;
    struct thresholds t;
    assert_int_equal(
        parse(a, "[{\"name\":\"x\",\"salt\":\"s1\",\"share\":0.5,\"overrides\":{}}]", &one, NULL),
        OK);
    assert_int_equal(
        parse(a, "[{\"name\":\"x\",\"salt\":\"s2\",\"share\":0.5,\"overrides\":{}}]", &two, NULL),
        OK);
    int same = 0;
    for (int i = 0; i < 10000; i++) {
        const char *first = arm(&one, i, &t);
        assert_ptr_equal(first, arm(&one, i, &t));
        same += strcmp(first, arm(&two, i, &t)) == 0;
    }
    assert_in_range(same, 4700, 5300);
    arena_free(a);
}

static void test_pieces_side_by_side_exclude_each_other(void **state) {
    (void)state;
    struct arena *a = arena_new();
    struct experiments e;
    struct thresholds t;
    assert_int_equal(parse(a,
                           "[{\"name\":\"a\",\"salt\":\"s\",\"share\":0.25,\"overrides\":{}},"
                           "{\"name\":\"b\",\"salt\":\"s\",\"from\":0.5,\"share\":0.25,"
                           "\"overrides\":{}}]",
                           &e, NULL),
                     OK);
    int in[2] = {0, 0};
    for (int i = 0; i < 10000; i++)
        in[*arm(&e, i, &t) == 'b']++;
    assert_in_range(in[1], 4700, 5300);
    arena_free(a);
}

static void test_an_unknown_customer_is_in_none(void **state) {
    (void)state;
    struct arena *a = arena_new();
    struct experiments e;
    struct thresholds t = usual;
    struct signals s = {.known = 0};
    assert_int_equal(
        parse(a, "[{\"name\":\"a\",\"salt\":\"s\",\"share\":1,\"overrides\":{}}]", &e, NULL), OK);
    assert_string_equal(experiment_arm(&e, &s, &t), "");
    signals_set(&s, SIGNAL_customer_draw, -5);
    assert_string_equal(experiment_arm(&e, &s, &t), "");
    signals_set(&s, SIGNAL_customer_draw, 16777215);
    assert_string_equal(experiment_arm(&e, &s, &t), "a/treatment");
    arena_free(a);
}

static void test_guardrails(void **state) {
    (void)state;
    static const struct {
        const char *body, *pointer;
    } cases[] = {
        {"\"share\":0.1,\"overrides\":{\"confidence\":0.39}",
         "/experiments/0/overrides/confidence"},
        {"\"share\":0.1,\"overrides\":{\"strong_emotion\":0.9}",
         "/experiments/0/overrides/strong_emotion"},
        {"\"share\":0.1,\"overrides\":{\"effort\":50}", "/experiments/0/overrides/effort"},
        {"\"share\":0.1,\"overrides\":{\"wants_human\":1}", "/experiments/0/overrides/wants_human"},
        {"\"share\":0.6,\"from\":0.5,\"overrides\":{}", "/experiments/0/share"},
        {"\"share\":1.5,\"overrides\":{}", "/experiments/0/share"},
        {"\"share\":0.1", "/experiments/0/overrides"},
    };
    struct arena *a = arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct experiments e;
        struct why why = {{0}, {0}};
        const char *json = arena_printf(a, "[{\"name\":\"x\",\"salt\":\"s\",%s}]", cases[i].body);
        assert_int_equal(parse(a, json, &e, &why), ERR_INVALID);
        assert_string_equal(why.pointer, cases[i].pointer);
    }
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_arm_may_weigh_the_signs_of_a_hand_over_otherwise),
        cmocka_unit_test(test_shares_are_met_and_only_the_treated_are_judged_otherwise),
        cmocka_unit_test(test_an_arm_is_for_ever_and_salts_are_independent),
        cmocka_unit_test(test_pieces_side_by_side_exclude_each_other),
        cmocka_unit_test(test_an_unknown_customer_is_in_none),
        cmocka_unit_test(test_guardrails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
