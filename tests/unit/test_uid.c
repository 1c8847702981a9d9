#include "../../common/base/uid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t ones[UID_RANDOM_BYTES] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                               0xFF, 0xFF, 0xFF, 0xFF};
static const uint8_t zeros[UID_RANDOM_BYTES];

static void test_layout_is_version_7_with_the_bucket_last(void **state) {
    (void)state;
    char text[UID_TEXT_MAX];
    /* The time of the example in RFC 9562, appendix A.6. */
    struct uid u = uid_make(INT64_C(0x017F22E279B0), 0xAB, ones);
    assert_string_equal(uid_text(u, text), "017f22e2-79b0-7fff-bfff-ffffffffffab");
    u = uid_make(INT64_C(0x017F22E279B0), 0, zeros);
    assert_string_equal(uid_text(u, text), "017f22e2-79b0-7000-8000-000000000000");
}

static void test_time_and_bucket_come_back(void **state) {
    (void)state;
    for (int bucket = 0; bucket < 256; bucket++) {
        int64_t ms = INT64_C(1700000000000) + bucket * INT64_C(86400001);
        struct uid u = uid_make(ms, (uint8_t)bucket, ones);
        assert_int_equal(uid_ms(u), ms);
        assert_int_equal(uid_bucket(u), bucket);
    }
}

static void test_later_sorts_behind(void **state) {
    (void)state;
    struct uid early = uid_make(INT64_C(1700000000000), 255, ones);
    struct uid late = uid_make(INT64_C(1700000000001), 0, zeros);
    assert_true(memcmp(early.b, late.b, 16) < 0);
}

static void test_text_parses_back_in_either_case(void **state) {
    (void)state;
    struct uid u;
    char text[UID_TEXT_MAX];
    assert_true(uid_parse("017F22E2-79B0-7CC3-98c4-dc0c0c07398f", &u));
    assert_string_equal(uid_text(u, text), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
}

static void test_parse_takes_only_the_36_characters(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        "017f22e279b07cc398c4dc0c0c07398f",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
        "{17f22e2-79b0-7cc3-98c4-dc0c0c07398}",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
        "017f22e2-79b0-7cc3-98c4 dc0c0c07398f",
        "017f22e-279b0-7cc3-98c4-dc0c0c07398f",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07-98f",
        "017f22e2-79b0-7cc3-98c4-dc0c0c0739@f",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct uid u = {{42}};
        assert_false(uid_parse(bad[i], &u));
        assert_int_equal(u.b[0], 42);
    }
    struct uid u;
    assert_false(uid_parse(NULL, &u));
}

static void test_equality_and_nil(void **state) {
    (void)state;
    struct uid a = uid_make(1, 2, zeros), b = a;
    assert_true(uid_equal(a, b));
    b.b[15] ^= 1;
    assert_false(uid_equal(a, b));
    assert_false(uid_is_nil(a));
    assert_true(uid_parse("00000000-0000-0000-0000-000000000000", &a));
    assert_true(uid_is_nil(a));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout_is_version_7_with_the_bucket_last),
        cmocka_unit_test(test_time_and_bucket_come_back),
        cmocka_unit_test(test_later_sorts_behind),
        cmocka_unit_test(test_text_parses_back_in_either_case),
        cmocka_unit_test(test_parse_takes_only_the_36_characters),
        cmocka_unit_test(test_equality_and_nil),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
