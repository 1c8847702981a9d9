#include "../../common/decide/cost.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../common/model/enums.h"

static const struct costs k = {.self_service = 0.1,
                               .human_backup = 1.8,
                               .human = 6,
                               .human_emotion = 8,
                               .failure = 10,
                               .failure_with_backup = 0.5,
                               .topic_failure = 0.05,
                               .untrained = 0.75,
                               .wait_minute = 0.1,
                               .closed = 3,
                               .emotion = 2,
                               .effort = 0.25,
                               .urgency = 0.5,
                               .tiers = {{"vip", 1}},
                               .n_tiers = 1,
                               .points = {.repeat = 1}};

static void near(double a, double b) {
    if (fabs(a - b) > 1e-6)
        fail_msg("%g is not %g", a, b);
}

static struct signals sure(double confidence) {
    struct signals s = {.known = 0};
    signals_set(&s, SIGNAL_confidence, confidence);
    return s;
}

static void test_a_bot_fails_by_what_it_knows_its_record_and_what_happened(void **state) {
    (void)state;
    struct signals s = {.known = 0};
    near(cost_bot_fails(&k, &s), 1 - 0.75 * 0.95);
    s = sure(0.9);
    near(cost_bot_fails(&k, &s), 1 - 0.9 * 0.95);
    signals_set(&s, SIGNAL_topic_failure_rate, 0.4);
    near(cost_bot_fails(&k, &s), 1 - 0.9 * 0.6);
    signals_set(&s, SIGNAL_bot_failures, 1);
    near(cost_bot_fails(&k, &s), 1 - 0.9 * 0.6 * 0.5);
    signals_set(&s, SIGNAL_repeats, 2);
    near(cost_bot_fails(&k, &s), 1 - 0.9 * 0.6 * 0.5 * 0.49);
}

static void test_terms_of_a_calm_message(void **state) {
    (void)state;
    struct cost c[mode_count_];
    struct signals s = sure(0.9);
    signals_set(&s, SIGNAL_expected_wait_minutes, 20);
    cost_of_modes(&k, &s, 0, c);
    near(cost_total(&c[MODE_SELF_SERVICE]), 0.1 + 1.45);
    near(cost_total(&c[MODE_HUMAN_BACKUP]), 1.8 + 0.725);
    near(cost_total(&c[MODE_HUMAN]), 6 + 2);
    near(c[MODE_HUMAN].waiting, 2);
    near(c[MODE_HUMAN_EMOTION].waiting, 0.6);
}

static void test_failure_costs_more_where_more_is_at_stake(void **state) {
    (void)state;
    struct cost c[mode_count_];
    struct signals s = sure(0);
    signals_set(&s, SIGNAL_negative, 1);
    signals_set(&s, SIGNAL_emotion_intensity, 0.5);
    signals_set(&s, SIGNAL_urgency, 0.5);
    signals_set(&s, SIGNAL_repeats, 2);
    s.text[SIGNAL_tier] = "vip";
    cost_of_modes(&k, &s, 0, c);
    near(c[MODE_SELF_SERVICE].failure, 10 * (1 + 1 + 0.5 + 0.25 + 1));
    near(cost_tier_growth(&k, &s), 1);
    s.text[SIGNAL_tier] = "other";
    near(cost_tier_growth(&k, &s), 0);
}

static void test_who_needs_care_is_unheard_by_all_but_care(void **state) {
    (void)state;
    struct cost c[mode_count_];
    struct signals s = sure(1);
    signals_set(&s, SIGNAL_topic_failure_rate, 0);
    cost_of_modes(&k, &s, 0.6, c);
    near(c[MODE_SELF_SERVICE].failure, 6);
    near(c[MODE_HUMAN_BACKUP].failure, 6);
    near(c[MODE_HUMAN].failure, 6);
    near(c[MODE_HUMAN_EMOTION].failure, 0);
}

static void test_closed_costs_once(void **state) {
    (void)state;
    struct cost c[mode_count_];
    struct signals s = sure(1);
    signals_set(&s, SIGNAL_open_hours, 0);
    cost_of_modes(&k, &s, 0, c);
    near(c[MODE_HUMAN].waiting, 3);
    signals_set(&s, SIGNAL_open_hours, 1);
    cost_of_modes(&k, &s, 0, c);
    near(c[MODE_HUMAN].waiting, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_bot_fails_by_what_it_knows_its_record_and_what_happened),
        cmocka_unit_test(test_terms_of_a_calm_message),
        cmocka_unit_test(test_failure_costs_more_where_more_is_at_stake),
        cmocka_unit_test(test_who_needs_care_is_unheard_by_all_but_care),
        cmocka_unit_test(test_closed_costs_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
