#include "../../common/codec/enc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int with_arena(void **state) {
    *state = arena_new();
    return 0;
}

static int without_arena(void **state) {
    arena_free(*state);
    return 0;
}

typedef enum err decode(struct arena *a, struct span text, struct span *out);

static void check_refused(struct arena *a, decode *d, const char *const *bad, size_t n) {
    for (size_t i = 0; i < n; i++) {
        struct span out = {"kept", 4};
        if (d(a, span_of(bad[i]), &out) != ERR_MALFORMED)
            fail_msg("\"%s\" was taken", bad[i]);
        assert_true(span_is(out, "kept"));
    }
}
#define CHECK_REFUSED(a, d, bad) check_refused((a), (d), (bad), sizeof(bad) / sizeof(bad)[0])

static void test_hex(void **state) {
    struct arena *a = *state;
    struct span out;
    assert_string_equal(enc_hex(a, "\0\x7f\xff", 3), "007fff");
    assert_string_equal(enc_hex(a, "", 0), "");
    assert_int_equal(enc_unhex(a, span_of("00aBFf"), &out), OK);
    assert_true(span_equal(out, (struct span){"\0\xab\xff", 3}));
    assert_int_equal(enc_unhex(a, span_of(""), &out), OK);
    assert_int_equal(out.n, 0);
    static const char *const bad[] = {"0", "0g", "g0", " 00", "0x00", "@0", "00 ", "0:"};
    CHECK_REFUSED(a, enc_unhex, bad);
}

/* The vectors of RFC 4648, section 10. */
static const struct {
    const char *plain, *coded;
} vectors[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
};

static void test_base64_vectors(void **state) {
    struct arena *a = *state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct span out;
        const char *plain = vectors[i].plain, *coded = vectors[i].coded;
        assert_string_equal(enc_base64(a, plain, strlen(plain)), coded);
        assert_int_equal(enc_unbase64(a, span_of(coded), &out), OK);
        assert_true(span_is(out, plain));
        struct span bare = {coded, strcspn(coded, "=")};
        assert_string_equal(enc_base64url(a, plain, strlen(plain)),
                            arena_strndup(a, bare.p, bare.n));
        assert_int_equal(enc_unbase64url(a, bare, &out), OK);
        assert_true(span_is(out, plain));
    }
}

static void test_base64_is_strict(void **state) {
    static const char *const bad[] = {
        "Zg",    "Zg=",  "Zg===", "Z===", "====", "=",     "Zg==Zg==", "Zm9v\n",
        " Zm9v", "Zm=v", "Zh==",  "Zm9=", "Zm-_", "Zm9vY", "Zm9v====",
    };
    CHECK_REFUSED(*state, enc_unbase64, bad);
    struct span out;
    assert_int_equal(enc_unbase64(*state, (struct span){"Zm\0v", 4}, &out), ERR_MALFORMED);
}

static void test_base64url_is_strict(void **state) {
    static const char *const bad[] = {"Z", "Zm9vY", "Zg==", "Zh", "Zm9", "Zm+/", "Zm 9", "Zm9v\n"};
    CHECK_REFUSED(*state, enc_unbase64url, bad);
}

static void test_the_alphabets_differ_in_two_letters(void **state) {
    struct arena *a = *state;
    assert_string_equal(enc_base64(a, "\xfb\xff\xbf", 3), "+/+/");
    assert_string_equal(enc_base64url(a, "\xfb\xff\xbf", 3), "-_-_");
}

static void test_all_bytes_survive(void **state) {
    struct arena *a = *state;
    unsigned char bytes[256];
    for (int i = 0; i < 256; i++)
        bytes[i] = (unsigned char)i;
    for (size_t n = 0; n <= 256; n++) {
        struct span in = {(const char *)bytes, n}, out;
        assert_int_equal(enc_unbase64(a, span_of(enc_base64(a, bytes, n)), &out), OK);
        assert_true(span_equal(in, out));
        assert_int_equal(enc_unbase64url(a, span_of(enc_base64url(a, bytes, n)), &out), OK);
        assert_true(span_equal(in, out));
        assert_int_equal(enc_unhex(a, span_of(enc_hex(a, bytes, n)), &out), OK);
        assert_true(span_equal(in, out));
    }
}

static void check_percent(struct arena *a, const char *text, bool plus, const char *expected) {
    char *out = NULL;
    assert_int_equal(enc_unpercent(a, span_of(text), plus, &out), OK);
    assert_string_equal(out, expected);
}

static void test_percent(void **state) {
    struct arena *a = *state;
    check_percent(a, "a%20b%2Fc%2f+", false, "a b/c/+");
    check_percent(a, "a+b%2B", true, "a b+");
    check_percent(a, "%C3%A6", false, "\u00e6");
    check_percent(a,
                  "%25"
                  "41",
                  false, "%41");
    check_percent(a, "", false, "");
}

static void test_percent_is_strict(void **state) {
    static const char *const bad[] = {"%",   "%2",  "a%",   "%2g",       "%g2", "%%20", "%00",
                                      "%C3", "%FF", "\xE6", "%ED%A0%80", "%+1", "% 1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char *out;
        if (enc_unpercent(*state, span_of(bad[i]), false, &out) != ERR_MALFORMED)
            fail_msg("\"%s\" was taken", bad[i]);
    }
    char *out;
    assert_int_equal(enc_unpercent(*state, (struct span){"a\0b", 3}, false, &out), ERR_MALFORMED);
    assert_int_equal(enc_unpercent(*state, (struct span){"a%41", 3}, false, &out), ERR_MALFORMED);
}

static void test_form_keeps_order_and_repeats(void **state) {
    struct enc_pair *p;
    int n;
    assert_int_equal(enc_form(*state, span_of("b=1&a=x+y&b=%3D&c&=v&&d=e=f"), 10, &p, &n), OK);
    static const struct enc_pair expected[] = {{"b", "1"}, {"a", "x y"}, {"b", "="},
                                               {"c", ""},  {"", "v"},    {"d", "e=f"}};
    assert_int_equal(n, 6);
    for (int i = 0; i < n; i++) {
        assert_string_equal(p[i].name, expected[i].name);
        assert_string_equal(p[i].value, expected[i].value);
    }
}

static void test_form_has_limits(void **state) {
    struct enc_pair *p;
    int n;
    assert_int_equal(enc_form(*state, span_of(""), 10, &p, &n), OK);
    assert_int_equal(n, 0);
    assert_int_equal(enc_form(*state, span_of("a=1&b=2"), 2, &p, &n), OK);
    assert_int_equal(enc_form(*state, span_of("a=1&b=2&"), 2, &p, &n), OK);
    assert_int_equal(enc_form(*state, span_of("a=1&b=2&c"), 2, &p, &n), ERR_TOO_LARGE);
    assert_int_equal(enc_form(*state, span_of("a=%zz"), 2, &p, &n), ERR_MALFORMED);
    assert_int_equal(enc_form(*state, span_of("%zz=a"), 2, &p, &n), ERR_MALFORMED);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, with_arena, without_arena)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(test_hex),
        CASE(test_base64_vectors),
        CASE(test_base64_is_strict),
        CASE(test_base64url_is_strict),
        CASE(test_the_alphabets_differ_in_two_letters),
        CASE(test_all_bytes_survive),
        CASE(test_percent),
        CASE(test_percent_is_strict),
        CASE(test_form_keeps_order_and_repeats),
        CASE(test_form_has_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
