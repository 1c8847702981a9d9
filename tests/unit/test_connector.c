#include "../../common/channel/connector.h"

#include <string.h>

#include "../../common/codec/sign.h"
#include "cases.h"

#define NEW_SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define OLD_SECRET "an older secret"
#define UNIX_S 1795255200

static int with_arena(void **state) {
    *state = arena_new();
    return 0;
}

static int without_arena(void **state) {
    arena_free(*state);
    return 0;
}

static struct channel_account account = {
    .id = "web",
    .secrets = {NEW_SECRET, OLD_SECRET},
    .n_secrets = 1,
    .outbound_url = "https://shop.example/redthread",
};

static struct message message = {
    .id = {{1, 2, 3}},
    .seq = 7,
    .direction = DIRECTION_OUT,
    .author = {PARTY_AGENT, "anna"},
    .author_name = "Anna \"A\"",
    .channel = "web",
    .address = "visitor-77",
    .text = "Din pakke er på vej \xF0\x9F\x93\xA6",
    .received_ms = INT64_C(1795255199123),
    .extra = "{\"html\":\"<b>x</b>\",\"in_reply_to\":\"m-1001\",\"metadata\":{\"a\":1}}",
};

static struct channel_outbound outbound = {
    .account = &account,
    .message = &message,
    .conversation_id = "0193-conversation",
    .customer_id = "0193-customer",
    .text = "Din pakke er på vej \xF0\x9F\x93\xA6",
    .n_parts = 1,
    .token = "",
    .attempt = 1,
    .unix_s = UNIX_S,
};

static struct wire_request render(void **state) {
    struct wire_request r;
    assert_int_equal(connector_channel.render(*state, &outbound, &r), OK);
    return r;
}

static const char *header(const struct wire_request *r, const char *name) {
    const char *value = wire_header_find(r->headers, r->n_headers, name);
    assert_non_null(value);
    return value;
}

static void check_text(const json_t *object, const char *name, const char *expected) {
    assert_string_equal(cases_text(object, name, "(none)"), expected);
}

static void test_body_has_the_members_of_the_contract(void **state) {
    struct wire_request r = render(state);
    json_auto j = NULL;
    assert_string_equal(r.method, "POST");
    assert_string_equal(r.url, "https://shop.example/redthread");
    assert_int_equal(json_load_span(r.body, &j, NULL), OK);
    check_text(j, "type", "message.created");
    check_text(j, "timestamp", "2026-11-21T09:59:59.123Z");
    const json_t *data = json_object_get(j, "data");
    check_text(data, "message_id", "01020300-0000-0000-0000-000000000000");
    check_text(data, "conversation_id", "0193-conversation");
    check_text(data, "customer_id", "0193-customer");
    check_text(data, "channel", "web");
    assert_int_equal(cases_number(data, "seq", 0), 7);
    check_text(json_object_get(data, "to"), "address", "visitor-77");
    check_text(data, "text", "Din pakke er på vej \xF0\x9F\x93\xA6");
    check_text(data, "html", "<b>x</b>");
    check_text(data, "in_reply_to", "m-1001");
    check_text(json_object_get(data, "author"), "type", "agent");
    check_text(json_object_get(data, "author"), "id", "anna");
    check_text(json_object_get(data, "author"), "name", "Anna \"A\"");
}

static void test_headers_name_message_place_and_attempt(void **state) {
    struct wire_request r = render(state);
    assert_string_equal(header(&r, "webhook-id"), "msg_01020300-0000-0000-0000-000000000000");
    assert_string_equal(header(&r, "Idempotency-Key"), header(&r, "webhook-id"));
    assert_string_equal(header(&r, "Conversation-Id"), "0193-conversation");
    assert_string_equal(header(&r, "Conversation-Seq"), "7");
    assert_string_equal(header(&r, "Attempt"), "1");
    assert_string_equal(header(&r, "Content-Type"), "application/json");
}

