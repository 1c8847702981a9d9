#include "../../common/decide/care.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct thresholds t = {.marked_emotion = 0.4,
                                    .strong_emotion = 0.5,
                                    .very_strong_emotion = 0.8,
                                    .rising_emotion = 0.25,
                                    .effort = 4,
                                    .urgent = 0.7};
static const struct costs k = {.frustration = 0.5,
                               .points = {.bot_failure = 1,
                                          .repeat = 1,
                                          .hop = 0.5,
                                          .reopening = 1,
                                          .handback = 1,
                                          .hour_waited = 0.25,
                                          .hours_waited_max = 8}};

static struct signals upset(double intensity) {
    struct signals s = {.known = 0};
    signals_set(&s, SIGNAL_negative, 1);
    signals_set(&s, SIGNAL_emotion_intensity, intensity);
    s.text[SIGNAL_emotion] = "anger";
    return s;
}

static double need(const struct signals *s, struct decision *d) {
    *d = (struct decision){.mode = MODE_NONE};
    return care_need(s, &t, &k, d);
}

static void test_unknown_signals_call_for_nothing(void **state) {
    (void)state;
    struct decision d;
    struct signals s = {.known = 0};
    s.number[SIGNAL_emotion_intensity] = 1;
    assert_true(need(&s, &d) == 0);
    assert_int_equal(d.n_reasons, 0);
}

static void test_strong_emotion_is_the_need_and_names_itself(void **state) {
    (void)state;
    struct decision d;
    struct signals s = upset(0.5);
    assert_true(need(&s, &d) == 0.5);
    assert_int_equal(d.n_reasons, 1);
    assert_int_equal(d.reasons[0].code, REASON_strong_emotion);
    assert_string_equal(d.reasons[0].detail, "anger");
    s = upset(0.499);
    assert_true(need(&s, &d) == 0);
    signals_set(&s, SIGNAL_negative, 0);
    signals_set(&s, SIGNAL_emotion_intensity, 1);
    assert_true(need(&s, &d) == 0);
}

static void test_frustration_counts_half(void **state) {
    (void)state;
    struct decision d;
    struct signals s = upset(0.9);
    s.text[SIGNAL_emotion] = "frustration";
    assert_true(care_distress(&s, &k) == (double)0.9f / 2);
    assert_true(need(&s, &d) == 0);
    assert_true(care_is_marked(&s, &t, &k));
    s.text[SIGNAL_emotion] = NULL;
    assert_true(care_distress(&s, &k) == (double)0.9f);
}

static void test_a_norm_can_be_taken_away(void **state) {
    (void)state;
    struct signals s = upset(0.6), plain;
    assert_false(care_without_norm(&s, &plain));
    signals_set(&s, SIGNAL_emotion_norm, 1);
    assert_false(care_without_norm(&s, &plain));
    signals_set(&s, SIGNAL_emotion_norm, 1.2);
    assert_true(care_without_norm(&s, &plain));
    assert_true(care_is_marked(&plain, &t, &k));
    assert_true(plain.number[SIGNAL_emotion_intensity] > 0.49f &&
                plain.number[SIGNAL_emotion_intensity] < 0.51f);
}

static void test_rising_needs_a_marked_mood(void **state) {
    (void)state;
    struct decision d;
    struct signals s = upset(0.4);
    signals_set(&s, SIGNAL_emotion_trend, 0.25);
    assert_true(need(&s, &d) > 0.4);
    assert_int_equal(d.reasons[0].code, REASON_rising_emotion);
    s = upset(0.39);
    signals_set(&s, SIGNAL_emotion_trend, 0.9);
    assert_true(need(&s, &d) == 0);
}

static void test_effort_is_the_sum_of_its_points(void **state) {
    (void)state;
    struct signals s = {.known = 0};
    signals_set(&s, SIGNAL_bot_failures, 1);
    signals_set(&s, SIGNAL_repeats, 1);
    signals_set(&s, SIGNAL_channel_hops, 1);
    signals_set(&s, SIGNAL_reopenings, 1);
    signals_set(&s, SIGNAL_handbacks, 1);
    signals_set(&s, SIGNAL_minutes_waited, 120);
    assert_true(care_effort(&s, &k.points) == 5);
    signals_set(&s, SIGNAL_minutes_waited, 60 * 24 * 30);
    assert_true(care_effort(&s, &k.points) == 6.5);
}

static void test_effort_alone_is_owed_half(void **state) {
    (void)state;
    struct decision d;
    struct signals s = {.known = 0};
    signals_set(&s, SIGNAL_repeats, 4);
    assert_true(need(&s, &d) == 0.5);
    assert_int_equal(d.reasons[0].code, REASON_effort_spent);
    assert_true(d.reasons[0].weight == 4);
    signals_set(&s, SIGNAL_repeats, 3);
    assert_true(need(&s, &d) == 0);
}

static void test_a_deadline_needs_urgency_or_distress(void **state) {
    (void)state;
    struct decision d;
    struct signals s = {.known = 0};
    signals_set(&s, SIGNAL_deadline, 1);
    signals_set(&s, SIGNAL_urgency, 0.84);
    assert_true(need(&s, &d) == 0);
    signals_set(&s, SIGNAL_urgency, 0.85);
    assert_true(need(&s, &d) == (double)0.85f);
    assert_int_equal(d.reasons[0].code, REASON_deadline_near);
}

static void test_an_overdue_promise_is_felt_by_the_upset(void **state) {
    (void)state;
    struct decision d;
    struct signals s = upset(0.1);
    signals_set(&s, SIGNAL_promise_overdue, 1);
    assert_true(need(&s, &d) == (double)0.1f);
    assert_int_equal(d.reasons[0].code, REASON_promise_overdue);
}

static void test_need_is_at_most_one(void **state) {
    (void)state;
    struct decision d;
    struct signals s = upset(0.9);
    signals_set(&s, SIGNAL_emotion_trend, 0.9);
    assert_true(need(&s, &d) == 1);
    assert_int_equal(d.n_reasons, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unknown_signals_call_for_nothing),
        cmocka_unit_test(test_strong_emotion_is_the_need_and_names_itself),
        cmocka_unit_test(test_frustration_counts_half),
        cmocka_unit_test(test_a_norm_can_be_taken_away),
        cmocka_unit_test(test_rising_needs_a_marked_mood),
        cmocka_unit_test(test_effort_is_the_sum_of_its_points),
        cmocka_unit_test(test_effort_alone_is_owed_half),
        cmocka_unit_test(test_a_deadline_needs_urgency_or_distress),
        cmocka_unit_test(test_an_overdue_promise_is_felt_by_the_upset),
        cmocka_unit_test(test_need_is_at_most_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
