#include "../../common/bot/webhook.h"

#include <string.h>

#include "../../common/codec/sign.h"
#include "cases.h"

#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define UNIX_S 1795255200
#define NOW_MS (INT64_C(1000) * UNIX_S)

static int with_arena(void **state) {
    *state = arena_new();
    return 0;
}

static int without_arena(void **state) {
    arena_free(*state);
    return 0;
}

static struct bot_account account = {
    .id = "helper", .kind = BOT_WEBHOOK, .url = "https://bot.example/ask", .secret = SECRET};

static struct message asked = {
    .id = {{9}},
    .seq = 30,
    .author = {PARTY_CUSTOMER, ""},
    .channel = "web",
    .text = "Hvor er min pakke?",
    .language = "da",
    .received_ms = NOW_MS - 1000,
};

static struct decision decision = {
    .intent = "where_is_my_order", .confidence = 0.9, .in_scope = true, .language = "da"};

static struct conversation conversation = {
    .id = {{7}},
    .customer_id = {{8}},
    .language = "da",
    .emotion = {.label = EMOTION_FRUSTRATION, .intensity = 0.5, .trend = 0.25},
    .facts = {{"order_number", "A-17", "customer", 0.75, NOW_MS - 5000, 0},
              {"code", "old", "bot:helper", 1, NOW_MS - 5000, NOW_MS}},
    .n_facts = 2,
    .promises = {{1, "answer by noon", {PARTY_AGENT, "anna"}, NOW_MS - 9000, NOW_MS - 1, 0, false},
                 {2, "kept one", {PARTY_AGENT, "anna"}, NOW_MS - 9000, NOW_MS - 1, NOW_MS, false}},
    .n_promises = 2,
};

static struct bot_question question = {
    .conversation = &conversation,
    .message = &asked,
    .decision = &decision,
    .epoch = 4,
    .now_ms = NOW_MS,
};

static struct wire_request ask(void **state) {
    struct wire_request r;
    assert_int_equal(webhook_bot.ask(*state, &account, &question, UNIX_S, &r), OK);
    return r;
}

/* The "data" of the question; the whole is the caller's. */
static json_t *data_of(const struct wire_request *r, json_t **whole) {
    assert_int_equal(json_load_span(r->body, whole, NULL), OK);
    return json_object_get(*whole, "data");
}

static void check_text(const json_t *object, const char *name, const char *expected) {
    assert_string_equal(cases_text(object, name, "(none)"), expected);
}

static void test_question_names_conversation_session_and_epoch(void **state) {
    struct wire_request r = ask(state);
    json_auto j = NULL;
    const json_t *data = data_of(&r, &j);
    check_text(j, "type", "message.received");
    check_text(j, "timestamp", "2026-11-21T09:59:59.000Z");
    check_text(data, "conversation_id", "07000000-0000-0000-0000-000000000000");
    check_text(data, "session", "07000000-0000-0000-0000-000000000000");
    check_text(data, "customer_id", "08000000-0000-0000-0000-000000000000");
    check_text(data, "language", "da");
    assert_int_equal(cases_number(data, "epoch", 0), 4);
    assert_int_equal(cases_number(data, "seq", 0), 30);
    check_text(json_object_get(data, "message"), "text", "Hvor er min pakke?");
    check_text(json_object_get(data, "message"), "channel", "web");
    check_text(json_object_get(data, "intent"), "name", "where_is_my_order");
    check_text(json_object_get(data, "mood"), "label", "frustration");
}

static void test_expired_facts_and_kept_promises_stay_out(void **state) {
    struct wire_request r = ask(state);
    json_auto j = NULL;
    const json_t *data = data_of(&r, &j);
    const json_t *facts = json_object_get(data, "facts");
    assert_int_equal(json_object_size(facts), 1);
    check_text(json_object_get(facts, "order_number"), "value", "A-17");
    check_text(json_object_get(facts, "order_number"), "source", "customer");
    assert_int_equal(json_array_size(json_object_get(data, "known")), 1);
    const json_t *promises = json_object_get(data, "promises");
    assert_int_equal(json_array_size(promises), 1);
    check_text(json_array_get(promises, 0), "text", "answer by noon");
    assert_true(json_is_true(json_object_get(json_array_get(promises, 0), "overdue")));
}

static void test_history_is_the_newest_twenty_and_no_note(void **state) {
    struct message all[30];
    const struct message *history[30];
    for (int i = 0; i < 30; i++) {
        all[i] = asked;
        all[i].seq = i + 1;
        all[i].kind = i == 28 ? MESSAGE_NOTE : MESSAGE_MESSAGE;
        history[i] = &all[i];
    }
    question.history = history;
    question.n_history = 30;
    struct wire_request r = ask(state);
    question.n_history = 0;
    json_auto j = NULL;
    const json_t *list = json_object_get(data_of(&r, &j), "history");
    assert_int_equal(json_array_size(list), BOT_HISTORY_MAX);
    assert_int_equal(cases_number(json_array_get(list, 0), "seq", 0), 10);
    assert_int_equal(cases_number(json_array_get(list, 18), "seq", 0), 28);
    assert_int_equal(cases_number(json_array_get(list, 19), "seq", 0), 30);
}

