#include "../../common/decide/decide.h"

#include <string.h>

#include "../../common/decide/observe.h"
#include "cases.h"
#include "random_signals.h"

/* A calm message in a running conversation that a bot holds, with nothing known of its matter. */
static const char calm[] =
    "{\"wants_human\":0,\"emotion_intensity\":0,\"emotion_trend\":0,\"valence\":0,\"negative\":0,"
    "\"urgency\":0,\"deadline\":0,\"greeting_only\":0,\"bot_failures\":0,\"repeats\":0,"
    "\"channel_hops\":0,\"reopenings\":0,\"minutes_waited\":0,\"promise_open\":0,"
    "\"promise_overdue\":0,\"prefers_human\":0,\"first_contact\":0,\"episode_new\":0,"
    "\"human_stretch\":0,\"handbacks\":0,\"bot_available\":1,\"bot_failed_now\":0,"
    "\"open_hours\":1,\"auto_message\":0,\"emotion\":\"neutral\",\"subject\":\"none\","
    "\"channel\":\"web\",\"tier\":\"\",\"holder\":\"bot:faq\",\"bot\":\"faq\",\"mode\":\"none\","
    "\"queue\":\"\",\"last_agent\":\"\",\"language\":\"en\"}";

static void put_signals(json_t *from, struct signals *s) {
    const char *name;
    json_t *value;
    json_object_foreach(from, name, value) {
        enum signal_number n;
        enum signal_text t;
        if (signals_find_text(name, &t))
            s->text[t] = json_string_value(value);
        else if (!signals_find_number(name, &n))
            fail_msg("%s is no signal", name);
        else if (json_is_null(value))
            s->known &= ~(UINT64_C(1) << n);
        else
            signals_set(s, n, json_number_value(value));
    }
}

static struct policy *policy_of(struct arena *a, const json_t *j) {
    struct policy *p = NULL;
    struct why why = {{0}, {0}};
    if (policy_parse(span_of(j ? json_text(a, j) : "{}"), &p, &why) != OK)
        fail_msg("%s: %s", why.pointer, why.text);
    return p;
}

static const char *shown(struct arena *a, struct party p) {
    return arena_printf(a, "%s:%s", party_type_text(p.type), p.id);
}

static const char *field(struct arena *a, const struct decision *d, const char *name) {
    if (strcmp(name, "mode") == 0)
        return mode_text(d->mode);
    if (strcmp(name, "handler") == 0)
        return shown(a, d->handler);
    if (strcmp(name, "backup") == 0)
        return shown(a, d->backup);
    if (strcmp(name, "queue") == 0)
        return d->queue;
    if (strcmp(name, "review") == 0)
        return review_text(d->review);
    assert_string_equal(name, "priority");
    return arena_printf(a, "%d", d->priority);
}

static const struct reason *reason_of(const struct decision *d, const char *code) {
    for (int i = 0; i < d->n_reasons; i++)
        if (strcmp(reasons_code(d->reasons[i].code), code) == 0)
            return &d->reasons[i];
    return NULL;
}

static void check(struct arena *a, const json_t *one, const struct decision *d) {
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(one, "expect"), name, value) {
        const char *wanted = json_is_string(value) ? json_string_value(value) : json_text(a, value);
        if (strcmp(field(a, d, name), wanted) != 0)
            fail_msg("%s: %s is %s, not %s", cases_text(one, "name", ""), name, field(a, d, name),
                     wanted);
    }
    json_t *because = json_object_get(one, "because");
    for (size_t i = 0; i < json_array_size(because); i++) {
        const char *code = json_string_value(json_array_get(because, i));
        if (!reason_of(d, code))
            fail_msg("%s: %s is no reason", cases_text(one, "name", ""), code);
    }
    const char *absent = cases_text(one, "not_because", NULL);
    if (absent && reason_of(d, absent))
        fail_msg("%s: %s is a reason", cases_text(one, "name", ""), absent);
    json_t *weight = json_object_get(one, "weight");
    if (weight)
        assert_true(reason_of(d, json_string_value(json_array_get(because, 0)))->weight ==
                    (float)json_number_value(weight));
}

