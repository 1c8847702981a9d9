#include "../../common/channel/wechat.h"

#include "dialect_run.h"
#include "sealed.h"
#include "vectors.h"

static const struct dialect dialect = {
    &wechat_channel, "channel/wechat",
    "{\"token\":\"weixin-token\",\"app_id\":\"wx1\",\"app_secret\":\"as\"}", "{}"};

static void test_what_calls_mean(void **state) { dialect_parse(*state, &dialect); }

static void test_what_is_sent(void **state) { dialect_render(*state, &dialect); }

static void test_what_answers_mean(void **state) { dialect_outcome(*state, &dialect); }

#define STAMP "timestamp=1795255200&nonce=nonce"
#define PLAIN "<xml><FromUserName>o</FromUserName></xml>"

static enum err verify(struct arena *a, const char *query, const char *body, const char *key) {
    struct channel_account c = account_blank();
    struct wire_request r = {"POST", arena_printf(a, "/x?%s", query), NULL, 0, span_of(body)};
    struct channel_call call = {&c, &r, 0};
    c.secrets[0] = "a newer token";
    c.secrets[1] = SEALED_TOKEN;
    c.n_secrets = 2;
    c.encoding_key = key;
    return wechat_channel.verify(a, &call);
}

static void test_forged_signatures_are_refused(void **state) {
    static const char *const bad[] = {
        "",
        STAMP,
        STAMP "&signature=",
        STAMP "&signature=" SEALED_OTHER_SIGNATURE,
        STAMP "&signature=100f6c14676ba973ef8c5deec83e97a78d0fa9d",
        STAMP "&signature=100F6C14676BA973EF8C5DEEC83E97A78D0FA9D2",
        STAMP "&signature=" SEALED_PLAIN_SIGNATURE "0",
        "timestamp=1795255201&nonce=nonce&signature=" SEALED_PLAIN_SIGNATURE,
        "signature=" SEALED_PLAIN_SIGNATURE,
        STAMP "&msg_signature=" SEALED_PLAIN_SIGNATURE,
    };
    assert_int_equal(verify(*state, STAMP "&signature=" SEALED_PLAIN_SIGNATURE, PLAIN, ""), OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(verify(*state, bad[i], PLAIN, ""), ERR_UNKNOWN_KEY);
}

static void test_with_a_key_only_sealed_calls_are_taken(void **state) {
    const char *both =
        STAMP "&signature=" SEALED_PLAIN_SIGNATURE "&msg_signature=" SEALED_SIGNATURE;
    const char *body = "<xml><ToUserName>gh</ToUserName><Encrypt>" SEALED "</Encrypt></xml>";
    const char *other = "<xml><Encrypt>" SEALED_FOREIGN "</Encrypt></xml>";
    assert_int_equal(verify(*state, both, body, SEALED_KEY), OK);
    assert_int_equal(verify(*state, both, PLAIN, SEALED_KEY), ERR_UNKNOWN_KEY);
    assert_int_equal(verify(*state, both, other, SEALED_KEY), ERR_UNKNOWN_KEY);
    assert_int_equal(verify(*state, both, "", SEALED_KEY), ERR_UNKNOWN_KEY);
    assert_int_equal(verify(*state, STAMP "&signature=" SEALED_PLAIN_SIGNATURE, body, SEALED_KEY),
                     ERR_UNKNOWN_KEY);
}

static void test_a_sealed_call_is_read(void **state) {
    struct channel_account c = account_blank();
    const char *body = "<xml><ToUserName>gh</ToUserName><Encrypt>" SEALED "</Encrypt></xml>";
    struct wire_request r = {"POST", "/x", NULL, 0, span_of(body)};
    struct channel_call call = {&c, &r, 0};
    struct inbound_list list = {0};
    c.encoding_key = SEALED_KEY;
    c.app_id = "wx1";
    assert_int_equal(wechat_channel.parse(*state, &call, &list), OK);
    assert_int_equal(list.n, 1);
    assert_string_equal(list.items[0].text, "\xE4\xBD\xA0\xE5\xA5\xBD");
    assert_string_equal(list.items[0].external_id, "7");
}

static void greet(struct arena *a, const char *query, const char *echo) {
    struct channel_account c = account_blank();
    struct wire_request r = {"GET", arena_printf(a, "/x?%s", query), NULL, 0, {"", 0}};
    struct channel_call call = {&c, &r, 0};
    struct channel_reply reply;
    c.secrets[c.n_secrets++] = SEALED_TOKEN;
    assert_int_equal(wechat_channel.greet(a, &call, &reply), echo ? OK : ERR_DENIED);
    if (echo)
        assert_string_equal(reply.body, echo);
}

static void test_the_handshake(void **state) {
    greet(*state, STAMP "&echostr=437&signature=" SEALED_PLAIN_SIGNATURE, "437");
    greet(*state, STAMP "&echostr=437&signature=" SEALED_OTHER_SIGNATURE, NULL);
    greet(*state, STAMP "&echostr=437", NULL);
    greet(*state, STAMP "&signature=" SEALED_PLAIN_SIGNATURE, NULL);
}

static void test_public_vectors(void **state) {
    json_auto all = vectors_load("wechat plain");
    if (!all)
        skip();
    const json_t *one = json_array_get(all, 0);
    greet(*state,
          arena_printf(*state, "timestamp=%s&nonce=%s&echostr=%s&signature=%s",
                       cases_text(one, "timestamp", ""), cases_text(one, "nonce", ""),
                       cases_text(one, "echostr", ""), cases_text(one, "signature", "")),
          cases_text(one, "echostr", ""));
}

static void test_the_answer_stops_retries(void **state) {
    struct channel_reply r;
    wechat_channel.answer(*state, NULL, &r);
    assert_int_equal(r.status, 200);
    assert_string_equal(r.body, "success");
}

static void test_a_token_is_fetched(void **state) {
    struct channel_account c = account_blank();
    struct wire_request r;
    const char *token;
    int64_t life_ms;
    assert_int_equal(wechat_channel.token_request(*state, &c, &r), ERR_INVALID);
    c.app_id = "wx1";
    c.app_secret = "a&b";
    assert_int_equal(wechat_channel.token_request(*state, &c, &r), OK);
    assert_string_equal(r.method, "GET");
    assert_string_equal(r.url, "https://api.weixin.qq.com/cgi-bin/token?grant_type="
                               "client_credential&appid=wx1&secret=a%26b");
    struct wire_response good = {200, NULL, 0,
                                 span_of("{\"access_token\":\"T\",\"expires_in\":600}")};
    assert_int_equal(wechat_channel.token_answer(*state, &good, &token, &life_ms), OK);
    assert_string_equal(token, "T");
    assert_int_equal(life_ms, 600000);
    struct wire_response bad = {200, NULL, 0, span_of("{\"errcode\":40013}")};
    assert_int_equal(wechat_channel.token_answer(*state, &bad, &token, &life_ms), ERR_UPSTREAM);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_calls_mean),
        cmocka_unit_test(test_what_is_sent),
        cmocka_unit_test(test_what_answers_mean),
        cmocka_unit_test(test_forged_signatures_are_refused),
        cmocka_unit_test(test_with_a_key_only_sealed_calls_are_taken),
        cmocka_unit_test(test_a_sealed_call_is_read),
        cmocka_unit_test(test_the_handshake),
        cmocka_unit_test(test_public_vectors),
        cmocka_unit_test(test_the_answer_stops_retries),
        cmocka_unit_test(test_a_token_is_fetched),
    };
    return cmocka_run_group_tests(tests, dialect_with_arena, dialect_without_arena);
}
