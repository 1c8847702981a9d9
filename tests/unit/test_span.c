#include "../../common/base/span.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_equality_is_by_bytes(void **state) {
    (void)state;
    assert_true(span_equal(span_of("abc"), (struct span){"abcd", 3}));
    assert_false(span_equal(span_of("abc"), span_of("abd")));
    assert_false(span_equal(span_of("abc"), span_of("ab")));
    assert_true(span_equal((struct span){NULL, 0}, span_of("")));
    assert_false(span_equal((struct span){"a\0b", 3}, (struct span){"a\0c", 3}));
    assert_true(span_is(span_of("x"), "x"));
    assert_true(span_is(span_of(NULL), ""));
}

static void test_trim_takes_white_space_at_both_ends(void **state) {
    (void)state;
    assert_true(span_is(span_trim(span_of(" \t a b\r\n")), "a b"));
    assert_true(span_is(span_trim(span_of("a")), "a"));
    assert_true(span_is(span_trim(span_of(" \r\n\t ")), ""));
    assert_true(span_is(span_trim(span_of("")), ""));
}

static void check_parts(const char *text, const char *const *parts, int n) {
    struct span rest = span_of(text), part = {NULL, 0};
    for (int i = 0; i < n; i++) {
        assert_true(span_split(&rest, ',', &part));
        assert_true(span_is(part, parts[i]));
    }
    assert_false(span_split(&rest, ',', &part));
}

static void test_split_gives_every_part(void **state) {
    (void)state;
    check_parts("a,b,c", (const char *const[]){"a", "b", "c"}, 3);
    check_parts("abc", (const char *const[]){"abc"}, 1);
    check_parts("", (const char *const[]){""}, 1);
    check_parts(",", (const char *const[]){"", ""}, 2);
    check_parts("a,,b,", (const char *const[]){"a", "", "b", ""}, 4);
    check_parts(NULL, NULL, 0);
}

static void test_split_stays_within_its_bytes(void **state) {
    (void)state;
    struct span rest = {"a,b,c", 2}, part = {NULL, 0};
    assert_true(span_split(&rest, ',', &part));
    assert_true(span_is(part, "a"));
    assert_true(span_split(&rest, ',', &part));
    assert_true(span_is(part, ""));
    assert_false(span_split(&rest, ',', &part));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equality_is_by_bytes),
        cmocka_unit_test(test_trim_takes_white_space_at_both_ends),
        cmocka_unit_test(test_split_gives_every_part),
        cmocka_unit_test(test_split_stays_within_its_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
