#include "../../common/codec/crypto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../common/codec/enc.h"

static const uint8_t key[32] = "0123456789abcdef0123456789abcde";
static const uint8_t other_key[32] = "0123456789abcdef0123456789abcdE";

static int with_arena(void **state) {
    *state = arena_new();
    return 0;
}

static int without_arena(void **state) {
    arena_free(*state);
    return 0;
}

static void check_digest(struct arena *a, const uint8_t *digest, const char *hex) {
    assert_string_equal(enc_hex(a, digest, CRYPTO_SHA256_BYTES), hex);
}

/* FIPS 180-4 examples. */
static void test_sha256_vectors(void **state) {
    uint8_t out[CRYPTO_SHA256_BYTES];
    crypto_sha256(span_of("abc"), out);
    check_digest(*state, out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    crypto_sha256((struct span){NULL, 0}, out);
    check_digest(*state, out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* RFC 4231, test cases 1, 2 and 6. */
static void test_hmac_vectors(void **state) {
    uint8_t out[CRYPTO_SHA256_BYTES];
    char long_key[131];
    memset(long_key, 0xaa, sizeof long_key);
    struct span twenty = span_of("\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"
                                 "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b");
    assert_int_equal(crypto_hmac_sha256(twenty, span_of("Hi There"), out), OK);
    check_digest(*state, out, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    assert_int_equal(
        crypto_hmac_sha256(span_of("Jefe"), span_of("what do ya want for nothing?"), out), OK);
    check_digest(*state, out, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert_int_equal(
        crypto_hmac_sha256((struct span){long_key, sizeof long_key},
                           span_of("Test Using Larger Than Block-Size Key - Hash Key First"), out),
        OK);
    check_digest(*state, out, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void test_an_empty_key_is_refused(void **state) {
    (void)state;
    uint8_t out[CRYPTO_SHA256_BYTES];
    assert_int_equal(crypto_hmac_sha256(span_of(""), span_of("x"), out), ERR_INVALID);
    assert_int_equal(crypto_hmac_sha256((struct span){NULL, 0}, span_of("x"), out), ERR_INVALID);
    assert_int_equal(crypto_hmac_sha256(span_of("k"), (struct span){NULL, 0}, out), OK);
}

static void test_equal_compares_length_and_content(void **state) {
    (void)state;
    assert_true(crypto_equal("abc", 3, "abc", 3));
    assert_false(crypto_equal("abc", 3, "abd", 3));
    assert_false(crypto_equal("abc", 3, "abc", 2));
    assert_false(crypto_equal("abc", 0, "abc", 3));
    assert_true(crypto_equal(NULL, 0, "", 0));
}

static void test_random_is_not_twice_the_same(void **state) {
    (void)state;
    uint8_t a[32] = {0}, b[32] = {0}, zero[32] = {0};
    crypto_random(a, sizeof a);
    crypto_random(b, sizeof b);
    assert_memory_not_equal(a, zero, sizeof a);
    assert_memory_not_equal(a, b, sizeof a);
    crypto_random(a, 0);
}

static void test_what_is_sealed_opens(void **state) {
    struct arena *a = *state;
    struct span sealed, plain, context = span_of("channel/web");
    static const char *const texts[] = {"", "x",
                                        "a secret with \n and more than one block of bytes"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(crypto_seal(a, key, context, span_of(texts[i]), &sealed), OK);
        assert_int_equal(sealed.n, strlen(texts[i]) + CRYPTO_SEAL_OVERHEAD);
        assert_int_equal(crypto_unseal(a, key, context, sealed, &plain), OK);
        assert_true(span_is(plain, texts[i]));
        assert_int_equal(plain.p[plain.n], '\0');
    }
}

static void test_a_sealed_text_hides_and_never_repeats(void **state) {
    struct arena *a = *state;
    struct span one, two, context = span_of("c"), text = span_of("the secret text");
    assert_int_equal(crypto_seal(a, key, context, text, &one), OK);
    assert_int_equal(crypto_seal(a, key, context, text, &two), OK);
    assert_false(span_equal(one, two));
    assert_null(memmem(one.p, one.n, "secret", 6));
}

static void test_every_changed_byte_is_noticed(void **state) {
    struct arena *a = *state;
    struct span sealed, plain, context = span_of("c");
    assert_int_equal(crypto_seal(a, key, context, span_of("secret"), &sealed), OK);
    char *copy = arena_copy(a, sealed.p, sealed.n);
    for (size_t i = 0; i < sealed.n; i++) {
        copy[i] ^= 1;
        struct span bad = {copy, sealed.n};
        assert_int_equal(crypto_unseal(a, key, context, bad, &plain), ERR_DENIED);
        copy[i] ^= 1;
    }
    for (size_t n = 0; n < sealed.n; n++) {
        struct span cut = {sealed.p, n};
        assert_int_equal(crypto_unseal(a, key, context, cut, &plain), ERR_DENIED);
    }
}

static void test_key_and_context_must_be_the_same(void **state) {
    struct arena *a = *state;
    struct span sealed, plain;
    assert_int_equal(crypto_seal(a, key, span_of("channel/web"), span_of("s"), &sealed), OK);
    assert_int_equal(crypto_unseal(a, other_key, span_of("channel/web"), sealed, &plain),
                     ERR_DENIED);
    assert_int_equal(crypto_unseal(a, key, span_of("channel/sms"), sealed, &plain), ERR_DENIED);
    assert_int_equal(crypto_unseal(a, key, span_of(""), sealed, &plain), ERR_DENIED);
}

/* RFC 3174 and RFC 2202, cases 1 and 2. */
static void test_sha1_vectors(void **state) {
    uint8_t out[CRYPTO_SHA1_BYTES];
    crypto_sha1(span_of("abc"), out);
    assert_string_equal(enc_hex(*state, out, sizeof out),
                        "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_int_equal(
        crypto_hmac_sha1(span_of("Jefe"), span_of("what do ya want for nothing?"), out), OK);
    assert_string_equal(enc_hex(*state, out, sizeof out),
                        "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    assert_int_equal(crypto_hmac_sha1(span_of(""), span_of("x"), out), ERR_INVALID);
}

/* NIST SP 800-38A, F.2.6. */
static void test_cbc_opens_the_standards_blocks(void **state) {
    struct span cbc_key, iv, blocks, plain;
    assert_int_equal(enc_unhex(*state,
                               span_of("603deb1015ca71be2b73aef0857d7781"
                                       "1f352c073b6108d72d9810a30914dff4"),
                               &cbc_key),
                     OK);
    assert_int_equal(enc_unhex(*state, span_of("000102030405060708090a0b0c0d0e0f"), &iv), OK);
    assert_int_equal(enc_unhex(*state, span_of("f58c4c04d6e5f1ba779eabfb5f7bfbd6"), &blocks), OK);
    const uint8_t *k = (const uint8_t *)cbc_key.p, *v = (const uint8_t *)iv.p;
    assert_int_equal(crypto_cbc_open(*state, k, v, blocks, &plain), OK);
    assert_string_equal(enc_hex(*state, plain.p, plain.n), "6bc1bee22e409f96e93d7e117393172a");
    blocks.n--;
    assert_int_equal(crypto_cbc_open(*state, k, v, blocks, &plain), ERR_MALFORMED);
    blocks.n = 0;
    assert_int_equal(crypto_cbc_open(*state, k, v, blocks, &plain), ERR_MALFORMED);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, with_arena, without_arena)

static void test_a_mac_in_parts_is_the_mac_of_the_whole(void **state) {
    (void)state;
    uint8_t whole[CRYPTO_SHA256_BYTES], parted[CRYPTO_SHA256_BYTES];
    struct crypto_mac *m = crypto_mac_new(span_of("Jefe"));
    const struct span parts[] = {span_of("what do ya "), span_of("want for nothing?")};
    assert_int_equal(
        crypto_hmac_sha256(span_of("Jefe"), span_of("what do ya want for nothing?"), whole), OK);
    for (int i = 0; i < 3; i++) {
        crypto_mac_of(m, parts, 2, parted);
        assert_memory_equal(parted, whole, sizeof whole);
    }
    crypto_mac_of(m, parts, 1, parted);
    assert_memory_not_equal(parted, whole, sizeof whole);
    crypto_mac_free(m);
}

/* Keys of less than a block, of one and of more; texts that end within one, two and three. */
static void test_a_mac_is_the_hmac_for_any_length(void **state) {
    (void)state;
    char secret[130], text[200];
    uint8_t hmac[CRYPTO_SHA256_BYTES], mac[CRYPTO_SHA256_BYTES];
    memset(secret, 'k', sizeof secret);
    memset(text, 't', sizeof text);
    for (size_t n_key = 1; n_key <= sizeof secret; n_key++) {
        struct crypto_mac *m = crypto_mac_new((struct span){secret, n_key});
        for (size_t n = 0; n <= sizeof text; n += 7) {
            const struct span whole = {text, n};
            assert_int_equal(crypto_hmac_sha256((struct span){secret, n_key}, whole, hmac), OK);
            crypto_mac_of(m, &whole, 1, mac);
            assert_memory_equal(mac, hmac, sizeof mac);
        }
        crypto_mac_free(m);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_mac_in_parts_is_the_mac_of_the_whole),
        cmocka_unit_test(test_a_mac_is_the_hmac_for_any_length),
        CASE(test_sha1_vectors),
        CASE(test_cbc_opens_the_standards_blocks),
        CASE(test_sha256_vectors),
        CASE(test_hmac_vectors),
        CASE(test_an_empty_key_is_refused),
        CASE(test_equal_compares_length_and_content),
        CASE(test_random_is_not_twice_the_same),
        CASE(test_what_is_sealed_opens),
        CASE(test_a_sealed_text_hides_and_never_repeats),
        CASE(test_every_changed_byte_is_noticed),
        CASE(test_key_and_context_must_be_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
