#include "../../common/decide/observe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../common/decide/control.h"
#include "../../common/decide/decide.h"

#define NOON INT64_C(1763719200000)
#define MINUTE INT64_C(60000)
#define DAY (1440 * MINUTE)

/* One customer's place in the world, kept over the messages of a test. */
struct scene {
    struct arena *a;
    struct policy *policy;
    struct conversation v;
    struct message m;
    struct reading r;
    struct bot_account bot;
    struct roster roster;
    struct context c;
    struct signals s;
    struct decision d;
};

static struct agent anna = {
    .id = "anna", .name = "Anna", .presence = PRESENCE_ONLINE, .capacity = 3};

static int enter(void **state) {
    struct arena *a = arena_new();
    struct scene *o = ARENA_NEW(a, struct scene);
    o->a = a;
    assert_int_equal(policy_parse(span_of("{}"), &o->policy, NULL), OK);
    assert_int_equal(conversation_parse_state(a, span_of("{}"), &o->v), OK);
    o->v.queue = o->v.language = o->v.topic = "";
    o->v.holder.id = "";
    memset(o->v.customer_id.b, 7, 16);
    o->m = (struct message){.channel = "web", .text = ""};
    o->r = (struct reading){.language = "da",
                            .intent = "where_is_my_order",
                            .confidence = 0.9,
                            .in_scope = true,
                            .in_scope_probability = 0.95,
                            .fingerprint = 11};
    o->bot = (struct bot_account){.id = "faq", .enabled = true};
    o->roster = (struct roster){&anna, 1, NULL, 0};
    o->c = (struct context){.now_ms = NOON,
                            .conversation = &o->v,
                            .message = &o->m,
                            .bot = &o->bot,
                            .roster = &o->roster,
                            .topic_failure_rate = -1};
    *state = o;
    return 0;
}

static int leave(void **state) {
    struct scene *o = *state;
    policy_free(o->policy);
    arena_free(o->a);
    return 0;
}

static float number(struct scene *o, enum signal_number n) {
    assert_true(signals_known(&o->s, n));
    return o->s.number[n];
}

static void look(struct scene *o) { observe(o->a, o->policy, &o->c, &o->r, &o->s); }

/* What the turn does with a customer message, without storing it. */
static void hear(struct scene *o) {
    if (control_episode_due(&o->v, o->c.now_ms))
        control_open_episode(&o->v, (struct uid){{1}}, o->r.intent, o->c.now_ms);
    look(o);
    decide_run(o->a, o->policy, 1, &o->s, &o->d);
    double distress = conversation_mood_is_negative(o->r.emotion) ? o->r.intensity : 0;
    if (o->v.effort.customer_messages++ == 0)
        o->v.emotion.first = distress;
    if (*o->v.last_channel && strcmp(o->v.last_channel, o->m.channel) != 0)
        o->v.effort.hops++;
    memmove(o->v.recent + 1, o->v.recent, sizeof o->v.recent - sizeof *o->v.recent);
    o->v.recent[0] = o->r.fingerprint;
    o->v.last_channel = o->m.channel;
    o->v.last_in_seq++;
    o->v.updated_ms = o->c.now_ms;
    control_follow(&o->v, &o->d, o->c.now_ms);
}

static void test_first_contact(void **state) {
    struct scene *o = *state;
    look(o);
    assert_true(number(o, SIGNAL_first_contact) == 1);
    assert_true(number(o, SIGNAL_episode_new) == 1);
    assert_true(number(o, SIGNAL_customer_messages) == 1);
    assert_true(number(o, SIGNAL_customer_draw) == 0x070707);
    assert_true(number(o, SIGNAL_bot_available) == 1);
    assert_true(number(o, SIGNAL_human_stretch) == 0);
    assert_string_equal(o->s.text[SIGNAL_holder], "");
    assert_string_equal(o->s.text[SIGNAL_mode], "none");
    assert_string_equal(o->s.text[SIGNAL_agent_any], "anna");
    assert_false(signals_known(&o->s, SIGNAL_topic_failure_rate));
}

static void test_without_a_model_the_matter_is_unknown(void **state) {
    struct scene *o = *state;
    o->r.intent = "";
    look(o);
    assert_null(o->s.text[SIGNAL_intent]);
    assert_false(signals_known(&o->s, SIGNAL_confidence));
    assert_false(signals_known(&o->s, SIGNAL_in_scope));
}

