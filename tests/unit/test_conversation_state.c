#include "../../common/model/conversation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../common/model/conversation_record.h"
#include "chance.h"

static struct party party_by(struct chance *c) {
    enum party_type type = (enum party_type)chance_below(c, party_type_count_);
    return party_of(type, type == PARTY_NONE ? "" : "anna");
}

static int64_t when(struct chance *c) {
    return chance_below(c, 3) ? (int64_t)(chance_next(c) >> 20) : 0;
}

static const char *some(struct chance *c) {
    static const char *const texts[] = {"", "web", "mail", "Mette \"Æ\"", "王"};
    return texts[chance_below(c, 5)];
}

static void fill_lists(struct chance *c, struct conversation *v) {
    static const char *const channels[] = {"web", "mail", "chat"};
    static char names[CONVERSATION_FACTS_MAX][16];
    v->n_channels = chance_below(c, 4);
    memcpy(v->channels, channels, sizeof channels);
    v->n_facts = chance_below(c, CONVERSATION_FACTS_MAX + 1);
    for (int i = 0; i < v->n_facts; i++) {
        snprintf(names[i], sizeof names[i], "f%d", i);
        v->facts[i] = (struct fact){names[i], some(c), some(c), chance_real(c), when(c), when(c)};
    }
    v->n_promises = chance_below(c, CONVERSATION_PROMISES_MAX + 1);
    for (int i = 0; i < v->n_promises; i++)
        v->promises[i] = (struct promise){i + 1,   some(c), party_by(c),       when(c),
                                          when(c), when(c), chance_below(c, 2)};
    for (int i = 0, n = chance_below(c, CONVERSATION_RECENT_MAX + 1); i < n; i++)
        v->recent[i] = chance_next(c) | 1;
}

static void fill(struct chance *c, struct conversation *v) {
    memset(v, 0, sizeof *v);
    v->episode.number = chance_below(c, 3);
    for (int i = 0; i < 16 && v->episode.number; i++)
        v->episode.id.b[i] = (uint8_t)chance_next(c);
    v->episode.topic = some(c), v->episode.outcome = some(c);
    v->episode.opened_ms = when(c), v->episode.resolved_ms = when(c);
    v->emotion.label = (enum emotion_label)chance_below(c, emotion_label_count_);
    v->emotion.intensity = chance_real(c), v->emotion.first = chance_real(c);
    v->emotion.trend = chance_real(c) - 0.5;
    v->effort.bot_failures = chance_below(c, 3), v->effort.repeats = chance_below(c, 3);
    v->effort.hops = chance_below(c, 3), v->effort.reopenings = chance_below(c, 3);
    v->effort.handbacks = chance_below(c, 3), v->effort.customer_messages = chance_below(c, 300);
    v->effort.waiting_since_ms = when(c);
    v->last_channel = some(c), v->last_address = some(c), v->last_agent = some(c);
    v->last_agent_ms = when(c), v->human_since_ms = when(c);
    fill_lists(c, v);
    v->next_promise = chance_below(c, 100);
    v->last_in_seq = chance_below(c, 1000), v->last_out_seq = chance_below(c, 1000);
    if (chance_below(c, 2)) {
        v->left_open.conversation = (struct uid){{1, 2, 3}};
        v->left_open.seq = 1 + chance_below(c, 1000);
    }
    if (chance_below(c, 2)) {
        v->choice.entries[0] = "parcel", v->choice.entries[1] = some(c);
        v->choice.about_seq = chance_below(c, 1000), v->choice.asked_seq = 1 + chance_below(c, 9);
        v->choice.picked = chance_below(c, CONVERSATION_CHOICES + 1);
    }
    v->customer_name = some(c), v->tier = some(c), v->preference = some(c);
    v->offered_to = party_by(c), v->offer_until_ms = when(c);
    v->backup = party_by(c), v->review = (enum review)chance_below(c, review_count_);
}

static void assert_lists(const struct conversation *a, const struct conversation *b) {
    assert_int_equal(a->n_channels, b->n_channels);
    for (int i = 0; i < a->n_channels; i++)
        assert_string_equal(a->channels[i], b->channels[i]);
    assert_int_equal(a->n_facts, b->n_facts);
    for (int i = 0; i < a->n_facts; i++) {
        assert_string_equal(a->facts[i].name, b->facts[i].name);
        assert_string_equal(a->facts[i].value, b->facts[i].value);
        assert_true(a->facts[i].confidence == b->facts[i].confidence);
        assert_true(a->facts[i].expires_ms == b->facts[i].expires_ms);
    }
    assert_int_equal(a->n_promises, b->n_promises);
    for (int i = 0; i < a->n_promises; i++) {
        assert_string_equal(a->promises[i].text, b->promises[i].text);
        assert_true(party_equal(a->promises[i].by, b->promises[i].by));
        assert_true(a->promises[i].due_ms == b->promises[i].due_ms);
        assert_int_equal(a->promises[i].breached, b->promises[i].breached);
    }
    assert_memory_equal(a->recent, b->recent, sizeof a->recent);
}

