#include "../../common/channel/form.h"

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

#define REPLACEMENT "\xEF\xBF\xBD"

static void test_pairs_keep_their_order_and_bytes(void **state) {
    struct form f;
    const char *raw = "a=1&&b&c=x%20y+z&c=%2B&%C3%A6=%e6&d=%&e=%4&=v";
    assert_int_equal(form_parse(*state, span_of(raw), &f), OK);
    assert_int_equal(f.n, 8);
    assert_true(span_is(f.items[1].name, "b") && f.items[1].value.n == 0);
    assert_string_equal(form_text(*state, &f, "c"), "x y z");
    assert_string_equal(form_text(*state, &f, "\xC3\xA6"), REPLACEMENT);
    assert_string_equal(form_text(*state, &f, "d"), "%");
    assert_string_equal(form_text(*state, &f, "e"), "%4");
    assert_string_equal(form_text(*state, &f, ""), "v");
    assert_string_equal(form_text(*state, &f, "none"), "");
    assert_true(form_has(&f, "b"));
    assert_false(form_has(&f, "none"));
}

static void test_any_bytes_become_text(void **state) {
    static const struct {
        struct span bytes;
        const char *text;
    } rows[] = {{{"a\0b", 3}, "ab"},
                {{"\xC3\xA6\xC3", 3}, "\xC3\xA6" REPLACEMENT},
                {{"\xED\xA0\x80", 3}, REPLACEMENT REPLACEMENT REPLACEMENT},
                {{NULL, 0}, ""}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(form_clean(*state, rows[i].bytes), rows[i].text);
}

static void test_pairs_are_limited(void **state) {
    struct form f;
    size_t n = FORM_PAIRS_MAX * 2 + 2;
    char *raw = arena_alloc(*state, n + 1);
    for (size_t i = 0; i < n; i += 2)
        memcpy(raw + i, "a&", 2);
    assert_int_equal(form_parse(*state, (struct span){raw, n}, &f), ERR_TOO_LARGE);
    assert_int_equal(form_parse(*state, (struct span){raw, n - 2}, &f), OK);
    assert_int_equal(f.n, FORM_PAIRS_MAX);
    assert_int_equal(form_parse(*state, (struct span){NULL, 0}, &f), OK);
    assert_int_equal(f.n, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs_keep_their_order_and_bytes),
        cmocka_unit_test(test_any_bytes_become_text),
        cmocka_unit_test(test_pairs_are_limited),
    };
    return cmocka_run_group_tests(tests, with_arena, without_arena);
}