static void test_what_settles_a_choice_is_no_doubt(void **state) {
    struct scene *o = *state;
    look(o);
    assert_true(number(o, SIGNAL_settles_choice) == 0);
    o->c.settles_choice = true;
    o->r.intent = "", o->r.confidence = 1, o->r.in_scope_probability = 1;
    look(o);
    assert_true(number(o, SIGNAL_settles_choice) == 1);
    assert_true(number(o, SIGNAL_confidence) == 1);
    assert_true(number(o, SIGNAL_in_scope) == 1);
    assert_string_equal(o->s.text[SIGNAL_intent], "");
}

static void test_without_a_roster_people_are_unknown(void **state) {
    struct scene *o = *state;
    o->c.roster = NULL;
    look(o);
    assert_null(o->s.text[SIGNAL_agent_any]);
    assert_null(o->s.text[SIGNAL_agent_care]);
    assert_false(signals_known(&o->s, SIGNAL_humans_online));
    assert_false(signals_known(&o->s, SIGNAL_expected_wait_minutes));
}

static void test_effort_is_counted_within_the_episode(void **state) {
    struct scene *o = *state;
    hear(o);
    o->v.effort.waiting_since_ms = NOON;
    o->c.now_ms = NOON + 90 * MINUTE + 59999;
    o->m.channel = "mail";
    look(o);
    assert_true(number(o, SIGNAL_repeats) == 1);
    assert_true(number(o, SIGNAL_channel_hops) == 1);
    assert_true(number(o, SIGNAL_minutes_waited) == 90);
    assert_true(number(o, SIGNAL_customer_messages) == 2);
    assert_true(number(o, SIGNAL_episode_new) == 0);
    o->r.fingerprint = 12;
    look(o);
    assert_true(number(o, SIGNAL_repeats) == 0);
    o->v.effort.repeats = 1;
    look(o);
    assert_true(number(o, SIGNAL_repeats) == 1);
}

static void test_a_message_judged_again_is_counted_once(void **state) {
    struct scene *o = *state;
    hear(o);
    o->m.seq = o->v.last_in_seq;
    o->c.bot_failed_now = true;
    look(o);
    assert_true(number(o, SIGNAL_repeats) == 0);
    assert_true(number(o, SIGNAL_customer_messages) == 1);
    assert_true(number(o, SIGNAL_bot_failed_now) == 1);
}

static void test_trend_is_against_the_first_message_of_the_episode(void **state) {
    struct scene *o = *state;
    o->r.emotion = EMOTION_FRUSTRATION, o->r.intensity = 0.25;
    hear(o);
    assert_true(number(o, SIGNAL_emotion_trend) == 0);
    o->r.emotion = EMOTION_ANGER, o->r.intensity = 0.75;
    look(o);
    assert_true(number(o, SIGNAL_emotion_trend) == 0.5f);
    assert_true(number(o, SIGNAL_negative) == 1);
    o->r.emotion = EMOTION_JOY;
    look(o);
    assert_true(number(o, SIGNAL_emotion_trend) == -0.25f);
    assert_true(number(o, SIGNAL_negative) == 0);
}

static void test_a_norm_is_a_signal_where_it_did_something(void **state) {
    struct scene *o = *state;
    o->r.emotion = EMOTION_ANGER, o->r.intensity = 0.6, o->r.norm = 1;
    look(o);
    assert_false(signals_known(&o->s, SIGNAL_emotion_norm));
    o->r.norm = 1.2;
    look(o);
    assert_true(number(o, SIGNAL_emotion_norm) == 1.2f);
    o->r.emotion = EMOTION_JOY;
    look(o);
    assert_false(signals_known(&o->s, SIGNAL_emotion_norm));
}

static void test_promises_facts_and_preference(void **state) {
    struct scene *o = *state;
    o->v.promises[0] = (struct promise){.no = 1, .due_ms = NOON - 1};
    o->v.promises[1] = (struct promise){.no = 2, .due_ms = NOON + 1};
    o->v.promises[2] = (struct promise){.no = 3, .due_ms = NOON - 1, .kept_ms = 5};
    o->v.promises[3] = (struct promise){.no = 4};
    o->v.n_promises = 4;
    o->v.facts[0] = (struct fact){.expires_ms = NOON};
    o->v.facts[1] = (struct fact){.expires_ms = 0};
    o->v.n_facts = 2;
    o->v.preference = "human";
    look(o);
    assert_true(number(o, SIGNAL_promise_open) == 3);
    assert_true(number(o, SIGNAL_promise_overdue) == 1);
    assert_true(number(o, SIGNAL_facts_known) == 1);
    assert_true(number(o, SIGNAL_prefers_human) == 1);
}