static void test_cases(void **state) {
    (void)state;
    json_auto all = cases_load("decide/judgement");
    json_auto base = json_loads(calm, 0, NULL);
    struct arena *a = arena_new();
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *one = json_array_get(all, i);
        struct policy *p = policy_of(a, json_object_get(one, "policy"));
        struct signals s = {.known = 0};
        put_signals(base, &s);
        put_signals(json_object_get(one, "signals"), &s);
        struct decision d;
        decide_run(a, p, 1, &s, &d);
        check(a, one, &d);
        policy_free(p);
    }
    arena_free(a);
}

static struct signals plausible(struct chance *c) {
    static const char *const holders[] = {"", "bot:faq", "agent:anna", "queue:support"};
    struct signals s = random_signals(c);
    s.text[SIGNAL_holder] = holders[chance_below(c, 4)];
    s.text[SIGNAL_mode] = mode_text((enum mode)chance_below(c, mode_count_));
    for (int i = 0; i < SIGNAL_NUMBERS_; i++)
        s.number[i] = (float)(chance_below(c, 2) ? chance_below(c, 2) : chance_real(c));
    return s;
}

/* What must hold whatever the signals say. */
static void assert_sound(const struct decision *d) {
    const char *holder = d->signals.text[SIGNAL_holder];
    bool held = strncmp(holder, "agent:", 6) == 0 || strncmp(holder, "queue:", 6) == 0;
    assert_true(d->mode != MODE_NONE);
    assert_in_range(d->priority, 1, 5);
    assert_true((d->mode >= MODE_HUMAN) == party_is_human(d->handler));
    assert_true((d->mode == MODE_HUMAN_BACKUP) == party_is_human(d->backup));
    assert_true((d->mode == MODE_HUMAN_BACKUP) == (d->review != REVIEW_NONE));
    if (held)
        assert_true(d->mode >= MODE_HUMAN);
    if (held && strncmp(d->signals.text[SIGNAL_mode], "human_e", 7) == 0)
        assert_int_equal(d->mode, MODE_HUMAN_EMOTION);
    if (strncmp(holder, "agent:", 6) == 0)
        assert_string_equal(d->handler.id, "anna");
    assert_true(d->n_reasons > 0);
}

static void test_every_decision_is_sound_and_replays_from_its_record(void **state) {
    (void)state;
    struct arena *a = arena_new();
    struct policy *p = policy_of(a, NULL);
    for (uint64_t seed = 1; seed <= 20000; seed++) {
        struct chance c = chance_of(seed);
        struct signals s = plausible(&c);
        struct decision d, stored, again;
        decide_run(a, p, 3, &s, &d);
        assert_sound(&d);
        buf_auto b;
        buf_init(&b, 8192);
        decision_pack(&d, &b);
        assert_int_equal(decision_unpack(a, buf_span(&b), &stored), OK);
        decide_run(a, p, 3, &stored.signals, &again);
        assert_true(decision_equal(&d, &stored));
        assert_true(decision_equal(&stored, &again));
        arena_reset(a);
    }
    policy_free(p);
    arena_free(a);
}

static void test_equal_sees_every_difference(void **state) {
    (void)state;
    struct decision a = {.mode = MODE_HUMAN,
                         .handler = {PARTY_AGENT, "anna"},
                         .queue = "care",
                         .priority = 2,
                         .experiment = ""};
    decision_reason(&a, REASON_queued, 0.5, "care");
    struct decision others[7];
    for (int i = 0; i < 7; i++)
        others[i] = a;
    others[0].mode = MODE_HUMAN_EMOTION;
    others[1].handler.id = "bo";
    others[2].queue = "support";
    others[3].priority = 1;
    others[4].reasons[0].weight = 0.50000006f;
    others[5].reasons[0].detail = "";
    others[6].backup = party_of(PARTY_AGENT, "bo");
    assert_true(decision_equal(&a, &a));
    for (int i = 0; i < 7; i++)
        assert_false(decision_equal(&a, &others[i]));
}

