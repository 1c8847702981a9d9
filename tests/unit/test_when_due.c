#include "../../common/nlu/when_due.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../common/codec/calendar.h"
#include "tzif.h"

#define HOUR INT64_C(3600000)
#define DAY (24 * HOUR)

static int64_t utc(int year, int month, int day, int hour) {
    return calendar_day_number(year, month, day) * DAY + hour * HOUR;
}

static const struct when none = {.days = WHEN_NONE, .minutes = WHEN_NONE, .hour = WHEN_NONE};
static struct arena *arena;
static struct zone berlin, sydney;

static int open_zones(void **state) {
    (void)state;
    arena = arena_new();
    berlin = tzif_zone(arena, TZIF_BERLIN);
    sydney = tzif_zone(arena, TZIF_SYDNEY);
    return berlin.n || sydney.n;
}

static int close_zones(void **state) {
    (void)state;
    arena_free(arena);
    return 0;
}

static void test_a_date_without_a_year_is_the_next(void **state) {
    struct when w = none;
    (void)state;
    w.month = 1, w.day = 3;
    assert_int_equal(when_due(&w, utc(2026, 12, 30, 12), &berlin), utc(2027, 1, 3, 23));
    w.month = 2, w.day = 29;
    assert_int_equal(when_due(&w, utc(2026, 12, 30, 12), &berlin), utc(2028, 2, 29, 23));
    w.year = 2027;
    assert_int_equal(when_due(&w, utc(2026, 12, 30, 12), &berlin), 0);
}

static void test_summer_time_moves_the_hour_not_the_day(void **state) {
    struct when w = none;
    (void)state;
    w.days = 1, w.hour = 9;
    assert_int_equal(when_due(&w, utc(2026, 3, 28, 12), &berlin), utc(2026, 3, 29, 7));
    assert_int_equal(when_due(&w, utc(2026, 3, 27, 12), &berlin), utc(2026, 3, 28, 8));
    assert_int_equal(when_due(&w, utc(2026, 10, 24, 12), &berlin), utc(2026, 10, 25, 8));
    w = none, w.minutes = 120;
    assert_int_equal(when_due(&w, utc(2026, 3, 29, 0), &berlin), utc(2026, 3, 29, 2));
}

static void test_what_is_due_lies_ahead_and_near(void **state) {
    (void)state;
    for (int64_t now = utc(2027, 12, 20, 0); now < utc(2028, 11, 10, 0); now += 5 * HOUR) {
        for (int weekday = 1; weekday <= 7; weekday++) {
            struct when w = none;
            w.weekday = weekday;
            int64_t due = when_due(&w, now, &berlin);
            assert_true(due > now && due <= now + 8 * DAY);
        }
        for (int hour = 0; hour <= 23; hour++) {
            struct when w = none;
            w.hour = hour;
            int64_t due = when_due(&w, now, &berlin);
            assert_true(due > now && due <= now + DAY + 2 * HOUR);
        }
    }
}

static void test_the_other_half_of_the_earth(void **state) {
    struct when w = none;
    (void)state;
    w.days = 1, w.hour = 9;
    assert_int_equal(when_due(&w, utc(2026, 10, 2, 12), &sydney), utc(2026, 10, 2, 23));
    assert_int_equal(when_due(&w, utc(2026, 10, 3, 12), &sydney), utc(2026, 10, 3, 22));
    assert_int_equal(when_due(&w, utc(2026, 4, 4, 12), &sydney), utc(2026, 4, 4, 23));
    w = none, w.month = 1, w.day = 1; /* the end of New Year's Day, still the old year in UTC */
    assert_int_equal(when_due(&w, utc(2026, 12, 31, 12), &sydney), utc(2027, 1, 1, 13));
    w = none, w.days = 0;
    assert_int_equal(when_due(&w, utc(2028, 2, 28, 13), &sydney), utc(2028, 2, 29, 13));
}

static void test_the_hour_that_is_missing_and_the_one_that_comes_twice(void **state) {
    struct when w = none;
    (void)state;
    w.hour = 2, w.minute = 30;
    assert_int_equal(when_due(&w, utc(2026, 3, 28, 23), &berlin), utc(2026, 3, 29, 1) + HOUR / 2);
    assert_int_equal(when_due(&w, utc(2026, 10, 24, 23), &berlin), utc(2026, 10, 25, 0) + HOUR / 2);
    /* 02:10 in the second round: twenty minutes from now, not an hour ago. */
    int64_t now = utc(2026, 10, 25, 1) + HOUR / 6;
    assert_int_equal(when_due(&w, now, &berlin), utc(2026, 10, 25, 1) + HOUR / 2);
}

static void test_a_day_that_begins_at_one(void **state) {
    const struct zone santiago = tzif_zone(arena, "<-04>4<-03>,M9.1.6/24,M4.1.6/24");
    struct when w = none;
    (void)state;
    w.days = 0; /* the 5th of September 2026 ends as the clock leaps from midnight to one */
    assert_int_equal(when_due(&w, utc(2026, 9, 5, 12), &santiago), utc(2026, 9, 6, 4));
}

static void test_nothing_named_is_never_due(void **state) {
    (void)state;
    assert_int_equal(when_due(&none, utc(2026, 1, 1, 0), &berlin), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_date_without_a_year_is_the_next),
        cmocka_unit_test(test_summer_time_moves_the_hour_not_the_day),
        cmocka_unit_test(test_what_is_due_lies_ahead_and_near),
        cmocka_unit_test(test_the_other_half_of_the_earth),
        cmocka_unit_test(test_the_hour_that_is_missing_and_the_one_that_comes_twice),
        cmocka_unit_test(test_a_day_that_begins_at_one),
        cmocka_unit_test(test_nothing_named_is_never_due),
    };
    return cmocka_run_group_tests(tests, open_zones, close_zones);
}
