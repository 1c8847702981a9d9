#include "../../common/channel/hook.h"

#include "dialect_attack.h"

static struct channel_call call_of(const struct channel_account *account,
                                   const struct wire_request *request) {
    return (struct channel_call){account, request, 0};
}

static void test_the_query_is_what_stands_behind_the_mark(void **state) {
    static const struct {
        const char *url, *query, *a;
    } rows[] = {
        {"/x", NULL, ""},       {"/x?", "", ""},          {"/x?a=1%202&b", "a=1%202&b", "1 2"},
        {"/x#f?a=1", NULL, ""}, {"/x?a=1#f", "a=1", "1"}, {"/x?b=2&a=%", "b=2&a=%", "%"}};
    struct channel_account account = account_blank();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct wire_request r = {"GET", rows[i].url, NULL, 0, {"", 0}};
        struct channel_call call = call_of(&account, &r);
        struct span query = hook_raw_query(&call);
        assert_true(rows[i].query ? span_is(query, rows[i].query) : !query.p);
        assert_string_equal(hook_query(*state, &call, "a"), rows[i].a);
    }
}

static void test_headers_are_found_whatever_their_case(void **state) {
    struct channel_account account = account_blank();
    struct wire_header h = {"x-hub-SIGNATURE", "v"};
    struct wire_request r = {"POST", "/x", &h, 1, {"", 0}};
    struct channel_call call = call_of(&account, &r);
    (void)state;
    assert_string_equal(hook_header(&call, "X-Hub-Signature"), "v");
    assert_string_equal(hook_header(&call, "X-Other"), "");
}

/* RFC 4231 case 2 and RFC 2202 case 2, in the ways providers write them. */
static void test_codes_are_written_as_providers_do(void **state) {
    static const char *const given[] = {
        [HOOK_SHA256_HEX] = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        [HOOK_SHA256_BASE64] = "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=",
        [HOOK_SHA1_BASE64] = "7/zfauXrL6LSdBbV8YTfnCWafHk=",
    };
    struct channel_account account = account_blank();
    struct wire_request r = {"POST", "/x", NULL, 0, {"", 0}};
    struct channel_call call = call_of(&account, &r);
    struct span text = span_of("what do ya want for nothing?");
    account.secrets[0] = "Jefe";
    for (int s = HOOK_SHA256_HEX; s <= HOOK_SHA1_BASE64; s++) {
        account.n_secrets = 1;
        assert_int_equal(hook_check(*state, &call, (enum hook_scheme)s, text, given[s]), OK);
        account.n_secrets = 0;
        assert_int_equal(hook_check(*state, &call, (enum hook_scheme)s, text, given[s]),
                         ERR_UNKNOWN_KEY);
    }
}

static void test_events_that_are_none(void **state) {
    struct inbound_list list = {0};
    const char *const parts[] = {"a", "b"}, *const other[] = {"ab", ""};
    hook_ignore(*state, &list, "what");
    hook_refuse(*state, &list, "why");
    assert_string_equal(list.items[0].content, "what");
    assert_int_equal(list.items[0].type, INBOUND_IGNORED);
    assert_string_equal(list.items[1].why, "why");
    assert_int_equal(list.items[1].type, INBOUND_INVALID);
    assert_string_equal(hook_id(*state, parts, 2), hook_id(*state, parts, 2));
    assert_string_not_equal(hook_id(*state, parts, 2), hook_id(*state, other, 2));
}

static void test_a_sender_that_is_no_identity_is_the_address(void **state) {
    struct inbound i = {.address = "12345"};
    hook_sender(*state, &i, "phone", "12345");
    assert_string_equal(i.sender.kind, "");
    assert_string_equal(i.sender.value, "12345");
    hook_sender(*state, &i, "phone", "+45 12 34 56 78");
    assert_string_equal(i.sender.value, "+4512345678");
    assert_int_equal(i.sender.trust, TRUST_VERIFIED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_query_is_what_stands_behind_the_mark),
        cmocka_unit_test(test_headers_are_found_whatever_their_case),
        cmocka_unit_test(test_codes_are_written_as_providers_do),
        cmocka_unit_test(test_events_that_are_none),
        cmocka_unit_test(test_a_sender_that_is_no_identity_is_the_address),
    };
    return cmocka_run_group_tests(tests, dialect_with_arena, dialect_without_arena);
}