static void test_another_policy_weighs_its_own_signal_anew(void **state) {
    (void)state;
    struct arena *a = arena_new();
    struct policy *usual = policy_of(a, NULL), *bold = NULL;
    json_auto base = json_loads(calm, 0, NULL);
    struct signals s = {.known = 0};
    struct decision d, again;
    assert_int_equal(policy_parse(span_of("{\"handover\":{\"weights\":{\"customer_messages\":9}}}"),
                                  &bold, NULL),
                     OK);
    put_signals(base, &s);
    signals_set(&s, SIGNAL_confidence, 0.99);
    s.text[SIGNAL_intent] = "parcel";
    signals_set(&s, SIGNAL_customer_messages, 6);
    signals_set(&s, SIGNAL_handover_now, 0.05);
    decide_run(a, usual, 1, &s, &d);
    assert_int_equal(d.mode, MODE_SELF_SERVICE);
    decide_again(a, bold, 2, &d, &again);
    assert_int_equal(again.mode, MODE_SELF_SERVICE); /* from its signals as they stand */
    struct decision seen = d;
    observe_anew(bold, &seen.signals);
    decide_again(a, bold, 2, &seen, &again);
    assert_int_equal(again.mode, MODE_HUMAN_BACKUP);
    assert_true(again.signals.number[SIGNAL_handover_now] > 0.9f);
    observe_anew(usual, &seen.signals);
    decide_again(a, usual, 1, &seen, &again);
    assert_int_equal(again.mode, MODE_SELF_SERVICE);
    assert_memory_equal(again.signals.number, d.signals.number, sizeof d.signals.number);
    policy_free(usual);
    policy_free(bold);
    arena_free(a);
}

static void test_the_roster_is_asked_for_only_where_it_matters(void **state) {
    (void)state;
    struct arena *a = arena_new();
    struct policy *p = policy_of(a, NULL);
    json_auto base = json_loads(calm, 0, NULL);
    struct signals s = {.known = 0};
    struct decision d;
    put_signals(base, &s);
    decide_run(a, p, 1, &s, &d);
    assert_int_equal(d.mode, MODE_SELF_SERVICE);
    assert_false(decide_needs_roster(&d));
    signals_set(&s, SIGNAL_wants_human, 1);
    decide_run(a, p, 1, &s, &d);
    assert_true(decide_needs_roster(&d));
    s.text[SIGNAL_agent_any] = s.text[SIGNAL_agent_care] = "";
    decide_run(a, p, 1, &s, &d);
    assert_false(decide_needs_roster(&d));
    s.text[SIGNAL_agent_any] = s.text[SIGNAL_agent_care] = NULL;
    s.text[SIGNAL_holder] = "queue:support", s.text[SIGNAL_queue] = "support";
    s.text[SIGNAL_mode] = "human";
    decide_run(a, p, 1, &s, &d);
    assert_false(decide_needs_roster(&d));
    policy_free(p);
    arena_free(a);
}

static void test_a_typical_record_is_small(void **state) {
    (void)state;
    struct arena *a = arena_new();
    struct policy *p = policy_of(a, NULL);
    json_auto base = json_loads(calm, 0, NULL);
    json_auto more =
        json_loads("{\"intent\":\"where_is_my_order\",\"confidence\":0.9123,\"in_scope\":"
                   "1,\"in_scope_probability\":0.9731,\"language\":\"da\",\"epoch\":3,"
                   "\"customer_messages\":2,\"facts_known\":1,\"customer_draw\":"
                   "9123456,\"valence\":0.1,\"stance\":\"none\",\"urgency\":0.13}",
                   0, NULL);
    struct signals s = {.known = 0};
    put_signals(base, &s);
    put_signals(more, &s);
    struct decision d;
    decide_run(a, p, 1, &s, &d);
    buf_auto b;
    buf_init(&b, 4096);
    decision_pack(&d, &b);
    assert_in_range(b.len, 60, 150);
    policy_free(p);
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_every_decision_is_sound_and_replays_from_its_record),
        cmocka_unit_test(test_equal_sees_every_difference),
        cmocka_unit_test(test_another_policy_weighs_its_own_signal_anew),
        cmocka_unit_test(test_the_roster_is_asked_for_only_where_it_matters),
        cmocka_unit_test(test_a_typical_record_is_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
