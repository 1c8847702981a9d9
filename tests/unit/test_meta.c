#include "../../common/channel/meta.h"

#include "../../common/channel/messenger.h"
#include "../../common/channel/whatsapp.h"
#include "../../common/codec/crypto.h"
#include "../../common/codec/enc.h"
#include "dialect_attack.h"
#include "vectors.h"

static const char *sign(struct arena *a, const char *secret, struct span body) {
    uint8_t mac[CRYPTO_SHA256_BYTES];
    assert_int_equal(crypto_hmac_sha256(span_of(secret), body, mac), OK);
    return arena_printf(a, "sha256=%s", enc_hex(a, mac, sizeof mac));
}

static void test_forged_signatures_are_refused(void **state) {
    static const struct channel *const channels[] = {&whatsapp_channel, &messenger_channel,
                                                     &instagram_channel};
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
        struct dialect_attack t = {.channel = channels[i],
                                   .header = "X-Hub-Signature-256",
                                   .reserialised = "{\"a\":\"\xC3\xA4\",\"b\":1}",
                                   .body_covered = true,
                                   .sign = sign};
        dialect_attack(*state, &t);
        dialect_attack_empty(*state, channels[i], t.header, "sha256=");
        dialect_attack_empty(*state, channels[i], t.header, "");
    }
}

static void test_another_scheme_is_refused(void **state) {
    struct dialect_attack t = {.channel = &whatsapp_channel, .header = "X-Hub-Signature-256"};
    const char *good = sign(*state, DIALECT_SECRET, span_of(DIALECT_BODY));
    dialect_refuse(*state, &t, good + strlen("sha256="), span_of(DIALECT_BODY));
    dialect_refuse(*state, &t, arena_printf(*state, "sha1=%s", good + strlen("sha256=")),
                   span_of(DIALECT_BODY));
    t.header = "X-Hub-Signature";
    dialect_refuse(*state, &t, good, span_of(DIALECT_BODY));
}

static void test_public_vectors(void **state) {
    json_auto all = vectors_load("meta X-Hub-Signature-256");
    if (!all)
        skip();
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *one = json_array_get(all, i);
        struct channel_account c = account_blank();
        struct wire_header h = {"X-Hub-Signature-256", cases_text(one, "signature", "")};
        struct wire_request r = {"POST", "/x", &h, 1, span_of(cases_text(one, "body", ""))};
        struct channel_call call = {&c, &r, 0};
        c.secrets[c.n_secrets++] = cases_text(one, "app_secret", "");
        assert_int_equal(meta_verify(*state, &call),
                         json_is_true(json_object_get(one, "valid")) ? OK : ERR_UNKNOWN_KEY);
    }
}

static void test_the_handshake(void **state) {
    static const struct {
        const char *token, *query, *body;
    } rows[] = {
        {"t k", "?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=t%20k",
         "1158201444"},
        {"t k", "?hub.verify_token=t+k&hub.challenge=a%2Bb&hub.mode=subscribe", "a+b"},
        {"t k", "?hub.mode=subscribe&hub.challenge=1&hub.verify_token=tk", NULL},
        {"t k", "?hub.mode=subscribe&hub.challenge=1&hub.verify_token=", NULL},
        {"t k", "?hub.mode=subscribe&hub.challenge=1", NULL},
        {"t k", "?hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=t%20k", NULL},
        {"t k", "?hub.mode=subscribe&hub.verify_token=t%20k", NULL},
        {"t k", "", NULL},
        {"", "?hub.mode=subscribe&hub.challenge=1&hub.verify_token=", NULL},
        {"", "?hub.mode=subscribe&hub.challenge=1", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct channel_account c = account_blank();
        struct wire_request r = {
            "GET", arena_printf(*state, "/x%s", rows[i].query), NULL, 0, {"", 0}};
        struct channel_call call = {&c, &r, 0};
        struct channel_reply reply;
        c.verify_token = rows[i].token;
        enum err e = meta_greet(*state, &call, &reply);
        assert_int_equal(e, rows[i].body ? OK : ERR_DENIED);
        if (e != OK)
            continue;
        assert_int_equal(reply.status, 200);
        assert_string_equal(reply.content_type, "text/plain");
        assert_string_equal(reply.body, rows[i].body);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forged_signatures_are_refused),
        cmocka_unit_test(test_another_scheme_is_refused),
        cmocka_unit_test(test_public_vectors),
        cmocka_unit_test(test_the_handshake),
    };
    return cmocka_run_group_tests(tests, dialect_with_arena, dialect_without_arena);
}
