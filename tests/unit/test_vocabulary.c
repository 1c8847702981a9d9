#include "../../common/nlu/vocabulary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int with_arena(void **state) {
    *state = arena_new();
    return 0;
}

static int without_arena(void **state) {
    arena_free(*state);
    return 0;
}

static const uint32_t often[] = {8, 13, 21}, seldom[] = {8, 17};

static struct vocabulary count(void **state, int max) {
    static const struct vocabulary_row rows[] = {{often, 3}, {often, 3}, {seldom, 2}};
    const struct vocabulary_row *all[] = {&rows[0], &rows[1], &rows[2]};
    struct vocabulary v = {0};
    vocabulary_count(*state, all, 3, max, &v);
    return v;
}

static void test_what_was_counted_is_found(void **state) {
    struct vocabulary v = count(state, 100);
    assert_int_equal(v.n, 4);
    assert_int_equal(v.keys[vocabulary_find(&v, 17)], 17);
    assert_int_equal(vocabulary_find(&v, 9), -1);
}

static void test_rare_features_of_a_kind_say_more(void **state) {
    struct vocabulary v = count(state, 100);
    float rare = v.values[vocabulary_find(&v, 17)], frequent = v.values[vocabulary_find(&v, 13)];
    assert_true(rare > frequent);
    assert_true(v.strange[17 & 3] >= rare);
}

static void test_the_most_frequent_are_kept(void **state) {
    struct vocabulary v = count(state, 3);
    assert_int_equal(v.n, 3);
    assert_int_equal(vocabulary_find(&v, 17), -1);
    assert_true(vocabulary_find(&v, 8) >= 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_was_counted_is_found, with_arena, without_arena),
        cmocka_unit_test_setup_teardown(test_rare_features_of_a_kind_say_more, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_the_most_frequent_are_kept, with_arena, without_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
