#include "../../common/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_writes_follow_each_other(void **state) {
    (void)state;
    buf_auto b;
    buf_init(&b, 100);
    buf_adds(&b, "one");
    buf_addc(&b, ' ');
    buf_addf(&b, "%d-%s", 2, "two");
    buf_add(&b, "\0x", 2);
    assert_int_equal(buf_done(&b), OK);
    assert_int_equal(b.len, 11);
    assert_memory_equal(b.p, "one 2-two\0x", 12);
}

static void test_an_empty_one_is_an_empty_span(void **state) {
    (void)state;
    buf_auto b;
    buf_init(&b, 10);
    assert_int_equal(buf_done(&b), OK);
    assert_int_equal(buf_span(&b).n, 0);
    assert_non_null(buf_span(&b).p);
}

static void test_the_maximum_itself_fits(void **state) {
    (void)state;
    buf_auto b;
    buf_init(&b, 4);
    buf_adds(&b, "abcd");
    assert_int_equal(buf_done(&b), OK);
    buf_add(&b, "", 0);
    assert_int_equal(buf_done(&b), OK);
    assert_string_equal(b.p, "abcd");
}

static void test_past_the_maximum_all_is_dropped(void **state) {
    (void)state;
    buf_auto b;
    buf_init(&b, 4);
    buf_adds(&b, "abc");
    buf_adds(&b, "de");
    buf_adds(&b, "f");
    assert_int_equal(buf_done(&b), ERR_TOO_LARGE);
    assert_string_equal(b.p, "abc");
    buf_addf(&b, "%s", "g");
    assert_string_equal(b.p, "abc");
}

static void test_printf_past_the_maximum_is_dropped_whole(void **state) {
    (void)state;
    buf_auto b;
    buf_init(&b, 8);
    buf_addf(&b, "%s", "123456789");
    assert_int_equal(buf_done(&b), ERR_TOO_LARGE);
    assert_int_equal(b.len, 0);
    assert_int_equal(buf_span(&b).n, 0);
}

static void test_a_huge_write_does_not_wrap(void **state) {
    (void)state;
    buf_auto b;
    buf_init(&b, 16);
    buf_adds(&b, "abc");
    buf_add(&b, "x", SIZE_MAX - 1);
    assert_int_equal(buf_done(&b), ERR_TOO_LARGE);
    assert_string_equal(b.p, "abc");
}

static void test_reset_keeps_memory_and_clears_full(void **state) {
    (void)state;
    buf_auto b;
    buf_init(&b, 300);
    buf_addf(&b, "%290d", 1);
    buf_addf(&b, "%290d", 2);
    assert_int_equal(buf_done(&b), ERR_TOO_LARGE);
    const char *memory = b.p;
    size_t cap = b.cap;
    buf_reset(&b);
    assert_int_equal(buf_done(&b), OK);
    assert_string_equal(b.p, "");
    buf_adds(&b, "again");
    assert_ptr_equal(b.p, memory);
    assert_int_equal(b.cap, cap);
    assert_string_equal(b.p, "again");
}

static void test_growing_keeps_what_is_there(void **state) {
    (void)state;
    buf_auto b;
    buf_init(&b, 1 << 20);
    for (int i = 0; i < 20000; i++)
        buf_addf(&b, "%05d", i);
    assert_int_equal(buf_done(&b), OK);
    assert_int_equal(b.len, 100000);
    assert_memory_equal(b.p, "0000000001", 10);
    assert_string_equal(b.p + 99990, "1999819999");
}

static void test_whole_numbers_are_written_in_full(void **state) {
    (void)state;
    static const struct {
        int64_t v;
        const char *text;
    } rows[] = {{0, "0"},
                {-1, "-1"},
                {1234567890, "1234567890"},
                {INT64_MAX, "9223372036854775807"},
                {INT64_MIN, "-9223372036854775808"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        buf_auto b;
        buf_init(&b, 20);
        buf_add_int(&b, rows[i].v);
        assert_string_equal(b.p, rows[i].text);
    }
}

static void test_fini_leaves_it_usable(void **state) {
    (void)state;
    struct buf b;
    buf_init(&b, 10);
    buf_adds(&b, "abc");
    buf_fini(&b);
    assert_null(b.p);
    buf_fini(&b);
    buf_adds(&b, "def");
    assert_string_equal(b.p, "def");
    buf_fini(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writes_follow_each_other),
        cmocka_unit_test(test_an_empty_one_is_an_empty_span),
        cmocka_unit_test(test_the_maximum_itself_fits),
        cmocka_unit_test(test_past_the_maximum_all_is_dropped),
        cmocka_unit_test(test_printf_past_the_maximum_is_dropped_whole),
        cmocka_unit_test(test_a_huge_write_does_not_wrap),
        cmocka_unit_test(test_reset_keeps_memory_and_clears_full),
        cmocka_unit_test(test_growing_keeps_what_is_there),
        cmocka_unit_test(test_whole_numbers_are_written_in_full),
        cmocka_unit_test(test_fini_leaves_it_usable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
