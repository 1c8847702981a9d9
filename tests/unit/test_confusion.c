#include "../../common/nlu/confusion.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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

static json_t *report(struct arena *a, const struct tally_row *rows, int n) {
    buf_auto out;
    buf_init(&out, 1 << 16);
    buf_addc(&out, '{');
    confusion_report(a, rows, n, &out);
    buf_addc(&out, '}');
    json_t *j = json_loads(out.p, 0, NULL);
    assert_non_null(j);
    return j;
}

static const struct tally_row rows[] = {
    {"pay", "pay", 0.99, true, 0.99, "i want to pay"},
    {"pay", "ship", 0.6, true, 0.8, "pay the shipping"},
    {"pay", "ship", 0.5, true, 0.9, "paid shipping"},
    {"ship", "pay", 0.4, false, 0.2, NULL},
    {"oos", "pay", 0.3, false, 0.1, "a mountain"},
};

static void test_what_was_taken_for_what_is_counted(void **state) {
    json_auto j = report(*state, rows, 5);
    json_t *table = json_object_get(j, "confusion");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(table, "pay"), "ship")), 2);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(table, "ship"), "oos")), 1);
    assert_null(json_object_get(table, "oos"));
    json_t *worst = json_array_get(json_object_get(j, "worst_confusions"), 0);
    assert_string_equal(json_string_value(json_object_get(worst, "label")), "pay");
    assert_int_equal(json_array_size(json_object_get(worst, "texts")), 2);
}

static void test_only_the_sure_part_is_automatable(void **state) {
    json_auto j = report(*state, rows, 5);
    json_t *share = json_object_get(j, "automatable");
    assert_true(fabs(json_real_value(json_object_get(share, "at_99")) - 0.2) < 1e-9);
}

static void test_doubtful_texts_come_first_for_a_label(void **state) {
    json_auto j = report(*state, rows, 5);
    json_t *next = json_object_get(j, "label_next");
    assert_string_equal(json_string_value(json_object_get(json_array_get(next, 0), "text")),
                        "pay the shipping");
}

static void test_nothing_makes_an_empty_report(void **state) {
    json_auto j = report(*state, NULL, 0);
    assert_int_equal(json_object_size(json_object_get(j, "confusion")), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_was_taken_for_what_is_counted, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_only_the_sure_part_is_automatable, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_doubtful_texts_come_first_for_a_label, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_nothing_makes_an_empty_report, with_arena,
                                        without_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
