#include "../../common/codec/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_headers_are_found_in_any_case(void **state) {
    (void)state;
    static const struct wire_header headers[] = {
        {"Content-Type", "text/plain"}, {"X-A", "1"}, {"x-a", "2"}};
    assert_string_equal(wire_header_find(headers, 3, "content-TYPE"), "text/plain");
    assert_string_equal(wire_header_find(headers, 3, "x-A"), "1");
    assert_null(wire_header_find(headers, 3, "X-B"));
    assert_null(wire_header_find(headers, 3, "Content-Typ"));
    assert_null(wire_header_find(headers, 1, "X-A"));
    assert_null(wire_header_find(NULL, 0, "X-A"));
}

#define NOW_MS INT64_C(784111777000) /* Sun, 06 Nov 1994 08:49:37 GMT */

static int64_t retry_after(const char *value) {
    const struct wire_header header = {"retry-after", value};
    return wire_retry_after_ms(&header, 1, NOW_MS);
}

static void test_seconds(void **state) {
    (void)state;
    assert_int_equal(retry_after("0"), 0);
    assert_int_equal(retry_after("120"), 120000);
    assert_int_equal(retry_after(" 120 "), 120000);
    assert_int_equal(retry_after("99999999999999999999999999"), INT64_C(9999999999000));
    assert_int_equal(retry_after("00000000000000000007"), 7000);
}

static void test_the_three_spellings_of_a_date(void **state) {
    (void)state;
    assert_int_equal(retry_after("Sun, 06 Nov 1994 08:50:37 GMT"), 60000);
    assert_int_equal(retry_after("Sunday, 06-Nov-94 08:50:37 GMT"), 60000);
    assert_int_equal(retry_after("Sun Nov  6 08:50:37 1994"), 60000);
    assert_int_equal(retry_after("Sun Nov 13 08:49:37 1994"), 7 * 86400000);
}

static void test_a_date_that_has_passed_means_now(void **state) {
    (void)state;
    assert_int_equal(retry_after("Sun, 06 Nov 1994 08:49:37 GMT"), 0);
    assert_int_equal(retry_after("Thu, 01 Jan 1970 00:00:00 GMT"), 0);
}

static void test_anything_else_is_no_answer(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        " ",
        "-1",
        "+1",
        "1.5",
        "12s",
        "0x10",
        "soon",
        "Sun, 06 Nov 1994 08:50:37",
        "Sun, 06 Nov 1994 08:50:37 CET",
        "Sun, 06 Nov 1994 08:50:37 GMT!",
        "Sun, 31 Nov 1994 08:50:37 GMT",
        "Sun, 06 Nop 1994 08:50:37 GMT",
        "Sun, 06 ovD 1994 08:50:37 GMT",
        "Sun, 06 Nov 1994 25:50:37 GMT",
        "Sun, -6 Nov 1994 08:50:37 GMT",
        "1994-11-06T08:50:37Z",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (retry_after(bad[i]) != -1)
            fail_msg("\"%s\" gave %lld", bad[i], (long long)retry_after(bad[i]));
    assert_int_equal(wire_retry_after_ms(NULL, 0, NOW_MS), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers_are_found_in_any_case),
        cmocka_unit_test(test_seconds),
        cmocka_unit_test(test_the_three_spellings_of_a_date),
        cmocka_unit_test(test_a_date_that_has_passed_means_now),
        cmocka_unit_test(test_anything_else_is_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
