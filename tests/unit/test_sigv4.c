#include "../../common/codec/sigv4.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct sigv4_key key = {"AKIAIOSFODNN7EXAMPLE",
                                     "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1"};
#define AT_MS INT64_C(1369353600000) /* 20130524T000000Z */

static const char *signature(struct arena *a, const char *method, const char *url,
                             const char *body) {
    struct wire_header out[SIGV4_HEADERS];
    const struct wire_request q = {.method = method, .url = url, .body = span_of(body)};
    assert_int_equal(sigv4_sign(a, &key, &q, AT_MS, out), OK);
    return strstr(out[2].value, "Signature=") + 10;
}

static void test_the_headers_are_those_of_the_request(void **state) {
    struct arena *a = arena_new();
    struct wire_header out[SIGV4_HEADERS];
    const struct wire_request q = {
        .method = "PUT", .url = "http://127.0.0.1:9000/bucket/1", .body = span_of("")};
    (void)state;
    assert_int_equal(sigv4_sign(a, &key, &q, AT_MS, out), OK);
    assert_string_equal(out[0].value, "20130524T000000Z");
    assert_string_equal(out[1].value,
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_string_equal(out[3].value, "127.0.0.1:9000");
    assert_non_null(strstr(out[2].value, "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/"
                                         "aws4_request,SignedHeaders=host;x-amz-content-sha256;"
                                         "x-amz-date,Signature="));
    arena_free(a);
}

/* Computed once by an independent implementation of the published steps. */
static void test_known_signatures(void **state) {
    struct arena *a = arena_new();
    (void)state;
    assert_string_equal(signature(a, "GET", "https://examplebucket.s3.amazonaws.com/test.txt", ""),
                        "df548e2ce037944d03f3e68682813b093763996d597cf890ca3d9037fd231eb4");
    assert_string_equal(signature(a, "PUT", "http://127.0.0.1:9000/bucket/a-1", "hello"),
                        "61950984d802a1f8080b32d0b8b8fffdc7f6a1faec272c6f83db5f527c008815");
    arena_free(a);
}

static void test_everything_signed_counts(void **state) {
    struct arena *a = arena_new();
    const char *one = signature(a, "PUT", "http://h/b/1", "x");
    (void)state;
    assert_string_not_equal(one, signature(a, "GET", "http://h/b/1", "x"));
    assert_string_not_equal(one, signature(a, "PUT", "http://h/b/2", "x"));
    assert_string_not_equal(one, signature(a, "PUT", "http://i/b/1", "x"));
    assert_string_not_equal(one, signature(a, "PUT", "http://h/b/1", "y"));
    arena_free(a);
}

static void test_what_is_no_url_is_refused(void **state) {
    struct arena *a = arena_new();
    struct wire_header out[SIGV4_HEADERS];
    const struct wire_request q = {.method = "GET", .url = "bucket/1", .body = span_of("")};
    (void)state;
    assert_int_equal(sigv4_sign(a, &key, &q, AT_MS, out), ERR_INVALID);
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_headers_are_those_of_the_request),
        cmocka_unit_test(test_known_signatures),
        cmocka_unit_test(test_everything_signed_counts),
        cmocka_unit_test(test_what_is_no_url_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
