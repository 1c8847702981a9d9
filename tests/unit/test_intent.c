#include "../../common/nlu/intent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../common/nlu/train.h"

static int with_arena(void **state) {
    *state = arena_new();
    return 0;
}

static int without_arena(void **state) {
    arena_free(*state);
    return 0;
}

static struct intent_model *two_matters(void **state) {
    static const struct example examples[] = {
        {"refund", "i want a refund", ""},      {"refund", "refund my money", ""},
        {"refund", "refund please", ""},        {"tracking", "track my parcel", ""},
        {"tracking", "where is my parcel", ""}, {"tracking", "parcel tracking", ""},
        {"tracking", "包裹在哪里", ""},
    };
    struct intent_model *m;
    buf_auto model;
    buf_auto report;
    buf_init(&model, TRAIN_MODEL_BYTES_MAX);
    buf_init(&report, 1 << 20);
    struct train_options options = {.seed = 1};
    assert_int_equal(train_run(examples, 7, &options, &model, &report, NULL), OK);
    struct span kept = {arena_copy(*state, model.p, model.len), model.len};
    assert_int_equal(intent_open(kept, &m), OK);
    return m;
}

static void test_a_guess_names_its_reasons(void **state) {
    struct intent_model *m = two_matters(state);
    struct intent_guess g;
    assert_int_equal(intent_count(m), 2);
    intent_guess(*state, m, "A refund, now!", &g);
    assert_string_equal(g.name, "refund");
    assert_true(g.n_tokens > 0);
    assert_string_equal(g.tokens[0], "refund");
    intent_guess(*state, m, "包裹", &g);
    assert_string_equal(g.name, "tracking");
    intent_free(m);
}

static void test_the_list_is_ordered_and_sums_to_one(void **state) {
    struct intent_model *m = two_matters(state);
    struct intent_guess g;
    intent_guess(*state, m, "where is the parcel", &g);
    assert_int_equal(g.n_top, 2);
    assert_string_equal(g.top[0].name, g.name);
    double sum = g.top[0].probability + g.top[1].probability;
    assert_true(sum > 0.999 && sum < 1.001);
    assert_true(g.confidence >= 0 && g.confidence <= 1);
    intent_free(m);
}

static void test_a_text_without_any_feature_has_a_name_and_stays_in_range(void **state) {
    struct intent_model *m = two_matters(state);
    struct intent_guess g;
    intent_guess(*state, m, "", &g);
    assert_true(g.name[0] != 0);
    assert_true(g.in_scope_probability >= 0 && g.in_scope_probability <= 1);
    intent_free(m);
}

static void test_bytes_that_are_no_model_are_refused(void **state) {
    (void)state;
    struct intent_model *m = NULL;
    assert_int_equal(intent_open((struct span){"", 0}, &m), ERR_MALFORMED);
    assert_int_equal(intent_open((struct span){"RTINTENTxxxxxxxxxxxxxxxxxxxxxxxxxxx", 35}, &m),
                     ERR_MALFORMED);
    assert_null(m);
    intent_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_guess_names_its_reasons, with_arena, without_arena),
        cmocka_unit_test_setup_teardown(test_the_list_is_ordered_and_sums_to_one, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(
            test_a_text_without_any_feature_has_a_name_and_stays_in_range, with_arena,
            without_arena),
        cmocka_unit_test_setup_teardown(test_bytes_that_are_no_model_are_refused, with_arena,
                                        without_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
