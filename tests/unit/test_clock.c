#include "../../common/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static void check_text(int64_t ms, const char *text) {
    char out[CLOCK_RFC3339_MAX];
    assert_ptr_equal(clock_rfc3339(ms, out), out);
    assert_string_equal(out, text);
}

static void test_text_of_known_times(void **state) {
    (void)state;
    check_text(0, "1970-01-01T00:00:00.000Z");
    check_text(1, "1970-01-01T00:00:00.001Z");
    check_text(-1, "1969-12-31T23:59:59.999Z");
    check_text(INT64_C(951782400000), "2000-02-29T00:00:00.000Z");
    check_text(INT64_C(4102444800123), "2100-01-01T00:00:00.123Z");
}

static void test_text_of_every_day(void **state) {
    (void)state;
    const int64_t day_ms = 86400000;
    for (int64_t ms = INT64_C(-62167219200000); ms < INT64_C(253402300800000); ms += day_ms) {
        char ours[CLOCK_RFC3339_MAX], theirs[64];
        time_t s = (time_t)(ms / 1000);
        struct tm tm;
        gmtime_r(&s, &tm);
        snprintf(theirs, sizeof theirs, "%04d-%02d-%02dT00:00:00.000Z", tm.tm_year + 1900,
                 tm.tm_mon + 1, tm.tm_mday);
        if (strcmp(clock_rfc3339(ms, ours), theirs) != 0)
            fail_msg("%s instead of %s", ours, theirs);
    }
}

static void test_text_stays_within_four_digits_of_year(void **state) {
    (void)state;
    check_text(INT64_MIN, "0000-01-01T00:00:00.000Z");
    check_text(INT64_MAX, "9999-12-31T23:59:59.999Z");
}

static const struct {
    const char *text;
    int64_t ms;
} good[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"1970-01-01t00:00:00z", 0},
    {"1970-01-01T01:00:00+01:00", 0},
    {"1969-12-31T16:30:00-07:30", 0},
    {"1970-01-01T00:00:00-00:00", 0},
    {"1970-01-01T00:00:00.5Z", 500},
    {"1970-01-01T00:00:00.05Z", 50},
    {"1970-01-01T00:00:00.0019Z", 1},
    {"1970-01-01T00:00:00.999999999Z", 999},
    {"2000-02-29T00:00:00Z", INT64_C(951782400000)},
    {"2016-12-31T23:59:60Z", INT64_C(1483228799999)},
    {"2017-01-01T00:59:60+01:00", INT64_C(1483228799999)},
    {"1969-12-31T23:59:60Z", -1},
    {"9999-12-31T23:59:59.999Z", INT64_C(253402300799999)},
    {"0000-01-01T00:00:00Z", INT64_C(-62167219200000)},
};

static void test_parse_takes_what_the_standard_allows(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        int64_t ms = 12345;
        if (!clock_parse_rfc3339(good[i].text, &ms))
            fail_msg("%s was refused", good[i].text);
        assert_int_equal(ms, good[i].ms);
    }
}

static void test_parse_refuses_everything_else(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        "2026",
        "2026-11-21",
        "2026-11-21T10:00:00",
        "2026-11-21 10:00:00Z",
        "2026-11-21T10:00Z",
        "2026-11-21T10:00:00.Z",
        "2026-11-21T10:00:00,5Z",
        "2026-11-21T10:00:00.1234567890Z",
        "2026-11-21T10:00:00Z ",
        " 2026-11-21T10:00:00Z",
        "2026-11-21T10:00:00ZZ",
        "2026-11-21T10:00:00+0100",
        "2026-11-21T10:00:00+01",
        "2026-11-21T10:00:00+24:00",
        "2026-11-21T10:00:00+01:60",
        "2026-11-21T10:00:00 01:00",
        "2026-11-21T24:00:00Z",
        "2026-11-21T10:60:00Z",
        "2026-11-21T10:00:61Z",
        "2026-11-21T10:00:60Z",
        "2026-12-31T23:59:60+01:00",
        "2026-00-21T10:00:00Z",
        "2026-13-21T10:00:00Z",
        "2026-11-00T10:00:00Z",
        "2026-11-31T10:00:00Z",
        "2026-02-29T10:00:00Z",
        "1900-02-29T10:00:00Z",
        "2024-02-30T10:00:00Z",
        "26-11-21T10:00:00Z",
        "+026-11-21T10:00:00Z",
        "2026-1-21T10:00:00Z",
        "12026-11-21T10:00:00Z",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t ms = 12345;
        if (clock_parse_rfc3339(bad[i], &ms))
            fail_msg("%s was taken", bad[i]);
        assert_int_equal(ms, 12345);
    }
    int64_t ms;
    assert_false(clock_parse_rfc3339(NULL, &ms));
}

static void test_text_parses_back(void **state) {
    (void)state;
    for (int64_t ms = INT64_C(-62167219200000); ms < INT64_C(253402300799999);
         ms += INT64_C(987654321987)) {
        char out[CLOCK_RFC3339_MAX];
        int64_t back;
        assert_true(clock_parse_rfc3339(clock_rfc3339(ms, out), &back));
        assert_int_equal(back, ms);
    }
}

static void test_the_time_zone_does_not_matter(void **state) {
    (void)state;
    setenv("TZ", "America/New_York", 1);
    tzset();
    int64_t ms;
    assert_true(clock_parse_rfc3339("1970-01-01T00:00:00Z", &ms));
    assert_int_equal(ms, 0);
    check_text(0, "1970-01-01T00:00:00.000Z");
    unsetenv("TZ");
    tzset();
}

static void test_clocks_run(void **state) {
    (void)state;
    assert_true(clock_wall_ms() > INT64_C(1700000000000));
    int64_t us = clock_monotonic_us(), ms = clock_monotonic_ms();
    assert_true(ms - us / 1000 >= 0);
    assert_true(ms - us / 1000 < 60000);
    while (clock_monotonic_us() == us)
        continue;
    assert_true(clock_monotonic_us() > us);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_of_known_times),
        cmocka_unit_test(test_text_of_every_day),
        cmocka_unit_test(test_text_stays_within_four_digits_of_year),
        cmocka_unit_test(test_parse_takes_what_the_standard_allows),
        cmocka_unit_test(test_parse_refuses_everything_else),
        cmocka_unit_test(test_text_parses_back),
        cmocka_unit_test(test_the_time_zone_does_not_matter),
        cmocka_unit_test(test_clocks_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
