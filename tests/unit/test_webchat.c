#include "../../common/channel/webchat.h"

#include <string.h>

#include "../../common/codec/crypto.h"
#include "../../common/codec/enc.h"
#include "cases.h"

#define NOW_S 1795255200
#define HEADER "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define NEW_SECRET "the newer secret"
#define OLD_SECRET "the older secret"

static struct arena *a;

static int with_arena(void **state) {
    (void)state;
    a = arena_new();
    return 0;
}

static int without_arena(void **state) {
    (void)state;
    arena_free(a);
    return 0;
}

static struct channel_account account(void) {
    struct channel_account c = account_blank();
    c.id = "chat";
    c.kind = CHANNEL_WEBCHAT;
    c.secrets[0] = NEW_SECRET;
    c.secrets[1] = OLD_SECRET;
    c.n_secrets = 2;
    return c;
}

static const char *part(const char *text) { return enc_base64url(a, text, strlen(text)); }

static const char *sign(const char *secret, const char *text) {
    uint8_t mac[CRYPTO_SHA256_BYTES] = {0};
    if (*secret)
        assert_int_equal(crypto_hmac_sha256(span_of(secret), span_of(text), mac), OK);
    return enc_base64url(a, mac, sizeof mac);
}

static const char *jwt(const char *secret, const char *header, const char *payload) {
    const char *text = arena_printf(a, "%s.%s", part(header), part(payload));
    return arena_printf(a, "%s.%s", text, sign(secret, text));
}

static enum err verify_bytes(struct span text, struct webchat_claims *out, struct why *why) {
    struct channel_account c = account();
    *why = (struct why){0};
    return webchat_identity_jwt(a, &(struct webchat_asked){&c, NOW_S}, text, out, why);
}

static enum err verify(const char *text, struct webchat_claims *out, struct why *why) {
    return verify_bytes(span_of(text), out, why);
}

#define GOOD "{\"sub\":\"mette\",\"aud\":\"chat\",\"exp\":1795255260}"

static void test_claims_are_read(void **state) {
    struct webchat_claims who;
    struct why why;
    (void)state;
    const char *text = jwt(
        NEW_SECRET, HEADER,
        "{\"user_id\":\"mette\",\"sub\":\"mette\",\"aud\":[\"x\",\"chat\"],\"exp\":1795255260.5,"
        "\"nbf\":1795255200,\"iat\":1795255200,\"email\":\" Mette@EXAMPLE.dk \","
        "\"email_verified\":true,\"name\":\"Mette\",\"locale\":\"da\"}");
    assert_int_equal(verify(text, &who, &why), OK);
    assert_string_equal(who.user_id, "mette");
    assert_string_equal(who.email, "mette@example.dk");
    assert_true(who.email_verified);
    assert_string_equal(who.name, "Mette");
    assert_string_equal(who.locale, "da");
}

static void test_both_secrets_are_good_while_they_are_changed(void **state) {
    struct webchat_claims who;
    struct why why;
    (void)state;
    assert_int_equal(verify(jwt(NEW_SECRET, HEADER, GOOD), &who, &why), OK);
    assert_int_equal(verify(jwt(OLD_SECRET, HEADER, GOOD), &who, &why), OK);
    assert_int_equal(verify(jwt("another", HEADER, GOOD), &who, &why), ERR_DENIED);
}

static void test_no_secret_proves_nothing(void **state) {
    struct channel_account c = account();
    struct webchat_claims who = {.user_id = "mette", .email = ""};
    struct why why = {0};
    uint8_t zero[CRYPTO_SHA256_BYTES] = {0};
    (void)state;
    for (int n = 0; n < 2; n++) {
        c.n_secrets = n;
        c.secrets[0] = "";
        const struct webchat_asked asked = {&c, NOW_S};
        assert_int_equal(
            webchat_identity_jwt(a, &asked, span_of(jwt("", HEADER, GOOD)), &who, &why),
            ERR_DENIED);
        who.user_id = "mette";
        const char *hash = enc_hex(a, zero, sizeof zero);
        assert_int_equal(webchat_identity_hash(a, &c, span_of(hash), &who), ERR_DENIED);
    }
}

