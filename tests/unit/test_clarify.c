#include "../../common/bot/clarify.h"

#include <string.h>

#include "../../common/bot/phrase.h"
#include "library.h"

#define NOW_MS 1000000

/* What stands when the message comes, as a case tells it. */
struct scene {
    struct conversation c;
    struct message history[2];
    const struct message *list[2];
    struct decision d;
};

static void set_facts(struct conversation *c, const json_t *facts) {
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)facts, name, value) {
        struct fact *f = &c->facts[c->n_facts++];
        *f = (struct fact){.name = name, .value = json_string_value(value), .source = "customer"};
    }
}

static void set_choice(struct conversation *c, const json_t *one) {
    if (!cases_number(one, "asked", 0))
        return;
    c->choice.entries[0] = "cancel-order", c->choice.entries[1] = "cancel-subscription";
    c->choice.about_seq = 1, c->choice.asked_seq = 2;
    c->choice.picked = cases_number(one, "picked", 0);
    c->last_out_seq = json_is_true(json_object_get(one, "said_since")) ? 3 : 2;
}

static struct bot_question scene(struct arena *a, struct scene *s, const json_t *one) {
    const char *answered = cases_text(one, "answered", NULL);
    *s = (struct scene){.c = {.language = "", .topic = cases_text(one, "topic", "")}};
    set_facts(&s->c, json_object_get(one, "facts"));
    set_choice(&s->c, one);
    s->d = (struct decision){.intent = "", .language = cases_text(one, "language", "en")};
    if (json_is_true(json_object_get(one, "greeting")))
        signals_set(&s->d.signals, SIGNAL_greeting_only, 1);
    s->history[0] = (struct message){.seq = 2, .direction = DIRECTION_OUT, .text = "An answer."};
    if (answered)
        s->history[0].extra = arena_printf(a, "{\"citation\":{\"id\":\"%s\"}}", answered);
    s->history[1] = (struct message){.seq = 4, .text = cases_text(one, "text", ""), .language = ""};
    s->list[0] = &s->history[0], s->list[1] = &s->history[1];
    return (struct bot_question){.conversation = &s->c,
                                 .message = &s->history[1],
                                 .history = s->list,
                                 .n_history = 2,
                                 .decision = &s->d,
                                 .now_ms = NOW_MS};
}

static void check(const struct faq_index *f, struct arena *a, const json_t *one) {
    static struct scene s;
    const struct bot_question q = scene(a, &s, one);
    const char *asks = cases_text(one, "asks", NULL);
    bool unsettled = json_is_true(json_object_get(one, "unsettled"));
    struct bot_reply r;
    print_message("%s\n", cases_text(one, "name", ""));
    faq_answer(f, a, &q, &r);
    assert_string_equal(r.citation.id, cases_text(one, "citation", ""));
    assert_int_equal(r.handover, unsettled);
    assert_int_equal(r.choices[0] != NULL, asks != NULL);
    assert_int_equal(r.unanswered != NULL, unsettled);
    if (asks)
        assert_string_equal(r.text, asks);
    if (unsettled)
        assert_string_equal(r.text, phrase_text(PHRASE_UNSETTLED, s.d.language));
    assert_int_equal(r.about_seq, conversation_has_choice(&s.c) ? 1 : 4);
}

static void test_two_that_are_close(void **state) {
    json_auto all = cases_load("bot/clarify");
    struct faq_index *f = library_open_file("bot/clarify_knowledge");
    (void)state;
    for (size_t i = 0; i < json_array_size(all); i++) {
        struct arena *a = arena_new();
        check(f, a, json_array_get(all, i));
        arena_free(a);
    }
    faq_free(f);
}

static void test_a_reply_picks_only_while_the_question_stands(void **state) {
    struct faq_index *f = library_open_file("bot/clarify_knowledge");
    struct arena *a = arena_new();
    struct conversation c = {.last_out_seq = 2};
    (void)state;
    assert_int_equal(clarify_picked(f, a, &c, "the first one"), 0);
    c.choice.entries[0] = "cancel-order", c.choice.entries[1] = "cancel-subscription";
    c.choice.asked_seq = 2;
    assert_int_equal(clarify_picked(f, a, &c, "the first one"), 1);
    assert_int_equal(clarify_picked(f, a, &c, "my subscription"), 2);
    assert_int_equal(clarify_picked(f, a, &c, "mit abonnement"), 2);
    assert_int_equal(clarify_picked(f, a, &c, "das Abonnement"), 2);
    assert_int_equal(clarify_picked(f, a, &c, "de bestelling"), 1);
    assert_int_equal(clarify_picked(f, a, &c, "订单"), 1);
    assert_int_equal(clarify_picked(f, a, &c, "cancel"), 0);
    c.last_out_seq = 5;
    assert_int_equal(clarify_picked(f, a, &c, "the first one"), 0);
    c.last_out_seq = 2;
    c.choice.entries[1] = "an entry that was deleted";
    assert_int_equal(clarify_picked(f, a, &c, "the first one"), 0);
    arena_free(a);
    faq_free(f);
}

static void test_without_names_there_is_nothing_to_ask(void **state) {
    const char *questions[] = {"How?", "Hvordan?"}, *languages[] = {"en", "da"};
    const struct knowledge named = {
        .id = "a", .intent = "", .questions = questions, .n_questions = 2, .languages = languages};
    const struct knowledge same = {
        .id = "b", .intent = "", .questions = questions, .n_questions = 2};
    const struct knowledge none = {.id = "c", .intent = ""};
    const struct knowledge *const alike[2] = {&named, &same}, *const nameless[2] = {&named, &none};
    struct arena *a = arena_new();
    (void)state;
    assert_null(clarify_question(a, alike, "en"));
    assert_null(clarify_question(a, nameless, "en"));
    assert_string_equal(clarify_question(a, alike, "da"),
                        "Hvilken af de to mener du?\n1. Hvordan?\n2. How?");
    arena_free(a);
}

static void test_same(void **state) {
    struct knowledge_answer one = {"en", "Yes."}, other = {"en", "No."};
    const struct knowledge a = {.intent = "x", .answers = &one, .n_answers = 1};
    const struct knowledge b = {.intent = "", .answers = &one, .n_answers = 1};
    const struct knowledge c = {.intent = "x", .answers = &other, .n_answers = 1};
    const struct knowledge d = {.intent = "", .answers = &other, .n_answers = 1};
    (void)state;
    assert_true(clarify_same(&a, &b));
    assert_true(clarify_same(&a, &c));
    assert_false(clarify_same(&a, &d));
    assert_false(clarify_same(&b, &d));
}

static void test_what_would_answer(void **state) {
    struct faq_index *f = library_open_file("bot/clarify_knowledge");
    struct arena *a = arena_new();
    (void)state;
    assert_string_equal(faq_would_answer(f, a, "Can I pay with a gift card?", "", "en")->id,
                        "gift-card");
    assert_string_equal(faq_would_answer(f, a, "Can I pay with a gift card?", "", "da")->id,
                        "gift-card");
    assert_string_equal(faq_would_answer(f, a, "sunday", "opening_hours", "en")->id, "hours");
    assert_null(faq_would_answer(f, a, "How do I cancel?", "", "en"));
    assert_null(faq_would_answer(f, a, "Do you ship to Norway?", "", "en"));
    arena_free(a);
    faq_free(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_that_are_close),
        cmocka_unit_test(test_a_reply_picks_only_while_the_question_stands),
        cmocka_unit_test(test_without_names_there_is_nothing_to_ask),
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_what_would_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
