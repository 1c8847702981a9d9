#include "../../common/nlu/corpus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int with_arena(void **state) {
    *state = arena_new();
    return 0;
}

static int without_arena(void **state) {
    arena_free(*state);
    return 0;
}

static const struct example examples[] = {
    {"b", "first of b", ""},   {"a", "first of a", ""},  {"a", "second of a", ""},
    {"oos", "a stranger", ""}, {"b", "second of b", ""}, {"oos", "another one", ""},
};

static enum err build(void **state, const struct example *e, int n, struct corpus *c,
                      struct why *why) {
    *c = (struct corpus){.seed = 3, .n_folds = 2};
    return corpus_build(*state, e, n, c, why);
}

static void test_intents_are_numbered_by_name(void **state) {
    struct corpus c;
    assert_int_equal(build(state, examples, 6, &c, NULL), OK);
    assert_int_equal(c.n_intents, 2);
    assert_int_equal(c.n_outside, 2);
    assert_string_equal(c.names[0], "a");
    assert_int_equal(c.labels[0], 1);
    assert_int_equal(c.labels[3], GATE_OUTSIDE);
}

static void test_names_stand_behind_the_texts_in_no_fold(void **state) {
    struct corpus c;
    assert_int_equal(build(state, examples, 6, &c, NULL), OK);
    assert_int_equal(c.n_texts, 6);
    assert_int_equal(c.n, 8);
    assert_int_equal(c.labels[7], 1);
    assert_int_equal(c.folds[7], c.n_folds);
}

static void test_every_fold_has_its_share_of_every_intent(void **state) {
    struct corpus c;
    assert_int_equal(build(state, examples, 6, &c, NULL), OK);
    assert_int_not_equal(c.folds[1], c.folds[2]);
    assert_int_not_equal(c.folds[0], c.folds[4]);
    assert_int_not_equal(c.folds[3], c.folds[5]);
}

static void test_too_little_to_learn_from_is_refused_with_a_reason(void **state) {
    struct corpus c;
    struct why why = {{0}, {0}};
    assert_int_equal(build(state, examples + 1, 2, &c, &why), ERR_INVALID);
    assert_non_null(strstr(why.text, "two intents"));
    assert_int_equal(build(state, examples, 3, &c, &why), OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_intents_are_numbered_by_name, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_names_stand_behind_the_texts_in_no_fold, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_every_fold_has_its_share_of_every_intent, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_too_little_to_learn_from_is_refused_with_a_reason,
                                        with_arena, without_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
