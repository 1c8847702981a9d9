#include "../../common/nlu/train.h"

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

#define TEXTS 48

static const char *const matters[][8] = {
    {"where is my parcel", "when does my package arrive", "track my parcel please",
     "my package has not arrived", "parcel tracking", "where is the package i ordered",
     "the parcel is late", "has my package been sent"},
    {"i want my money back", "please refund me", "how do i get a refund", "refund my payment",
     "give me my money back", "when will i get my refund", "money back please",
     "refund for my purchase"},
    {"i forgot my password", "reset my password", "cannot log in to my account",
     "change the password", "my login does not work", "password reset link",
     "locked out of my account", "login problem with my password"},
    {"do you sell gift cards", "buy a gift card", "gift voucher price", "can i get a gift card",
     "gift card for a friend", "how much is a voucher", "voucher or gift card",
     "where can i buy vouchers"},
    {"opening hours of the shop", "when do you open", "are you open on sunday",
     "closing time of the store", "is the shop open today", "store hours", "shop opening times",
     "when does the shop close"},
    {"cancel my subscription", "end my membership", "stop the subscription",
     "i want to cancel the membership", "unsubscribe me", "terminate my subscription",
     "how do i cancel", "cancel membership please"},
};
static const char *const names[] = {"arrival", "refund", "password", "gift", "hours", "cancel"};

static struct example *examples(struct arena *a) {
    struct example *e = ARENA_ARRAY(a, struct example, TEXTS);
    for (int i = 0; i < TEXTS; i++)
        e[i] = (struct example){names[i / 8], matters[i / 8][i % 8], ""};
    return e;
}

static void learn(void **state, unsigned seed, struct buf *model, struct buf *report) {
    struct train_options options = {.folds = 0, .seed = seed};
    buf_init(model, TRAIN_MODEL_BYTES_MAX);
    buf_init(report, 1 << 20);
    assert_int_equal(train_run(examples(*state), TEXTS, &options, model, report, NULL), OK);
}

static void test_same_examples_and_seed_give_the_same_bytes(void **state) {
    buf_auto model;
    buf_auto report;
    buf_auto again;
    buf_auto other;
    learn(state, 1, &model, &report);
    learn(state, 1, &again, &other);
    assert_int_equal(model.len, again.len);
    assert_memory_equal(model.p, again.p, model.len);
    assert_string_equal(report.p, other.p);
}

static void test_what_was_learned_is_recognised(void **state) {
    buf_auto model;
    buf_auto report;
    struct intent_model *m;
    struct intent_guess g;
    learn(state, 1, &model, &report);
    assert_int_equal(intent_open(buf_span(&model), &m), OK);
    intent_guess(*state, m, "Where's my package?", &g);
    assert_string_equal(g.name, "arrival");
    intent_guess(*state, m, "give me a refund", &g);
    assert_string_equal(g.name, "refund");
    intent_free(m);
}

static void test_a_stranger_is_refused_though_none_was_given(void **state) {
    buf_auto model;
    buf_auto report;
    struct intent_model *m;
    struct intent_guess known, strange;
    learn(state, 1, &model, &report);
    assert_int_equal(intent_open(buf_span(&model), &m), OK);
    intent_guess(*state, m, "please refund my money", &known);
    intent_guess(*state, m, "why do volcanoes erupt", &strange);
    assert_true(known.in_scope);
    assert_false(strange.in_scope);
    assert_true(known.in_scope_probability > strange.in_scope_probability);
    intent_free(m);
}

static void test_the_report_is_told_from_held_out_texts(void **state) {
    buf_auto model;
    buf_auto report;
    json_auto j = NULL;
    learn(state, 1, &model, &report);
    assert_int_equal(json_load_span(buf_span(&report), &j, NULL), OK);
    double accuracy = json_number_value(json_object_get(j, "accuracy"));
    assert_true(accuracy > 0.5 && accuracy <= 1);
    assert_true(json_is_number(json_object_get(j, "calibration_error")));
    assert_int_equal(json_object_size(json_object_get(j, "per_intent")), 7);
}

static int64_t tick(void) {
    static int64_t now;
    return now += 7;
}

static void test_evaluation_times_only_with_a_clock(void **state) {
    buf_auto model;
    buf_auto report;
    struct intent_model *m;
    learn(state, 1, &model, &report);
    assert_int_equal(intent_open(buf_span(&model), &m), OK);
    buf_reset(&report);
    assert_int_equal(train_evaluate(m, examples(*state), TEXTS, tick, &report), OK);
    assert_non_null(strstr(report.p, "\"us_per_message\":{\"p50\":7,\"p99\":7}"));
    buf_reset(&report);
    assert_int_equal(train_evaluate(m, examples(*state), TEXTS, NULL, &report), OK);
    assert_null(strstr(report.p, "us_per_message"));
    intent_free(m);
}

static void test_too_few_examples_are_refused(void **state) {
    struct why why = {{0}, {0}};
    struct train_options options = {.folds = 0, .seed = 1};
    buf_auto model;
    buf_auto report;
    buf_init(&model, 1 << 20);
    buf_init(&report, 1 << 20);
    enum err e = train_run(examples(*state), 8, &options, &model, &report, &why);
    assert_int_equal(e, ERR_INVALID);
    assert_true(why.text[0] != 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_same_examples_and_seed_give_the_same_bytes, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_what_was_learned_is_recognised, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_a_stranger_is_refused_though_none_was_given,
                                        with_arena, without_arena),
        cmocka_unit_test_setup_teardown(test_the_report_is_told_from_held_out_texts, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_evaluation_times_only_with_a_clock, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_too_few_examples_are_refused, with_arena,
                                        without_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