static void test_long_texts_of_the_history_are_cut(void **state) {
    char text[3 * (BOT_TEXT_MAX + 10) + 1] = "";
    for (int i = 0; i < BOT_TEXT_MAX + 10; i++)
        memcpy(text + 3 * i, "包", 4);
    struct message m = asked;
    const struct message *history[] = {&m};
    m.text = text;
    question.history = history;
    question.n_history = 1;
    struct wire_request r = ask(state);
    question.n_history = 0;
    json_auto j = NULL;
    const json_t *list = json_object_get(data_of(&r, &j), "history");
    assert_int_equal(strlen(cases_text(json_array_get(list, 0), "text", "")), 3 * BOT_TEXT_MAX);
}

static void test_question_is_signed_and_the_same_when_asked_again(void **state) {
    struct wire_request first = ask(state), second = ask(state);
    assert_int_equal(
        sign_verify(*state, SECRET, first.headers, first.n_headers, UNIX_S, first.body), OK);
    assert_true(span_equal(first.body, second.body));
    const char *id = wire_header_find(first.headers, first.n_headers, "webhook-id");
    assert_string_equal(id, "ask_09000000-0000-0000-0000-000000000000_4");
    question.epoch = 5;
    struct wire_request third = ask(state);
    question.epoch = 4;
    assert_string_not_equal(wire_header_find(third.headers, third.n_headers, "webhook-id"), id);
}

static void test_a_bot_without_secret_is_not_asked(void **state) {
    struct wire_request r;
    account.secret = "";
    assert_int_equal(webhook_bot.ask(*state, &account, &question, UNIX_S, &r), ERR_INVALID);
    account.secret = NULL;
    assert_int_equal(webhook_bot.ask(*state, &account, &question, UNIX_S, &r), ERR_INVALID);
    account.secret = SECRET;
}

static void check_facts(const struct bot_reply *r, const json_t *expected) {
    assert_int_equal(r->n_facts, json_object_size(expected));
    for (int i = 0; i < r->n_facts; i++) {
        const json_t *fact = json_object_get(expected, r->facts[i].name);
        assert_string_equal(r->facts[i].value, json_string_value(json_array_get(fact, 0)));
        assert_float_equal(r->facts[i].confidence, json_real_value(json_array_get(fact, 1)), 1e-9);
    }
}

static const char *body_of(struct arena *a, const json_t *one) {
    int n = cases_number(one, "text_length", -1);
    char *text = arena_alloc(a, (size_t)(n < 0 ? 0 : n) + 1);
    if (n < 0)
        return cases_text(one, "body", "");
    memset(text, 'x', (size_t)n);
    return arena_printf(a, "{\"text\":\"%s\"}", text);
}

static void check_answer(struct arena *a, const json_t *one) {
    const char *type = cases_text(one, "type", "application/json");
    const json_t *none = json_object_get(one, "type");
    struct wire_header h = {"content-type", type};
    struct wire_response response = {.status = cases_number(one, "status", 200),
                                     .headers = &h,
                                     .n_headers = none && json_is_null(none) ? 0 : 1,
                                     .body = span_of(body_of(a, one))};
    struct bot_reply r;
    const json_t *ok = json_object_get(one, "ok");
    enum err expected = ok && json_is_false(ok) ? ERR_UPSTREAM : OK;
    if (webhook_bot.answer(a, &response, &r) != expected)
        fail_msg("%s", cases_text(one, "name", ""));
    if (expected != OK || json_object_get(one, "text_length"))
        return;
    assert_string_equal(r.text, cases_text(one, "text", ""));
    assert_string_equal(r.note, cases_text(one, "note", ""));
    assert_string_equal(r.citation.id, cases_text(one, "citation", ""));
    assert_int_equal(r.handover, json_is_true(json_object_get(one, "handover")));
    check_facts(&r, json_object_get(one, "facts"));
}

static void test_answers_are_strict_in_types_and_blind_to_strangers(void **state) {
    json_auto all = cases_load("bot/webhook_answer");
    for (size_t i = 0; i < json_array_size(all); i++)
        check_answer(*state, json_array_get(all, i));
}

static void test_an_oversized_answer_is_refused(void **state) {
    struct wire_header h = {"Content-Type", "application/json"};
    char *body = arena_alloc(*state, BOT_REPLY_BYTES_MAX + 2);
    memset(body, ' ', BOT_REPLY_BYTES_MAX + 1);
    body[0] = '{';
    body[1] = '}';
    struct wire_response response = {200, &h, 1, {body, BOT_REPLY_BYTES_MAX}};
    struct bot_reply r;
    assert_int_equal(webhook_bot.answer(*state, &response, &r), OK);
    response.body.n++;
    assert_int_equal(webhook_bot.answer(*state, &response, &r), ERR_UPSTREAM);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_question_names_conversation_session_and_epoch),
        cmocka_unit_test(test_expired_facts_and_kept_promises_stay_out),
        cmocka_unit_test(test_history_is_the_newest_twenty_and_no_note),
        cmocka_unit_test(test_long_texts_of_the_history_are_cut),
        cmocka_unit_test(test_question_is_signed_and_the_same_when_asked_again),
        cmocka_unit_test(test_a_bot_without_secret_is_not_asked),
        cmocka_unit_test(test_answers_are_strict_in_types_and_blind_to_strangers),
        cmocka_unit_test(test_an_oversized_answer_is_refused),
    };
    return cmocka_run_group_tests(tests, with_arena, without_arena);
}
