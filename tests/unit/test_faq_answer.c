#include <string.h>

#include "library.h"

#define NOW_MS 1000000

static void learn(struct conversation *c, const json_t *facts) {
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)facts, name, value) {
        struct fact *f = &c->facts[c->n_facts++];
        *f = (struct fact){.name = name, .value = json_string_value(value), .source = "customer"};
    }
}

static struct decision decision_of(const json_t *one) {
    struct decision d = {
        .intent = cases_text(one, "intent", ""),
        .confidence = json_number_value(json_object_get(one, "confidence")),
        .in_scope = json_object_get(one, "intent") != NULL,
        .language = cases_text(one, "language", "und"),
        .emotion =
            json_is_true(json_object_get(one, "thanks")) ? EMOTION_GRATITUDE : EMOTION_NEUTRAL,
    };
    if (json_is_true(json_object_get(one, "greeting")))
        signals_set(&d.signals, SIGNAL_greeting_only, 1);
    return d;
}

static void check(const struct faq_index *f, struct arena *a, const json_t *one) {
    struct conversation c = {.language = cases_text(one, "conversation_language", ""),
                             .last_out_seq = cases_number(one, "last_out_seq", 0)};
    struct message m = {.text = cases_text(one, "text", ""), .language = ""};
    struct decision d = decision_of(one);
    struct bot_question q = {.conversation = &c, .message = &m, .decision = &d, .now_ms = NOW_MS};
    struct bot_reply r;
    learn(&c, json_object_get(one, "facts"));
    faq_answer(f, a, &q, &r);
    print_message("%s\n", cases_text(one, "name", ""));
    assert_string_equal(r.text, cases_text(one, "answer", ""));
    assert_string_equal(r.citation.id, cases_text(one, "citation", ""));
    assert_int_equal(r.handover, json_is_true(json_object_get(one, "handover")));
    assert_int_equal(r.handover, *r.note != '\0');
    assert_int_equal(r.n_facts, 0);
}

static void test_answers_what_it_finds_and_says_what_it_does_not_know(void **state) {
    json_auto all = cases_load("bot/faq_answer");
    struct faq_index *f = library_open();
    struct arena *a = arena_new();
    (void)state;
    for (size_t i = 0; i < json_array_size(all); i++)
        check(f, a, json_array_get(all, i));
    arena_free(a);
    faq_free(f);
}

static void test_answers_without_a_decision(void **state) {
    struct faq_index *f = library_open();
    struct arena *a = arena_new();
    struct conversation c = {.language = "nl"};
    struct message m = {.text = "Waar is mijn pakket?", .language = ""};
    struct bot_question q = {.conversation = &c, .message = &m, .now_ms = NOW_MS};
    struct bot_reply r;
    (void)state;
    faq_answer(f, a, &q, &r);
    faq_free(f);
    assert_string_equal(r.citation.id, "parcel");
    assert_string_equal(r.citation.title, "Where is my parcel?");
    assert_non_null(strstr(r.text, "onderweg"));
    arena_free(a);
}

/* Three quick messages, oldest first; between is what stands before the last two. */
static const char *answer_to(struct arena *a, const struct faq_index *f, const char *const text[3],
                             const struct message *between) {
    struct conversation c = {.language = "en"};
    struct decision thanks = {.language = "en", .emotion = EMOTION_GRATITUDE};
    struct message m[4] = {{.seq = 1, .text = text[0]},
                           *between,
                           {.seq = 3, .text = text[1]},
                           {.seq = 4, .text = text[2], .decision = &thanks}};
    const struct message *history[] = {&m[0], &m[1], &m[2], &m[3]};
    const struct bot_question q = {.conversation = &c,
                                   .message = &m[3],
                                   .history = history,
                                   .n_history = 4,
                                   .decision = &thanks,
                                   .now_ms = NOW_MS};
    struct bot_reply r;
    signals_set(&thanks.signals, SIGNAL_greeting_only, 1);
    m[3].received_ms = NOW_MS;
    m[0].received_ms = m[2].received_ms = NOW_MS - 1000;
    faq_answer(f, a, &q, &r);
    return r.citation.id;
}

static void test_a_burst_is_answered_as_one(void **state) {
    struct faq_index *f = library_open();
    struct arena *a = arena_new();
    const struct message note = {.seq = 2,
                                 .direction = DIRECTION_OUT,
                                 .kind = MESSAGE_NOTE,
                                 .text = "Refund?",
                                 .received_ms = NOW_MS};
    const struct message spoken = {
        .seq = 2, .direction = DIRECTION_OUT, .text = "On its way.", .received_ms = NOW_MS};
    const struct message old = {.seq = 2, .text = "Can I get my money back?", .received_ms = 1};
    const char *const late[3] = {"Where is my parcel?", "I am waiting.", "Thanks!"};
    const char *const spread[3] = {"Hello there", "Where is my parcel?", "Thanks!"};
    const char *const done[3] = {"Where is my parcel?", "Thanks!", "Thanks!"};
    (void)state;
    assert_string_equal(answer_to(a, f, late, &note), "parcel");
    assert_string_equal(answer_to(a, f, spread, &spoken), "parcel");
    assert_string_equal(answer_to(a, f, done, &spoken), "");
    assert_string_equal(answer_to(a, f, spread, &old), "parcel");
    arena_free(a);
    faq_free(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_what_it_finds_and_says_what_it_does_not_know),
        cmocka_unit_test(test_answers_without_a_decision),
        cmocka_unit_test(test_a_burst_is_answered_as_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