static void assert_choices(const struct conversation *a, const struct conversation *b) {
    assert_int_equal(a->choice.asked_seq, b->choice.asked_seq);
    assert_int_equal(a->choice.about_seq, b->choice.about_seq);
    assert_int_equal(a->choice.picked, b->choice.picked);
    for (int i = 0; i < CONVERSATION_CHOICES && a->choice.asked_seq; i++)
        assert_string_equal(a->choice.entries[i], b->choice.entries[i]);
}

static void assert_same(const struct conversation *a, const struct conversation *b) {
    assert_int_equal(a->episode.number, b->episode.number);
    assert_true(uid_equal(a->episode.id, b->episode.id));
    assert_string_equal(a->episode.topic, b->episode.topic);
    assert_string_equal(a->episode.outcome, b->episode.outcome);
    assert_true(a->episode.opened_ms == b->episode.opened_ms);
    assert_true(a->episode.resolved_ms == b->episode.resolved_ms);
    assert_memory_equal(&a->emotion, &b->emotion, sizeof a->emotion);
    assert_memory_equal(&a->effort, &b->effort, sizeof a->effort);
    assert_string_equal(a->last_channel, b->last_channel);
    assert_string_equal(a->last_address, b->last_address);
    assert_string_equal(a->last_agent, b->last_agent);
    assert_true(a->human_since_ms == b->human_since_ms);
    assert_true(a->last_agent_ms == b->last_agent_ms);
    assert_int_equal(a->next_promise, b->next_promise);
    assert_int_equal(a->last_in_seq, b->last_in_seq);
    assert_int_equal(a->last_out_seq, b->last_out_seq);
    assert_string_equal(a->customer_name, b->customer_name);
    assert_string_equal(a->tier, b->tier);
    assert_string_equal(a->preference, b->preference);
    assert_true(party_equal(a->offered_to, b->offered_to));
    assert_true(a->offer_until_ms == b->offer_until_ms);
    assert_true(party_equal(a->backup, b->backup));
    assert_int_equal(a->review, b->review);
    assert_int_equal(a->left_open.seq, b->left_open.seq);
    assert_true(uid_equal(a->left_open.conversation, b->left_open.conversation));
    assert_choices(a, b);
    assert_lists(a, b);
}

static void test_any_state_reads_back(void **state) {
    (void)state;
    struct arena *a = arena_new();
    static struct conversation v, back;
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        struct chance c = chance_of(seed);
        buf_auto b, again;
        buf_init(&b, 1 << 16), buf_init(&again, 1 << 16);
        fill(&c, &v);
        memset(&back, 0, sizeof back);
        conversation_render_state(&v, &b);
        if (conversation_parse_state(a, buf_span(&b), &back) != OK)
            fail_msg("seed %d: %s", (int)seed, b.p);
        assert_same(&v, &back);
        conversation_render_state(&back, &again);
        assert_string_equal(b.p, again.p);
        arena_reset(a);
    }
    arena_free(a);
}

static void fill_columns(struct chance *c, struct conversation *v) {
    v->version = when(c), v->last_seq = chance_below(c, 1000), v->epoch = chance_below(c, 9);
    v->status = (enum conversation_status)chance_below(c, conversation_status_count_);
    v->mode = (enum mode)chance_below(c, mode_count_);
    v->holder = party_by(c);
    v->queue = some(c), v->language = some(c), v->topic = some(c), v->episode.topic = some(c);
    v->priority = chance_below(c, 5);
    v->created_ms = when(c), v->updated_ms = when(c);
    for (v->n_linked = 0; v->n_linked < chance_below(c, CONVERSATION_LINKED_MAX); v->n_linked++)
        v->linked[v->n_linked] = chance_next(c);
}