/* Every one of these is signed as its header says, or not at all. */
static void test_only_hs256_by_any_name(void **state) {
    static const char *const headers[] = {
        "{\"alg\":\"none\"}",
        "{\"alg\":\"None\"}",
        "{\"alg\":\"hs256\"}",
        "{\"alg\":\"HS256 \"}",
        "{\"alg\":\"HS384\"}",
        "{\"alg\":\"HS512\"}",
        "{\"alg\":\"RS256\"}",
        "{\"alg\":\"ES256\"}",
        "{\"alg\":\"PS256\"}",
        "{\"alg\":\"EdDSA\"}",
        "{\"alg\":\"\"}",
        "{\"alg\":null}",
        "{\"alg\":[\"HS256\"]}",
        "{\"typ\":\"JWT\"}",
        "[\"HS256\"]",
        "\"HS256\"",
        "{\"alg\":\"HS256\",\"alg\":\"none\"}",
        "{\"alg\":\"HS256\",\"crit\":[\"exp\"]}",
        "{\"alg\":\"HS256\"",
    };
    struct webchat_claims who;
    struct why why;
    (void)state;
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        if (verify(jwt(NEW_SECRET, headers[i], GOOD), &who, &why) != ERR_DENIED)
            fail_msg("taken: %s", headers[i]);
    const char *unsigned_text = arena_printf(a, "%s.%s.", part("{\"alg\":\"none\"}"), part(GOOD));
    assert_int_equal(verify(unsigned_text, &who, &why), ERR_DENIED);
}

static void test_claims_that_are_refused(void **state) {
    static const struct {
        const char *payload, *why;
    } rows[] = {
        {"{\"sub\":\"m\",\"aud\":\"chat\"}", "(exp)"},
        {"{\"sub\":\"m\",\"aud\":\"chat\",\"exp\":null}", "(exp)"},
        {"{\"sub\":\"m\",\"aud\":\"chat\",\"exp\":\"1795255260\"}", "(exp)"},
        {"{\"sub\":\"m\",\"aud\":\"chat\",\"exp\":-1}", "(exp)"},
        {"{\"sub\":\"m\",\"aud\":\"chat\",\"exp\":1e300}", "(exp)"},
        {"{\"sub\":\"m\",\"aud\":\"chat\",\"exp\":1795255140}", "expired"},
        {"{\"sub\":\"m\",\"aud\":\"chat\",\"exp\":1795255139.9}", "expired"},
        {"{\"sub\":\"m\",\"aud\":\"chat\",\"exp\":1795259999,\"nbf\":1795255261}", "not valid yet"},
        {"{\"sub\":\"m\",\"aud\":\"chat\",\"exp\":1795259999,\"nbf\":\"x\"}", "(nbf)"},
        {"{\"sub\":\"m\",\"exp\":1795259999}", "aud"},
        {"{\"sub\":\"m\",\"aud\":\"chat2\",\"exp\":1795259999}", "aud"},
        {"{\"sub\":\"m\",\"aud\":\"\",\"exp\":1795259999}", "aud"},
        {"{\"sub\":\"m\",\"aud\":[\"a\",1,null],\"exp\":1795259999}", "aud"},
        {"{\"sub\":\"m\",\"aud\":{\"chat\":1},\"exp\":1795259999}", "aud"},
        {"{\"aud\":\"chat\",\"exp\":1795259999}", "no user"},
        {"{\"sub\":\"\",\"aud\":\"chat\",\"exp\":1795259999}", "no user"},
        {"{\"sub\":\" m\",\"aud\":\"chat\",\"exp\":1795259999}", "no user"},
        {"{\"sub\":1.5,\"aud\":\"chat\",\"exp\":1795259999}", "no user"},
        {"{\"sub\":\"m\",\"user_id\":\"n\",\"aud\":\"chat\",\"exp\":1795259999}", "two users"},
        {"[]", "claims"},
        {"{", "claims"},
    };
    struct webchat_claims who;
    struct why why;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum err e = verify(jwt(NEW_SECRET, HEADER, rows[i].payload), &who, &why);
        if (e != ERR_DENIED || !strstr(why.text, rows[i].why))
            fail_msg("%s: %s %s", rows[i].payload, err_name(e), why.text);
    }
}

static void test_clocks_may_differ_a_little(void **state) {
    struct webchat_claims who;
    struct why why;
    (void)state;
    const char *late = "{\"sub\":7,\"aud\":\"chat\",\"exp\":1795255141,\"nbf\":1795255260}";
    assert_int_equal(verify(jwt(NEW_SECRET, HEADER, late), &who, &why), OK);
    assert_string_equal(who.user_id, "7");
}

