#include "../../common/channel/slack.h"

#include "../../common/codec/crypto.h"
#include "../../common/codec/enc.h"
#include "dialect_attack.h"
#include "dialect_run.h"
#include "vectors.h"

static const struct dialect dialect = {
    &slack_channel, "channel/slack", "{\"signing_secret\":\"s\",\"access_token\":\"xoxb\"}", "{}"};

static void test_what_calls_mean(void **state) { dialect_parse(*state, &dialect); }

static void test_what_is_sent(void **state) { dialect_render(*state, &dialect); }

static void test_what_answers_mean(void **state) { dialect_outcome(*state, &dialect); }

#define NOW_S "1795255200"

static const char *sign_at(struct arena *a, const char *secret, const char *at, struct span body) {
    uint8_t mac[CRYPTO_SHA256_BYTES];
    const char *text = arena_printf(a, "v0:%s:%.*s", at, (int)body.n, body.p);
    assert_int_equal(crypto_hmac_sha256(span_of(secret), span_of(text), mac), OK);
    return arena_printf(a, "v0=%s", enc_hex(a, mac, sizeof mac));
}

static const char *sign(struct arena *a, const char *secret, struct span body) {
    return sign_at(a, secret, NOW_S, body);
}

static void test_forged_signatures_are_refused(void **state) {
    struct dialect_attack t = {.channel = &slack_channel,
                               .header = "X-Slack-Signature",
                               .reserialised = "{\"a\":\"\xC3\xA4\",\"b\":1}",
                               .body_covered = true,
                               .sign = sign,
                               .also = {"X-Slack-Request-Timestamp", NOW_S}};
    dialect_attack(*state, &t);
    dialect_attack_empty(*state, &slack_channel, t.header, "v0=");
}

/* Five minutes either way; what is signed for another time proves nothing now. */
static void test_a_replay_outside_the_window_is_refused(void **state) {
    static const struct {
        const char *at;
        bool taken;
    } rows[] = {{"1795255200", true},
                {"1795254900", true},
                {"1795255500", true},
                {"1795254899", false},
                {"1795255501", false},
                {"0", false},
                {"", false},
                {"-1795255200", false},
                {"1795255200.5", false},
                {"9999999999999", false}};
    struct span body = span_of(DIALECT_BODY);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dialect_attack t = {.channel = &slack_channel,
                                   .header = "X-Slack-Signature",
                                   .also = {"X-Slack-Request-Timestamp", rows[i].at}};
        const char *given = sign_at(*state, DIALECT_SECRET, rows[i].at, body);
        enum err e = dialect_try(*state, &t, given, body, 1);
        assert_int_equal(e, rows[i].taken ? OK : ERR_UNKNOWN_KEY);
    }
}

static void test_public_vectors(void **state) {
    json_auto all = vectors_load("slack v0");
    if (!all)
        skip();
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *one = json_array_get(all, i);
        struct channel_account c = account_blank();
        const char *at = cases_text(one, "timestamp", "");
        struct wire_header h[] = {{"X-Slack-Signature", cases_text(one, "signature", "")},
                                  {"X-Slack-Request-Timestamp", at}};
        struct wire_request r = {"POST", "/x", h, 2, span_of(cases_text(one, "body", ""))};
        struct channel_call call = {&c, &r, strtoll(at, NULL, 10) * 1000};
        c.secrets[c.n_secrets++] = cases_text(one, "secret", "");
        assert_int_equal(slack_channel.verify(*state, &call), OK);
        call.wall_ms += 301000;
        assert_int_equal(slack_channel.verify(*state, &call), ERR_UNKNOWN_KEY);
    }
}

static struct channel_reply answer(struct arena *a, const char *body) {
    struct channel_account c = account_blank();
    struct wire_request r = {"POST", "/x", NULL, 0, span_of(body)};
    struct channel_call call = {&c, &r, 0};
    struct channel_reply reply;
    slack_channel.answer(a, &call, &reply);
    assert_int_equal(reply.status, 200);
    return reply;
}

static void test_the_challenge_comes_back(void **state) {
    struct channel_reply r =
        answer(*state, "{\"type\":\"url_verification\",\"challenge\":\"3eZb\"}");
    assert_string_equal(r.body, "3eZb");
    assert_string_equal(r.content_type, "text/plain");
    assert_string_equal(answer(*state, "{\"type\":\"event_callback\"}").body, "");
    assert_string_equal(answer(*state, "x").body, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_calls_mean),
        cmocka_unit_test(test_what_is_sent),
        cmocka_unit_test(test_what_answers_mean),
        cmocka_unit_test(test_forged_signatures_are_refused),
        cmocka_unit_test(test_a_replay_outside_the_window_is_refused),
        cmocka_unit_test(test_public_vectors),
        cmocka_unit_test(test_the_challenge_comes_back),
    };
    return cmocka_run_group_tests(tests, dialect_with_arena, dialect_without_arena);
}
