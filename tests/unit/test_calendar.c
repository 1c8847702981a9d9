#include "../../common/codec/calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_every_day_of_four_centuries_comes_back(void **state) {
    (void)state;
    int64_t first = calendar_day_number(1900, 1, 1), last = calendar_day_number(2300, 1, 1);
    for (int64_t day = first; day <= last; day++) {
        int y, m, d;
        calendar_civil(day, &y, &m, &d);
        assert_int_equal(calendar_day_number(y, m, d), day);
        assert_int_equal(calendar_weekday(day), (day - first) % 7 + 1); /* it was a Monday */
    }
    assert_int_equal(calendar_day_number(1970, 1, 1), 0);
    assert_int_equal(calendar_day_number(2000, 3, 1) - calendar_day_number(2000, 2, 28), 2);
    assert_int_equal(calendar_day_number(1900, 3, 1) - calendar_day_number(1900, 2, 28), 1);
}

static void test_the_floor_lies_below(void **state) {
    (void)state;
    assert_int_equal(calendar_floor(7, 7), 1);
    assert_int_equal(calendar_floor(6, 7), 0);
    assert_int_equal(calendar_floor(-1, 7), -1);
    assert_int_equal(calendar_floor(-7, 7), -1);
    assert_int_equal(calendar_floor(-8, 7), -2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_day_of_four_centuries_comes_back),
        cmocka_unit_test(test_the_floor_lies_below),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
