#include "../../common/channel/twilio_sign.h"

#include "cases.h"
#include "dialect_account.h"

static const char *text(struct arena *a, const char *raw) {
    struct form form;
    assert_int_equal(form_parse(a, span_of(raw), &form), OK);
    struct span s = twilio_sign_text(a, "u", &form);
    return arena_strndup(a, s.p, s.n);
}

static void test_parameters_are_sorted_by_bytes_and_doubles_said_once(void **state) {
    assert_string_equal(text(*state, ""), "u");
    assert_string_equal(text(*state, "b=2&a=1"), "ua1b2");
    assert_string_equal(text(*state, "a=2&B=1"), "uB1a2");
    assert_string_equal(text(*state, "a=&b=1"), "uab1");
    assert_string_equal(text(*state, "D=5678&D=1234&D=1234"), "uD1234D5678");
    assert_string_equal(text(*state, "SidAccount=AC&Sid=CA"), "uSidCASidAccountAC");
    assert_string_equal(text(*state, "a=%2B45+x"), "ua+45 x");
}

static void test_a_url_with_and_without_its_default_port(void **state) {
    static const struct {
        const char *url, *query, *all[TWILIO_SIGN_URLS];
    } rows[] = {
        {"https://a.example/h", NULL, {"https://a.example/h", "https://a.example:443/h"}},
        {"https://a.example:443/h",
         "x=1",
         {"https://a.example:443/h?x=1", "https://a.example/h?x=1"}},
        {"https://a.example:8443/h", NULL, {"https://a.example:8443/h", NULL}},
        {"http://a.example/h", NULL, {"http://a.example/h", "http://a.example:80/h"}},
        {"http://a.example:443/h", NULL, {"http://a.example:443/h", NULL}},
        {"https://[::1]/h", NULL, {"https://[::1]/h", "https://[::1]:443/h"}},
        {"https://u:p@a.example/h#rc=2",
         NULL,
         {"https://u:p@a.example/h", "https://u:p@a.example:443/h"}},
        {"https://a.example/h?y=2",
         "x=1",
         {"https://a.example/h?y=2", "https://a.example:443/h?y=2"}},
        {"a.example", NULL, {"a.example", NULL}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *got[TWILIO_SIGN_URLS] = {NULL, NULL};
        int n = twilio_sign_urls(*state, rows[i].url, span_of(rows[i].query), got);
        for (int k = 0; k < TWILIO_SIGN_URLS; k++) {
            assert_int_equal(k < n, rows[i].all[k] != NULL);
            if (k < n)
                assert_string_equal(got[k], rows[i].all[k]);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parameters_are_sorted_by_bytes_and_doubles_said_once),
        cmocka_unit_test(test_a_url_with_and_without_its_default_port),
    };
    return cmocka_run_group_tests(tests, dialect_with_arena, dialect_without_arena);
}
