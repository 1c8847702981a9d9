#include "../../common/decide/handover.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../common/decide/policy.h"
#include "random_signals.h"

static struct policy *built_in;
static const struct handover_weights *written;

static int with_policy(void **state) {
    (void)state;
    struct why why;
    if (policy_parse(span_of("{}"), &built_in, &why) != OK)
        return -1;
    written = policy_handover(built_in);
    return 0;
}

static int without_policy(void **state) {
    (void)state;
    policy_free(built_in);
    return 0;
}

static int with_arena(void **state) {
    *state = arena_new();
    return 0;
}

static int without_arena(void **state) {
    arena_free(*state);
    return 0;
}

static double after(const struct signals *s) { return handover_now(NULL, written, s, NULL); }

static double known(const struct signals *s, enum signal_number n, double unknown) {
    return signals_known(s, n) ? (double)s->number[n] : unknown;
}

static double units(const struct signals *s, enum signal_number n, double from, double most) {
    return fmin(fmax(known(s, n, 0) - from, 0), most);
}

/* What was decided before the weights were the policy's must come out the same, bit for bit. */
static double as_ever(const struct signals *s) {
    double distress = known(s, SIGNAL_negative, 0) * known(s, SIGNAL_emotion_intensity, 0);
    double gloom = fmax(0, -known(s, SIGNAL_valence, 0) - 0.2);
    double mood = 2.4 * distress + 0.5 * gloom;
    double doubt =
        1.2 * (1 - known(s, SIGNAL_confidence, 1)) + 0.8 * (1 - known(s, SIGNAL_in_scope, 1));
    double sum = -3.4 + mood + doubt;
    sum += 4.5 * units(s, SIGNAL_wants_human, 0, 1);
    sum += 1.3 * units(s, SIGNAL_repeats, 0, 3);
    sum += 1.5 * units(s, SIGNAL_bot_failures, 0, 3);
    sum += 1.5 * units(s, SIGNAL_bot_failed_now, 0, 1);
    sum += 2.0 * units(s, SIGNAL_emotion_trend, 0, 1);
    sum += 0.6 * units(s, SIGNAL_handbacks, 0, 2);
    sum += 0.6 * units(s, SIGNAL_channel_hops, 0, 2);
    sum += 0.5 * units(s, SIGNAL_reopenings, 0, 2);
    sum += 1.0 * units(s, SIGNAL_promise_overdue, 0, 1);
    sum += 0.02 * units(s, SIGNAL_minutes_waited, 5, 60);
    sum += 0.2 * units(s, SIGNAL_customer_messages, 4, 6);
    return 1 / (1 + exp(-sum));
}

static void test_the_written_weights_give_what_they_always_gave(void **state) {
    (void)state;
    struct chance c = {7};
    for (int i = 0; i < 20000; i++) {
        struct signals s = random_signals(&c);
        double now = after(&s), then = as_ever(&s);
        if (!isnan(then))
            assert_memory_equal(&now, &then, sizeof now);
    }
}

static enum err parse(const char *json, struct handover_weights *w, struct why *why) {
    json_auto j = json_loads(json, 0, NULL);
    assert_non_null(j);
    return handover_parse(j, "/handover", w, why);
}

static void test_weights_are_given_by_name_and_the_rest_stays(void **state) {
    (void)state;
    struct handover_weights w = *written;
    struct signals s = {.known = 0};
    signals_set(&s, SIGNAL_repeats, 2);
    assert_int_equal(parse("{\"due\":0.4,\"bias\":-1,\"weights\":{\"repeats\":-0.5},"
                           "\"report\":{\"f1\":0.7}}",
                           &w, NULL),
                     OK);
    assert_true(w.due == 0.4 && w.bias == -1);
    double now = handover_now(NULL, &w, &s, NULL);
    assert_true(fabs(now - 1 / (1 + exp(2))) < 1e-12);
    for (int i = 0; i < HANDOVER_INPUTS; i++)
        if (strcmp(handover_input_name(i), "repeats") != 0)
            assert_true(w.weight[i] == written->weight[i]);
    assert_true(written->due == 0.8 && written->bias == -3.4);
}

static void test_wrong_weights_are_refused_by_their_place(void **state) {
    (void)state;
    static const char *const wrong[][2] = {
        {"{\"due\":2}", "/handover/due"},
        {"{\"bias\":51}", "/handover/bias"},
        {"{\"sharpness\":1}", "/handover/sharpness"},
        {"{\"weights\":[]}", "/handover/weights"},
        {"{\"report\":1}", "/handover/report"},
        {"{\"weights\":{\"repeats\":\"much\"}}", "/handover/weights/repeats"},
        {"{\"weights\":{\"sighs\":1}}", "/handover/weights/sighs"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct handover_weights w = *written;
        struct why why = {{0}, {0}};
        assert_int_equal(parse(wrong[i][0], &w, &why), ERR_INVALID);
        assert_string_equal(why.pointer, wrong[i][1]);
        assert_memory_equal(&w, written, sizeof w);
    }
}

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
    handover_now(*state, written, &s, &why);
    assert_string_equal(why, "repeats, bot_failures");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_written_weights_give_what_they_always_gave),
        cmocka_unit_test(test_weights_are_given_by_name_and_the_rest_stays),
        cmocka_unit_test(test_wrong_weights_are_refused_by_their_place),
        cmocka_unit_test(test_a_calm_first_message_needs_nobody),
        cmocka_unit_test(test_repeats_and_failures_add_up),
        cmocka_unit_test(test_later_calm_lowers_it),
        cmocka_unit_test_setup_teardown(test_it_names_what_spoke_for_it, with_arena, without_arena),
    };
    return cmocka_run_group_tests(tests, with_policy, without_policy);
}
