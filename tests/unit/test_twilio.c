#include "../../common/channel/twilio.h"

#include "../../common/channel/twilio_sign.h"
#include "../../common/codec/crypto.h"
#include "../../common/codec/enc.h"
#include "dialect_attack.h"
#include "dialect_run.h"
#include "vectors.h"

static const struct dialect dialect = {
    &twilio_channel, "channel/twilio", "{\"auth_token\":\"12345\",\"account_sid\":\"AC1\"}",
    "{\"public_url\":\"https://r.example/hook\",\"from\":\"+4570000000\"}"};

static void test_what_calls_mean(void **state) { dialect_parse(*state, &dialect); }

static void test_what_is_sent(void **state) { dialect_render(*state, &dialect); }

static void test_what_answers_mean(void **state) { dialect_outcome(*state, &dialect); }

#define URL "https://r.example/hook"

static const char *sign_url(struct arena *a, const char *secret, const char *url,
                            struct span body) {
    uint8_t mac[CRYPTO_SHA1_BYTES];
    struct form form;
    assert_int_equal(form_parse(a, body, &form), OK);
    assert_int_equal(crypto_hmac_sha1(span_of(secret), twilio_sign_text(a, url, &form), mac), OK);
    return enc_base64(a, mac, sizeof mac);
}

static const char *sign(struct arena *a, const char *secret, struct span body) {
    return sign_url(a, secret, URL "?x=1", body);
}

static void test_forged_signatures_are_refused(void **state) {
    struct dialect_attack t = {.channel = &twilio_channel,
                               .header = "X-Twilio-Signature",
                               .query = "?x=1",
                               .public_url = URL,
                               .body = "Body=a%20b&From=%2B45",
                               .reserialised = "Body=a%20c&From=%2B45",
                               .body_covered = true,
                               .sign = sign};
    const char *good = sign(*state, DIALECT_SECRET, span_of(t.body));
    dialect_attack(*state, &t);
    dialect_attack_empty(*state, &twilio_channel, t.header, "");
    t.query = "?x=2";
    dialect_refuse(*state, &t, good, span_of(t.body));
    t.query = "?x=1";
    t.public_url = NULL; /* nothing to prove it by */
    dialect_refuse(*state, &t, good, span_of(t.body));
}

static void test_a_body_of_another_kind_is_covered_by_its_digest(void **state) {
    const char *body = "{\"a\":1}";
    uint8_t digest[CRYPTO_SHA256_BYTES];
    crypto_sha256(span_of(body), digest);
    const char *query = arena_printf(*state, "?bodySHA256=%s", enc_hex(*state, digest, 32));
    struct dialect_attack t = {.channel = &twilio_channel,
                               .header = "X-Twilio-Signature",
                               .query = query,
                               .public_url = URL};
    const char *good = sign_url(*state, DIALECT_SECRET, arena_printf(*state, "%s%s", URL, query),
                                (struct span){NULL, 0});
    assert_int_equal(dialect_try(*state, &t, good, span_of(body), 1), OK);
    dialect_refuse(*state, &t, good, span_of("{\"a\":2}"));
    t.query = NULL;
    dialect_refuse(*state, &t, sign_url(*state, DIALECT_SECRET, URL, (struct span){NULL, 0}),
                   span_of(body));
}

static void check_vector(struct arena *a, const json_t *one) {
    const char *url = cases_text(one, "url", ""), *query = strchr(url, '?');
    const json_t *params = json_object_get(one, "params");
    struct channel_account c = account_blank();
    struct wire_header h = {"X-Twilio-Signature", cases_text(one, "signature", "")};
    struct wire_request r = {"POST", arena_printf(a, "/x%s", query ? query : ""), &h, 1,
                             span_of(cases_text(one, "body", ""))};
    struct channel_call call = {&c, &r, 0};
    const char *form = "";
    for (size_t i = 0; i < json_array_size(params); i++) {
        const json_t *pair = json_array_get(params, i);
        const char *value = json_string_value(json_array_get(pair, 1));
        form = arena_printf(a, "%s&%s=%s%s", form, json_string_value(json_array_get(pair, 0)),
                            *value == '+' ? "%2B" : "", value + (*value == '+'));
    }
    if (params)
        r.body = span_of(form);
    c.public_url = arena_strndup(a, url, query ? (size_t)(query - url) : strlen(url));
    c.secrets[c.n_secrets++] = cases_text(one, "auth_token", "");
    if (twilio_channel.verify(a, &call) != OK)
        fail_msg("%s", cases_text(one, "note", "?"));
}

static void test_public_vectors(void **state) {
    json_auto all = vectors_load("twilio");
    if (!all)
        skip();
    for (size_t i = 0; i < json_array_size(all); i++)
        check_vector(*state, json_array_get(all, i));
}

static void test_the_answer_is_no_content(void **state) {
    struct channel_reply r;
    twilio_channel.answer(*state, NULL, &r);
    assert_int_equal(r.status, 204);
    assert_string_equal(r.body, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_calls_mean),
        cmocka_unit_test(test_what_is_sent),
        cmocka_unit_test(test_what_answers_mean),
        cmocka_unit_test(test_forged_signatures_are_refused),
        cmocka_unit_test(test_a_body_of_another_kind_is_covered_by_its_digest),
        cmocka_unit_test(test_public_vectors),
        cmocka_unit_test(test_the_answer_is_no_content),
    };
    return cmocka_run_group_tests(tests, dialect_with_arena, dialect_without_arena);
}
