#include "../../common/codec/sign.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The published test vector of Standard Webhooks. */
#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define ID "msg_p5jXN8AQM9LWM0D4loKWxJek"
#define STAMP_S 1614265330
#define BODY "{\"test\": 2432232314}"
#define SIGNATURE "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

static int with_arena(void **state) {
    *state = arena_new();
    return 0;
}

static int without_arena(void **state) {
    arena_free(*state);
    return 0;
}

static void test_the_published_vector(void **state) {
    struct wire_header h[3];
    assert_int_equal(sign_headers(*state, SECRET, ID, STAMP_S, span_of(BODY), h), OK);
    assert_string_equal(h[0].name, "webhook-id");
    assert_string_equal(h[0].value, ID);
    assert_string_equal(h[1].name, "webhook-timestamp");
    assert_string_equal(h[1].value, "1614265330");
    assert_string_equal(h[2].name, "webhook-signature");
    assert_string_equal(h[2].value, SIGNATURE);
    assert_int_equal(sign_verify(*state, SECRET, h, 3, STAMP_S, span_of(BODY)), OK);
}

static enum err verify(void **state, const char *id, const char *stamp, const char *signature) {
    const struct wire_header h[] = {
        {"Webhook-Signature", signature}, {"Webhook-Id", id}, {"Webhook-Timestamp", stamp}};
    return sign_verify(*state, SECRET, h, 3, STAMP_S, span_of(BODY));
}

static enum err verify_signature(void **state, const char *signature) {
    return verify(state, ID, "1614265330", signature);
}

static void test_one_of_several_signatures_is_enough(void **state) {
    assert_int_equal(verify_signature(state, SIGNATURE), OK);
    assert_int_equal(verify_signature(state, "v1,AAAA " SIGNATURE), OK);
    assert_int_equal(verify_signature(state, SIGNATURE " v1a,AAAA v1,BBBB"), OK);
    assert_int_equal(verify_signature(state, "  " SIGNATURE " "), OK);
}

static void test_signatures_that_are_not_ours(void **state) {
    static const char *const bad[] = {
        "",
        " ",
        "v1,",
        "v1",
        "v1,AAAA",
        "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "V1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE",
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OF=",
        SIGNATURE ",",
        SIGNATURE SIGNATURE,
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (verify_signature(state, bad[i]) != ERR_DENIED)
            fail_msg("\"%s\" was taken", bad[i]);
}

static void test_everything_signed_counts(void **state) {
    struct wire_header h[3];
    struct span body = span_of(BODY);
    assert_int_equal(verify(state, "msg_other", "1614265330", SIGNATURE), ERR_DENIED);
    assert_int_equal(verify(state, ID, "1614265331", SIGNATURE), ERR_DENIED);
    assert_int_equal(sign_headers(*state, SECRET, ID, STAMP_S, body, h), OK);
    assert_int_equal(sign_verify(*state, SECRET, h, 3, STAMP_S, span_of(BODY " ")), ERR_DENIED);
    assert_int_equal(sign_verify(*state, "another secret", h, 3, STAMP_S, body), ERR_DENIED);
}

static void test_no_header_may_be_missing(void **state) {
    for (int missing = 0; missing < 3; missing++) {
        struct wire_header h[3];
        assert_int_equal(sign_headers(*state, SECRET, ID, STAMP_S, span_of(BODY), h), OK);
        h[missing].name = "x-other";
        assert_int_equal(sign_verify(*state, SECRET, h, 3, STAMP_S, span_of(BODY)), ERR_DENIED);
    }
}

static void test_the_time_must_be_near(void **state) {
    struct wire_header h[3];
    struct span body = span_of(BODY);
    assert_int_equal(sign_headers(*state, SECRET, ID, STAMP_S, body, h), OK);
    assert_int_equal(sign_verify(*state, SECRET, h, 3, STAMP_S + 300, body), OK);
    assert_int_equal(sign_verify(*state, SECRET, h, 3, STAMP_S - 300, body), OK);
    assert_int_equal(sign_verify(*state, SECRET, h, 3, STAMP_S + 301, body), ERR_DENIED);
    assert_int_equal(sign_verify(*state, SECRET, h, 3, STAMP_S - 301, body), ERR_DENIED);
}

static void test_the_time_must_be_a_number(void **state) {
    static const char *const bad[] = {"",
                                      " 1614265330",
                                      "1614265330 ",
                                      "+1614265330",
                                      "-1614265330",
                                      "1614265330.0",
                                      "0x6037C572",
                                      "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(verify(state, ID, bad[i], SIGNATURE), ERR_DENIED);
}

static void test_an_empty_secret_is_refused(void **state) {
    struct wire_header h[3];
    assert_int_equal(sign_headers(*state, "", ID, STAMP_S, span_of(BODY), h), ERR_INVALID);
    assert_int_equal(sign_headers(*state, SECRET, ID, STAMP_S, span_of(BODY), h), OK);
    assert_int_equal(sign_verify(*state, "", h, 3, STAMP_S, span_of(BODY)), ERR_DENIED);
}

/* "a.1" at time 2 and "a" at time 1.2 would be the same bytes. */
static void test_an_id_with_a_dot_is_refused(void **state) {
    struct wire_header h[3];
    assert_int_equal(sign_headers(*state, SECRET, "msg.1", STAMP_S, span_of(BODY), h), ERR_INVALID);
    assert_int_equal(sign_headers(*state, SECRET, "", STAMP_S, span_of(BODY), h), ERR_INVALID);
    assert_int_equal(verify(state, "msg.1", "1614265330", SIGNATURE), ERR_DENIED);
}

static const char *signature_with(struct arena *a, const char *secret, struct span body) {
    struct wire_header h[3];
    assert_int_equal(sign_headers(a, secret, ID, STAMP_S, body, h), OK);
    assert_int_equal(sign_verify(a, secret, h, 3, STAMP_S, body), OK);
    return h[2].value;
}

static void test_other_secrets_are_used_as_they_are(void **state) {
    struct span body = span_of(BODY);
    /* The first is base64 of 24 bytes, written out in the second. */
    assert_string_equal(signature_with(*state, "whsec_YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh", body),
                        signature_with(*state, "aaaaaaaaaaaaaaaaaaaaaaaa", body));
    static const char *const plain[] = {"whsec_", "whsec_YWFh", "whsec_not base64",
                                        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"};
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        assert_string_not_equal(signature_with(*state, plain[i], body), SIGNATURE);
}

static void test_any_body_is_signed(void **state) {
    struct span nul = {"a\0b", 3}, cut = {"a", 1}, none = {NULL, 0};
    assert_string_not_equal(signature_with(*state, SECRET, nul),
                            signature_with(*state, SECRET, cut));
    assert_string_not_equal(signature_with(*state, SECRET, none),
                            signature_with(*state, SECRET, cut));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, with_arena, without_arena)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(test_the_published_vector),         CASE(test_one_of_several_signatures_is_enough),
        CASE(test_signatures_that_are_not_ours), CASE(test_everything_signed_counts),
        CASE(test_no_header_may_be_missing),     CASE(test_the_time_must_be_near),
        CASE(test_the_time_must_be_a_number),    CASE(test_an_empty_secret_is_refused),
        CASE(test_an_id_with_a_dot_is_refused),  CASE(test_other_secrets_are_used_as_they_are),
        CASE(test_any_body_is_signed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