static void test_what_is_not_quite_a_jwt(void **state) {
    struct webchat_claims who;
    struct why why;
    (void)state;
    const char *good = jwt(NEW_SECRET, HEADER, GOOD);
    size_t n = strlen(good);
    for (size_t cut = 0; cut < n; cut++)
        assert_int_equal(verify_bytes((struct span){good, cut}, &who, &why), ERR_DENIED);
    const char *const broken[] = {arena_printf(a, "%s.", good),
                                  arena_printf(a, "%s.x", good),
                                  arena_printf(a, ".%s", good),
                                  arena_printf(a, "%s=", good),
                                  arena_printf(a, " %s", good),
                                  arena_printf(a, "%s\n", good),
                                  arena_printf(a, "%s+", good),
                                  "..",
                                  ".",
                                  "",
                                  "a.b.c",
                                  "\xff.\xff.\xff",
                                  arena_printf(a, "%sA", good),
                                  arena_printf(a, "Bearer %s", good)};
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
        if (verify(broken[i], &who, &why) != ERR_DENIED)
            fail_msg("taken: %zu", i);
}

static void test_one_other_letter_is_another_text(void **state) {
    struct webchat_claims who;
    struct why why;
    (void)state;
    const char *good = jwt(NEW_SECRET, HEADER, GOOD);
    for (size_t i = 0; i + 1 < strlen(good); i++) {
        char *other = arena_strdup(a, good);
        other[i] = other[i] == 'A' ? 'B' : 'A';
        if (verify(other, &who, &why) != ERR_DENIED)
            fail_msg("taken with another letter at %zu", i);
    }
}

static void test_a_huge_one_is_not_looked_at(void **state) {
    struct webchat_claims who;
    struct why why;
    (void)state;
    char *name = arena_alloc(a, WEBCHAT_JWT_MAX + 1);
    memset(name, 'n', WEBCHAT_JWT_MAX);
    const char *payload = arena_printf(
        a, "{\"sub\":\"m\",\"aud\":\"chat\",\"exp\":1795255260,\"name\":\"%s\"}", name);
    assert_int_equal(verify(jwt(NEW_SECRET, HEADER, payload), &who, &why), ERR_DENIED);
}

static void test_an_email_that_is_not_verified_is_a_claim(void **state) {
    static const char *const claims[] = {"", ",\"email_verified\":false",
                                         ",\"email_verified\":\"true\"", ",\"email_verified\":1"};
    struct webchat_claims who;
    struct why why;
    (void)state;
    for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++) {
        const char *payload = arena_printf(a,
                                           "{\"sub\":\"m\",\"aud\":\"chat\",\"exp\":1795255260,"
                                           "\"email\":\"m@example.dk\"%s}",
                                           claims[i]);
        assert_int_equal(verify(jwt(NEW_SECRET, HEADER, payload), &who, &why), OK);
        assert_string_equal(who.email, "m@example.dk");
        assert_false(who.email_verified);
    }
    const char *none = "{\"sub\":\"m\",\"aud\":\"chat\",\"exp\":1795255260,\"email\":\"nobody\","
                       "\"email_verified\":true}";
    assert_int_equal(verify(jwt(NEW_SECRET, HEADER, none), &who, &why), OK);
    assert_string_equal(who.email, "");
    assert_false(who.email_verified);
}

static const char *hash_of(const char *secret, const char *text) {
    uint8_t mac[CRYPTO_SHA256_BYTES];
    assert_int_equal(crypto_hmac_sha256(span_of(secret), span_of(text), mac), OK);
    return enc_hex(a, mac, sizeof mac);
}