static void test_automatic_messages_are_known_by_header_or_connector(void **state) {
    struct scene *o = *state;
    static const struct {
        const char *extra;
        float expected;
    } cases[] = {
        {"{\"mail\":{\"auto\":\"bounce\"}}", 1},        {"{\"mail\":{\"auto\":\"none\"}}", 0},
        {"{\"metadata\":{\"auto\":true}}", 1},          {"{\"metadata\":{\"auto\":false}}", 0},
        {"{\"metadata\":{\"x\":\"\\\"auto\\\"\"}}", 0}, {"\"auto\" no json", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        o->m.extra = cases[i].extra;
        look(o);
        assert_true(number(o, SIGNAL_auto_message) == cases[i].expected);
    }
}

static void test_no_bot_is_named_by_channel_or_policy(void **state) {
    struct scene *o = *state;
    struct channel_account channel = {.id = "web", .bot = "helper"};
    o->c.bot = NULL;
    look(o);
    assert_string_equal(o->s.text[SIGNAL_bot], "faq");
    assert_true(number(o, SIGNAL_bot_available) == 0);
    o->c.channel = &channel;
    look(o);
    assert_string_equal(o->s.text[SIGNAL_bot], "helper");
}

static void say(struct scene *o, int64_t at, const char *channel, enum emotion_label mood,
                double intensity) {
    o->c.now_ms = at;
    o->m.channel = channel;
    o->r.emotion = mood;
    o->r.intensity = intensity;
    o->r.fingerprint++;
    hear(o);
}

/* The story of the demo. */
static void test_mette(void **state) {
    struct scene *o = *state;
    say(o, NOON, "web", EMOTION_NEUTRAL, 0);
    assert_int_equal(o->d.mode, MODE_SELF_SERVICE);
    assert_int_equal(o->v.epoch, 1);
    say(o, NOON + 60 * MINUTE, "mail", EMOTION_NEUTRAL, 0.1);
    assert_int_equal(o->d.mode, MODE_SELF_SERVICE);
    assert_int_equal(o->v.epoch, 1);
    assert_true(control_may_answer(&o->v, party_of(PARTY_BOT, "faq"), 1));
    say(o, NOON + 180 * MINUTE, "web", EMOTION_ANGER, 0.55);
    assert_int_equal(o->d.mode, MODE_HUMAN_EMOTION);
    assert_in_range(o->d.priority, 1, 2);
    assert_string_equal(o->d.queue, "care");
    assert_string_equal(o->d.handler.id, "anna");
    assert_false(control_may_answer(&o->v, party_of(PARTY_BOT, "faq"), 1));
    say(o, NOON + 190 * MINUTE, "web", EMOTION_NEUTRAL, 0);
    assert_int_equal(o->d.mode, MODE_HUMAN_EMOTION);
    assert_string_equal(o->v.holder.id, "anna");
    assert_int_equal(control_resolve(&o->v, "found", o->c.now_ms, party_of(PARTY_BOT, "faq")), OK);
    say(o, NOON + 21 * DAY, "whatsapp-demo", EMOTION_NEUTRAL, 0);
    assert_int_equal(o->d.mode, MODE_SELF_SERVICE);
    assert_int_equal(o->v.episode.number, 2);
    assert_true(number(o, SIGNAL_channel_hops) == 0);
    assert_true(number(o, SIGNAL_first_contact) == 0);
    assert_true(number(o, SIGNAL_reopenings) == 1);
}

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_SCENE(test_first_contact),
        IN_SCENE(test_without_a_model_the_matter_is_unknown),
        IN_SCENE(test_what_settles_a_choice_is_no_doubt),
        IN_SCENE(test_without_a_roster_people_are_unknown),
        IN_SCENE(test_effort_is_counted_within_the_episode),
        IN_SCENE(test_a_message_judged_again_is_counted_once),
        IN_SCENE(test_trend_is_against_the_first_message_of_the_episode),
        IN_SCENE(test_a_norm_is_a_signal_where_it_did_something),
        IN_SCENE(test_promises_facts_and_preference),
        IN_SCENE(test_automatic_messages_are_known_by_header_or_connector),
        IN_SCENE(test_no_bot_is_named_by_channel_or_policy),
        IN_SCENE(test_mette),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