static void test_a_retry_sends_the_same_bytes_under_the_same_id(void **state) {
    struct wire_request first = render(state);
    outbound.attempt = 2;
    outbound.unix_s = outbound.wall_ms = UNIX_S + 300;
    struct wire_request second = render(state);
    outbound.attempt = 1;
    outbound.unix_s = UNIX_S;
    assert_true(span_equal(first.body, second.body));
    assert_string_equal(header(&first, "webhook-id"), header(&second, "webhook-id"));
    assert_string_equal(header(&second, "Attempt"), "2");
    assert_string_not_equal(header(&first, "webhook-signature"),
                            header(&second, "webhook-signature"));
}

static bool verifies(void **state, const struct wire_request *r, const char *secret) {
    return sign_verify(*state, secret, r->headers, r->n_headers, UNIX_S, r->body) == OK;
}

static void test_every_secret_signs_while_one_is_rotated(void **state) {
    struct wire_request one = render(state);
    account.n_secrets = 2;
    struct wire_request two = render(state);
    account.n_secrets = 1;
    assert_true(verifies(state, &one, NEW_SECRET));
    assert_false(verifies(state, &one, OLD_SECRET));
    assert_true(verifies(state, &two, NEW_SECRET));
    assert_true(verifies(state, &two, OLD_SECRET));
    assert_false(verifies(state, &two, "another"));
}

static void test_nothing_leaves_unsigned(void **state) {
    struct wire_request r;
    account.n_secrets = 0;
    assert_int_equal(connector_channel.render(*state, &outbound, &r), ERR_INVALID);
    account.n_secrets = 1;
    account.secrets[0] = "";
    assert_int_equal(connector_channel.render(*state, &outbound, &r), ERR_INVALID);
    account.secrets[0] = NEW_SECRET;
}

static void test_optional_members_are_absent_without_a_value(void **state) {
    const char *extra = message.extra;
    message.extra = NULL;
    struct wire_request r = render(state);
    message.extra = extra;
    json_auto j = NULL;
    assert_int_equal(json_load_span(r.body, &j, NULL), OK);
    assert_null(json_object_get(json_object_get(j, "data"), "html"));
    assert_null(json_object_get(json_object_get(j, "data"), "in_reply_to"));
}

static const char *const outcomes[] = {
    [CHANNEL_ACCEPTED] = "accepted", [CHANNEL_RETRY] = "retry",     [CHANNEL_WAIT] = "wait",
    [CHANNEL_GIVE_UP] = "give_up",   [CHANNEL_DISABLE] = "disable",
};

static void check_outcome(struct arena *a, const json_t *one) {
    struct wire_header retry_after = {"retry-after", cases_text(one, "retry_after", "")};
    struct wire_response response = {
        .status = cases_number(one, "status", 0),
        .headers = &retry_after,
        .n_headers = json_object_get(one, "retry_after") ? 1 : 0,
        .body = span_of(cases_text(one, "body", "")),
    };
    struct channel_receipt r;
    connector_channel.outcome(a, &response, 0, &r);
    assert_string_equal(outcomes[r.outcome], cases_text(one, "outcome", ""));
    assert_int_equal(r.retry_after_ms, cases_number(one, "wait_ms", -1));
    assert_string_equal(r.external_id, cases_text(one, "external_id", ""));
    assert_string_equal(r.error, cases_text(one, "error", ""));
}

static void test_outcome_of_each_answer(void **state) {
    json_auto all = cases_load("channel/outcome");
    for (size_t i = 0; i < json_array_size(all); i++)
        check_outcome(*state, json_array_get(all, i));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_body_has_the_members_of_the_contract),
        cmocka_unit_test(test_headers_name_message_place_and_attempt),
        cmocka_unit_test(test_a_retry_sends_the_same_bytes_under_the_same_id),
        cmocka_unit_test(test_every_secret_signs_while_one_is_rotated),
        cmocka_unit_test(test_nothing_leaves_unsigned),
        cmocka_unit_test(test_optional_members_are_absent_without_a_value),
        cmocka_unit_test(test_outcome_of_each_answer),
    };
    return cmocka_run_group_tests(tests, with_arena, without_arena);
}
