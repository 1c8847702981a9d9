#include "../../common/channel/pick.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
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

static json_t *read(const char *text) {
    json_error_t error;
    json_t *j = json_loads(text, 0, &error);
    assert_non_null(j);
    return j;
}

static void test_texts_and_ids_come_as_they_are_or_as_numbers(void **state) {
    json_auto j = read("{\"a\":{\"t\":\"x\",\"n\":5000000001,\"r\":1.5,\"f\":true,\"z\":null,"
                       "\"o\":{},\"l\":[]}}");
    assert_string_equal(pick_text(*state, j, "a.t"), "x");
    assert_string_equal(pick_text(*state, j, "a.n"), "5000000001");
    assert_string_equal(pick_text(*state, j, "a.r"), "1.5");
    assert_string_equal(pick_text(*state, j, "a.f"), "true");
    static const char *const absent[] = {"a.z", "a.o", "a.l", "a.q", "b.t", "a.t.x", "", "a"};
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        assert_string_equal(pick_text(*state, j, absent[i]), "");
    assert_string_equal(pick_text(*state, NULL, "a"), "");
    assert_null(pick(j, "a.z"));
}

static void test_long_texts_are_cut_and_long_ids_are_none(void **state) {
    char *text = arena_alloc(*state, MESSAGE_TEXT_MAX + 2);
    memset(text, 'x', MESSAGE_TEXT_MAX + 1);
    json_auto j = json_pack("{sssssi}", "a", text, "b", "y", "c", 7);
    assert_int_equal(strlen(pick_text(*state, j, "a")), MESSAGE_TEXT_MAX);
    assert_true(pick_is_long(j, "a"));
    assert_false(pick_is_long(j, "b"));
    assert_false(pick_is_long(j, "c"));
    assert_string_equal(pick_id(*state, j, "a"), "");
    assert_string_equal(pick_id(*state, j, "c"), "7");
}

static void test_numbers_times_and_flags(void **state) {
    json_auto j = read("{\"i\":7,\"t\":\"7\",\"r\":7.9,\"h\":1e300,\"s\":1795255200,"
                       "\"m\":1795255200123,\"b\":99999999999999999,\"n\":-1,\"y\":\"true\","
                       "\"e\":true,\"o\":1,\"x\":\"x\"}");
    (void)state;
    assert_int_equal(pick_number(j, "i"), 7);
    assert_int_equal(pick_number(j, "t"), 7);
    assert_int_equal(pick_number(j, "r"), 7);
    assert_int_equal(pick_number(j, "h"), 0);
    assert_int_equal(pick_number(j, "x"), 0);
    assert_int_equal(pick_time_ms(j, "s"), INT64_C(1795255200000));
    assert_int_equal(pick_time_ms(j, "m"), INT64_C(1795255200123));
    assert_int_equal(pick_time_ms(j, "b"), 0);
    assert_int_equal(pick_time_ms(j, "n"), 0);
    assert_true(pick_flag(j, "y") && pick_flag(j, "e") && pick_flag(j, "o"));
    assert_false(pick_flag(j, "x") || pick_flag(j, "none"));
}

static void test_a_lone_object_is_a_list_of_one(void **state) {
    json_auto j = read("{\"l\":[1,2],\"o\":{\"a\":1},\"t\":\"x\"}");
    (void)state;
    assert_int_equal(pick_count(pick(j, "l")), 2);
    assert_int_equal(pick_number(pick_item(pick(j, "o"), 0), "a"), 1);
    assert_int_equal(pick_count(pick(j, "o")), 1);
    assert_int_equal(pick_count(pick(j, "t")), 0);
    assert_int_equal(pick_count(NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts_and_ids_come_as_they_are_or_as_numbers),
        cmocka_unit_test(test_long_texts_are_cut_and_long_ids_are_none),
        cmocka_unit_test(test_numbers_times_and_flags),
        cmocka_unit_test(test_a_lone_object_is_a_list_of_one),
    };
    return cmocka_run_group_tests(tests, with_arena, without_arena);
}