static void test_hash_of_the_user_id(void **state) {
    static const struct {
        const char *secret, *signed_text, *user_id, *email;
        enum err expected;
        const char *proven;
    } rows[] = {
        {NEW_SECRET, "mette", "mette", "", OK, ""},
        {OLD_SECRET, "mette", "mette", "m@example.dk", OK, ""},
        {NEW_SECRET, "m@example.dk", "m@example.dk", "", OK, "m@example.dk"},
        {NEW_SECRET, "m@example.dk", "m@example.dk", "boss@example.dk", OK, "m@example.dk"},
        {"another", "mette", "mette", "", ERR_DENIED, ""},
        {NEW_SECRET, "mette", "mette2", "", ERR_DENIED, ""},
        {NEW_SECRET, "", "", "", ERR_DENIED, ""},
        {NEW_SECRET, " mette", " mette", "", ERR_DENIED, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct channel_account c = account();
        struct webchat_claims who = {.user_id = rows[i].user_id, .email = rows[i].email};
        const char *hash = hash_of(rows[i].secret, rows[i].signed_text);
        assert_int_equal(webchat_identity_hash(a, &c, span_of(hash), &who), rows[i].expected);
        if (rows[i].expected != OK)
            continue;
        assert_int_equal(who.email_verified, *rows[i].proven != '\0');
        assert_string_equal(who.email, *rows[i].proven ? rows[i].proven : rows[i].email);
    }
}

static void test_hash_is_64_digits(void **state) {
    struct channel_account c = account();
    (void)state;
    const char *good = hash_of(NEW_SECRET, "mette");
    for (size_t cut = 0; cut < 64; cut++) {
        struct webchat_claims who = {.user_id = "mette", .email = ""};
        assert_int_equal(webchat_identity_hash(a, &c, (struct span){good, cut}, &who), ERR_DENIED);
    }
    struct webchat_claims who = {.user_id = "mette", .email = ""};
    const char *longer = arena_printf(a, "%s00", good);
    assert_int_equal(webchat_identity_hash(a, &c, span_of(longer), &who), ERR_DENIED);
}

static void test_origins(void **state) {
    static const struct {
        const char *origin, *host;
        bool allowed;
    } rows[] = {
        {NULL, "chat.example", true},
        {"https://shop.example", "chat.example", true},
        {"https://shop.example:8443", "chat.example", true},
        {"https://chat.example", "chat.example", true},
        {"http://127.0.0.1:8080", "127.0.0.1:8080", true},
        {"http://127.0.0.1:8081", "127.0.0.1:8080", false},
        {"http://shop.example", "chat.example", false},
        {"https://shop.example.", "chat.example", false},
        {"https://shop.example/", "chat.example", false},
        {"https://SHOP.example", "chat.example", false},
        {"https://shop.example.evil.example", "chat.example", false},
        {"https://evil.example", "chat.example", false},
        {"https://shop.example:443", "chat.example", false},
        {"null", "null", false},
        {"", "", false},
        {"://", "", false},
        {"https://evil.example", NULL, false},
    };
    struct channel_account c = account();
    (void)state;
    c.allowed_origins =
        (struct account_list){{"https://shop.example", "https://shop.example:8443", "null"}, 3};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (webchat_origin_allowed(&c, rows[i].origin, rows[i].host) != rows[i].allowed)
            fail_msg("%s on %s", rows[i].origin, rows[i].host ? rows[i].host : "nothing");
    c.allowed_origins.n = 0;
    assert_false(webchat_origin_allowed(&c, "https://shop.example", "chat.example"));
    assert_true(webchat_origin_allowed(&c, "https://chat.example", "chat.example"));
}

static void test_settings_that_cannot_work(void **state) {
    static const struct {
        const char *origin, *color, *position, *pointer;
    } rows[] = {
        {"https://shop.example", "#0a7C55", "left", NULL},
        {"http://localhost:3000", "", "right", NULL},
        {"https://[::1]:3000", "", "", NULL},
        {"https://shop.example/", "", "", "/settings/allowed_origins"},
        {"https://Shop.example", "", "", "/settings/allowed_origins"},
        {"shop.example", "", "", "/settings/allowed_origins"},
        {"https://", "", "", "/settings/allowed_origins"},
        {"*", "", "", "/settings/allowed_origins"},
        {"null", "", "", "/settings/allowed_origins"},
        {"https://shop.example", "green", "", "/settings/color"},
        {"https://shop.example", "#00ff0", "", "/settings/color"},
        {"https://shop.example", "", "top", "/settings/position"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct channel_account c = account();
        struct why why = {0};
        c.allowed_origins = (struct account_list){{rows[i].origin}, 1};
        c.color = rows[i].color;
        c.position = rows[i].position;
        enum err e = webchat_check(&c, &why);
        assert_int_equal(e, rows[i].pointer ? ERR_INVALID : OK);
        if (rows[i].pointer)
            assert_string_equal(why.pointer, rows[i].pointer);
    }
}

static void test_nobody_is_called(void **state) {
    struct channel_account c = account();
    (void)state;
    assert_true(webchat_channel.pulled);
    assert_int_equal(webchat_channel.call_bytes_max, 0);
    assert_false(channel_sends(&c));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, with_arena, without_arena)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_claims_are_read),
        TEST(test_both_secrets_are_good_while_they_are_changed),
        TEST(test_no_secret_proves_nothing),
        TEST(test_only_hs256_by_any_name),
        TEST(test_claims_that_are_refused),
        TEST(test_clocks_may_differ_a_little),
        TEST(test_what_is_not_quite_a_jwt),
        TEST(test_one_other_letter_is_another_text),
        TEST(test_a_huge_one_is_not_looked_at),
        TEST(test_an_email_that_is_not_verified_is_a_claim),
        TEST(test_hash_of_the_user_id),
        TEST(test_hash_is_64_digits),
        TEST(test_origins),
        TEST(test_settings_that_cannot_work),
        TEST(test_nobody_is_called),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
