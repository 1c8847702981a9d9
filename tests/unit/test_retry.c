#include "../../common/decide/retry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const int64_t seconds[] = {5, 30, 120, 300, 900, 1800, 3600, 7200, 18000, 36000, 50400};

static void test_each_attempt_waits_its_step_give_or_take_a_fifth(void **state) {
    (void)state;
    for (int i = 0; i < 11; i++) {
        int64_t base = seconds[i] * 1000;
        assert_int_equal(retry_delay_ms(i + 1, -1, 0), base * 8 / 10);
        assert_in_range(retry_delay_ms(i + 1, -1, UINT32_MAX), base * 12 / 10 - 1, base * 12 / 10);
        assert_in_range(retry_delay_ms(i + 1, -1, UINT32_MAX / 2), base - 2, base);
    }
}

static void test_attempts_outside_the_schedule_take_its_ends(void **state) {
    (void)state;
    assert_int_equal(retry_delay_ms(0, -1, 7), retry_delay_ms(1, -1, 7));
    assert_int_equal(retry_delay_ms(50, -1, 7), retry_delay_ms(11, -1, 7));
}

static void test_retry_after_is_a_minimum_with_a_cap(void **state) {
    (void)state;
    assert_int_equal(retry_delay_ms(1, 60000, 0), 60000);
    assert_int_equal(retry_delay_ms(1, 0, 0), 4000);
    assert_int_equal(retry_delay_ms(3, 1000, 0), 96000);
    assert_int_equal(retry_delay_ms(1, INT64_MAX, 0), RETRY_AFTER_MAX_MS);
}

static void test_breaker_needs_enough_attempts_and_seven_of_ten(void **state) {
    (void)state;
    assert_false(retry_breaker_open(0, 0));
    assert_false(retry_breaker_open(9, 9));
    assert_true(retry_breaker_open(10, 7));
    assert_false(retry_breaker_open(10, 6));
    assert_true(retry_breaker_open(2000000000, 1500000000));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_attempt_waits_its_step_give_or_take_a_fifth),
        cmocka_unit_test(test_attempts_outside_the_schedule_take_its_ends),
        cmocka_unit_test(test_retry_after_is_a_minimum_with_a_cap),
        cmocka_unit_test(test_breaker_needs_enough_attempts_and_seven_of_ten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
