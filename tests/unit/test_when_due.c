#include "../../common/nlu/when_due.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define HOUR INT64_C(3600000)
#define DAY (24 * HOUR)

static int64_t utc(int year, int month, int day, int hour) {
    return when_due_day_number(year, month, day) * DAY + hour * HOUR;
}

static const struct when none = {.days = WHEN_NONE, .minutes = WHEN_NONE, .hour = WHEN_NONE};
static const struct when_zone berlin = {60, true};

static void test_every_day_of_four_centuries_comes_back(void **state) {
    (void)state;
    for (int64_t day = when_due_day_number(1900, 1, 1); day <= when_due_day_number(2300, 1, 1);
         day++) {
        int y, m, d;
        when_due_civil(day, &y, &m, &d);
        assert_int_equal(when_due_day_number(y, m, d), day);
    }
    assert_int_equal(when_due_day_number(1970, 1, 1), 0);
    assert_int_equal(when_due_day_number(2000, 3, 1) - when_due_day_number(2000, 2, 28), 2);
}

static void test_a_date_without_a_year_is_the_next(void **state) {
    struct when w = none;
    (void)state;
    w.month = 1, w.day = 3;
    assert_int_equal(when_due(&w, utc(2026, 12, 30, 12), berlin), utc(2027, 1, 3, 23));
    w.month = 2, w.day = 29;
    assert_int_equal(when_due(&w, utc(2026, 12, 30, 12), berlin), utc(2028, 2, 29, 23));
    w.year = 2027;
    assert_int_equal(when_due(&w, utc(2026, 12, 30, 12), berlin), 0);
}

static void test_summer_time_moves_the_hour_not_the_day(void **state) {
    struct when w = none;
    (void)state;
    w.days = 1, w.hour = 9;
    assert_int_equal(when_due(&w, utc(2026, 3, 28, 12), berlin), utc(2026, 3, 29, 7));
    assert_int_equal(when_due(&w, utc(2026, 3, 27, 12), berlin), utc(2026, 3, 28, 8));
    assert_int_equal(when_due(&w, utc(2026, 10, 24, 12), berlin), utc(2026, 10, 25, 8));
    w = none, w.minutes = 120;
    assert_int_equal(when_due(&w, utc(2026, 3, 29, 0), berlin), utc(2026, 3, 29, 2));
}

static void test_what_is_due_lies_ahead_and_near(void **state) {
    (void)state;
    for (int64_t now = utc(2027, 12, 20, 0); now < utc(2028, 11, 10, 0); now += 5 * HOUR) {
        for (int weekday = 1; weekday <= 7; weekday++) {
            struct when w = none;
            w.weekday = weekday;
            int64_t due = when_due(&w, now, berlin);
            assert_true(due > now && due <= now + 8 * DAY);
        }
        for (int hour = 0; hour <= 23; hour++) {
            struct when w = none;
            w.hour = hour;
            int64_t due = when_due(&w, now, berlin);
            assert_true(due > now && due <= now + DAY + 2 * HOUR);
        }
    }
}

static void test_nothing_named_is_never_due(void **state) {
    (void)state;
    assert_int_equal(when_due(&none, utc(2026, 1, 1, 0), berlin), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_day_of_four_centuries_comes_back),
        cmocka_unit_test(test_a_date_without_a_year_is_the_next),
        cmocka_unit_test(test_summer_time_moves_the_hour_not_the_day),
        cmocka_unit_test(test_what_is_due_lies_ahead_and_near),
        cmocka_unit_test(test_nothing_named_is_never_due),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