static void test_any_record_reads_back_and_none_that_was_cut(void **state) {
    (void)state;
    struct arena *a = arena_new();
    static struct conversation v, back;
    for (uint64_t seed = 1; seed <= 500; seed++) {
        struct chance c = chance_of(seed);
        buf_auto b, again;
        buf_init(&b, 1 << 16), buf_init(&again, 1 << 16);
        fill(&c, &v);
        fill_columns(&c, &v);
        memset(&back, 0, sizeof back);
        conversation_record_write(&v, &b);
        assert_int_equal(conversation_record_read(a, buf_span(&b), &back), OK);
        assert_same(&v, &back);
        assert_int_equal(v.n_linked, back.n_linked);
        assert_memory_equal(v.linked, back.linked, (size_t)v.n_linked * sizeof v.linked[0]);
        assert_true(v.version == back.version && v.updated_ms == back.updated_ms);
        assert_int_equal(v.last_seq, back.last_seq);
        assert_string_equal(v.queue, back.queue);
        conversation_record_write(&back, &again);
        assert_int_equal(b.len, again.len);
        assert_memory_equal(b.p, again.p, b.len);
        struct span cut = {b.p, (size_t)chance_below(&c, (int)b.len)};
        assert_int_equal(conversation_record_read(a, cut, &back), ERR_MALFORMED);
        arena_reset(a);
    }
    arena_free(a);
}

static void test_a_simple_conversation_takes_at_most_200_bytes(void **state) {
    (void)state;
    struct conversation c = {.last_channel = "web", .last_address = "visitor-77", .n_channels = 1};
    c.episode.number = 1;
    memset(c.episode.id.b, 0x5a, 16);
    c.episode.opened_ms = 1763719200000;
    c.effort.customer_messages = 1;
    c.effort.waiting_since_ms = 1763719200000;
    c.channels[0] = "web";
    c.recent[0] = UINT64_C(0x123456789abcdef0);
    c.last_in_seq = 1;
    c.last_out_seq = 2;
    buf_auto b;
    buf_init(&b, 4096);
    conversation_render_state(&c, &b);
    assert_in_range(b.len, 50, 200);
}

static void test_an_empty_state_is_empty_and_read_as_nothing(void **state) {
    (void)state;
    struct arena *a = arena_new();
    struct conversation c = {.n_facts = 0};
    buf_auto b;
    buf_init(&b, 4096);
    conversation_render_state(&c, &b);
    assert_string_equal(b.p, "{}");
    memset(&c, 0x55, sizeof c);
    assert_int_equal(conversation_parse_state(a, buf_span(&b), &c), OK);
    assert_string_equal(c.last_channel, "");
    assert_int_equal(c.n_facts, 0);
    assert_int_equal(c.offered_to.type, PARTY_NONE);
    arena_free(a);
}

static void test_what_a_newer_version_wrote_is_left_alone_and_what_is_bad_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *json;
        enum err expected;
    } cases[] = {
        {"{\"later\":{\"x\":[1]},\"in\":3}", OK},
        {"", ERR_MALFORMED},
        {"[]", ERR_MALFORMED},
        {"{\"in\":\"3\"}", ERR_MALFORMED},
        {"{\"in\":3000000000}", ERR_MALFORMED},
        {"{\"ep\":{\"id\":\"short\"}}", ERR_MALFORMED},
        {"{\"ep\":[]}", ERR_MALFORMED},
        {"{\"mood\":[\"bored\",0,0,0]}", ERR_MALFORMED},
        {"{\"mood\":[\"anger\",0,0]}", ERR_MALFORMED},
        {"{\"seen\":\"123\"}", ERR_MALFORMED},
        {"{\"seen\":\"!!!!!!!!!!!\"}", ERR_MALFORMED},
        {"{\"facts\":[1]}", ERR_MALFORMED},
        {"{\"facts\":[{\"v\":\"x\",\"c\":1}]}", ERR_MALFORMED},
        {"{\"chs\":[1]}", ERR_MALFORMED},
        {"{\"offer\":[\"nobody\",\"\"]}", ERR_MALFORMED},
        {"{\"review\":\"never\"}", ERR_MALFORMED},
        {"{\"ask\":[\"a\",\"b\",1,2,0]}", OK},
        {"{\"ask\":{}}", ERR_MALFORMED},
        {"{\"ask\":[\"a\",\"b\",1,2]}", ERR_MALFORMED},
        {"{\"ask\":[\"a\",7,1,2,0]}", ERR_MALFORMED},
        {"{\"ask\":[\"a\",\"b\",1,2,3]}", ERR_MALFORMED},
        {"{\"ask\":[\"a\",\"b\",1,-2,0]}", ERR_MALFORMED},
    };
    struct arena *a = arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static struct conversation c;
        if (conversation_parse_state(a, span_of(cases[i].json), &c) != cases[i].expected)
            fail_msg("%s", cases[i].json);
    }
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_state_reads_back),
        cmocka_unit_test(test_any_record_reads_back_and_none_that_was_cut),
        cmocka_unit_test(test_a_simple_conversation_takes_at_most_200_bytes),
        cmocka_unit_test(test_an_empty_state_is_empty_and_read_as_nothing),
        cmocka_unit_test(test_what_a_newer_version_wrote_is_left_alone_and_what_is_bad_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
