#include "../../common/channel/line.h"

#include "../../common/codec/crypto.h"
#include "../../common/codec/enc.h"
#include "dialect_attack.h"
#include "dialect_run.h"
#include "vectors.h"

static const struct dialect dialect = {&line_channel, "channel/line",
                                       "{\"channel_secret\":\"s\",\"access_token\":\"L\"}", "{}"};

static void test_what_calls_mean(void **state) { dialect_parse(*state, &dialect); }

static void test_what_is_sent(void **state) { dialect_render(*state, &dialect); }

static void test_what_answers_mean(void **state) { dialect_outcome(*state, &dialect); }

static const char *sign(struct arena *a, const char *secret, struct span body) {
    uint8_t mac[CRYPTO_SHA256_BYTES];
    assert_int_equal(crypto_hmac_sha256(span_of(secret), body, mac), OK);
    return enc_base64(a, mac, sizeof mac);
}

static void test_forged_signatures_are_refused(void **state) {
    struct dialect_attack t = {.channel = &line_channel,
                               .header = "X-Line-Signature",
                               .reserialised = "{\"a\":\"\xC3\xA4\",\"b\":1}",
                               .body_covered = true,
                               .sign = sign};
    dialect_attack(*state, &t);
    dialect_attack_empty(*state, &line_channel, t.header, "");
}

static void test_public_vectors(void **state) {
    json_auto all = vectors_load("line");
    if (!all)
        skip();
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *one = json_array_get(all, i);
        struct channel_account c = account_blank();
        struct wire_header h = {"X-Line-Signature", cases_text(one, "signature", "")};
        struct wire_request r = {"POST", "/x", &h, 1, span_of(cases_text(one, "body", ""))};
        struct channel_call call = {&c, &r, 0};
        c.secrets[c.n_secrets++] = cases_text(one, "secret", "");
        assert_int_equal(line_channel.verify(*state, &call),
                         json_is_true(json_object_get(one, "valid")) ? OK : ERR_UNKNOWN_KEY);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_calls_mean),
        cmocka_unit_test(test_what_is_sent),
        cmocka_unit_test(test_what_answers_mean),
        cmocka_unit_test(test_forged_signatures_are_refused),
        cmocka_unit_test(test_public_vectors),
    };
    return cmocka_run_group_tests(tests, dialect_with_arena, dialect_without_arena);
}
