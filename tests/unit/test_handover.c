#include "../../common/decide/handover.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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

static double after(const struct signals *s) { return handover_now(NULL, s, NULL); }

static void test_a_calm_first_message_needs_nobody(void **state) {
    struct signals s = {.known = 0};
    (void)state;
    assert_true(after(&s) < 0.05);
    signals_set(&s, SIGNAL_confidence, 0.95);
    signals_set(&s, SIGNAL_in_scope, 1);
    assert_true(after(&s) < 0.05);
}

static void test_repeats_and_failures_add_up(void **state) {
    struct signals s = {.known = 0};
    double before = after(&s);
    (void)state;
    for (int i = 1; i <= 3; i++) {
        signals_set(&s, SIGNAL_repeats, i);
        assert_true(after(&s) > before);
        before = after(&s);
    }
    signals_set(&s, SIGNAL_bot_failures, 1);
    assert_true(after(&s) > 0.8);
}

static void test_later_calm_lowers_it(void **state) {
    struct signals s = {.known = 0};
    (void)state;
    signals_set(&s, SIGNAL_negative, 1);
    signals_set(&s, SIGNAL_emotion_intensity, 0.8);
    signals_set(&s, SIGNAL_emotion_trend, 0.7);
    double angry = after(&s);
    signals_set(&s, SIGNAL_negative, 0);
    signals_set(&s, SIGNAL_emotion_trend, -0.2);
    assert_true(after(&s) < angry / 2);
}

static void test_it_names_what_spoke_for_it(void **state) {
    struct signals s = {.known = 0};
    const char *why;
    signals_set(&s, SIGNAL_repeats, 2);
    signals_set(&s, SIGNAL_bot_failures, 1);
    handover_now(*state, &s, &why);
    assert_string_equal(why, "repeats, bot_failures");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_calm_first_message_needs_nobody),
        cmocka_unit_test(test_repeats_and_failures_add_up),
        cmocka_unit_test(test_later_calm_lowers_it),
        cmocka_unit_test_setup_teardown(test_it_names_what_spoke_for_it, with_arena, without_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
