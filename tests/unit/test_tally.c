#include "../../common/nlu/tally.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../common/codec/json.h"

static int with_arena(void **state) {
    *state = arena_new();
    return 0;
}

static int without_arena(void **state) {
    arena_free(*state);
    return 0;
}

static const struct tally_row rows[] = {
    {"a", "a", 0.9, true, 0, NULL},    {"a", "b", 0.6, true, 0, NULL},
    {"b", "b", 0.8, false, 0, NULL},   {"b", "b", 0.8, true, 0, NULL},
    {"oos", "a", 0.2, false, 0, NULL}, {"oos", "b", 0.7, true, 0, NULL},
};

static json_t *report(void **state, const struct tally_times *times) {
    buf_auto out;
    json_t *parsed = NULL;
    buf_init(&out, 1 << 16);
    buf_addc(&out, '{');
    tally_report(*state, rows, 6, times, &out);
    buf_addc(&out, '}');
    assert_int_equal(json_load_span(buf_span(&out), &parsed, NULL), OK);
    return parsed;
}

static double number(const json_t *j, const char *name) {
    return json_number_value(json_object_get(j, name));
}

static void test_shares_are_counted_over_the_right_texts(void **state) {
    json_auto j = report(state, NULL);
    assert_true(fabs(number(j, "accuracy") - 0.75) < 1e-9);
    assert_true(fabs(number(j, "in_scope_accuracy") - 0.5) < 1e-9);
    assert_true(fabs(number(j, "out_of_scope_recall") - 0.5) < 1e-9);
    assert_null(json_object_get(j, "us_per_message"));
}

static void test_calibration_error_is_the_gap_between_sure_and_right(void **state) {
    json_auto j = report(state, NULL);
    assert_true(fabs(number(j, "calibration_error") - (0.1 + 0.6 + 0.4) / 4) < 1e-4);
}

static void test_each_intent_has_recall_and_precision(void **state) {
    json_auto j = report(state, NULL);
    const json_t *b = json_object_get(json_object_get(j, "per_intent"), "b");
    assert_true(fabs(number(b, "recall") - 0.5) < 1e-9);
    assert_true(fabs(number(b, "precision") - 0.3333) < 1e-3);
}

static void test_times_are_percentiles(void **state) {
    int64_t us[] = {50, 10, 30, 20, 40};
    json_auto j = report(state, &(struct tally_times){us, 5});
    assert_true(number(json_object_get(j, "us_per_message"), "p50") == 30);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_shares_are_counted_over_the_right_texts, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_calibration_error_is_the_gap_between_sure_and_right,
                                        with_arena, without_arena),
        cmocka_unit_test_setup_teardown(test_each_intent_has_recall_and_precision, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_times_are_percentiles, with_arena, without_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
