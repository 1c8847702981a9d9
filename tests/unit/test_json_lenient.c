#include "../../common/codec/json_lenient.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../common/codec/utf8.h"

#define DEEP 200

/* What goes in, what comes out as compact text; NULL: refused. */
static const struct {
    const char *raw, *text;
} cases[] = {
    {"{\"a\":1}", "{\"a\":1}"},
    {"\xEF\xBB\xBF{\"a\":1}", "{\"a\":1}"},
    {"{\"a\":1,\"a\":2}", "{\"a\":2}"},
    {"[\"\\u00e4\\ud83d\\ude2e\"]", "[\"\xC3\xA4\xF0\x9F\x98\xAE\"]"},
    {"[\"a\\u0000b\"]", "[\"ab\"]"},
    {"[\"a\\\\u0000b\"]", "[\"a\\\\u0000b\"]"},
    {"[\"\\ud83d\"]", "[\"\xEF\xBF\xBD\"]"},
    {"[\"\\ud83d\\ud83d\\ude2e\"]", "[\"\xEF\xBF\xBD\xF0\x9F\x98\xAE\"]"},
    {"[\"\\ude2e\\ud83dx\"]", "[\"\xEF\xBF\xBD\xEF\xBF\xBDx\"]"},
    {"[\"a\tb\nc\"]", "[\"a\\tb\\nc\"]"},
    {"[\"\xFFx\xC3\"]", "[\"\xEF\xBF\xBDx\xEF\xBF\xBD\"]"},
    {"[\"\xED\xA0\xBD\"]", "[\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"]"},
    {"[99999999999999999999, -1e999, 5]", "[\"99999999999999999999\",\"-1e999\",5]"},
    {"[999999999999999999]", "[999999999999999999]"},
    {"{\"a\\u0000\":1}", "{\"a\":1}"},
    {"7", "7"},
    {"", NULL},
    {"{", NULL},
    {"{\"a\"", NULL},
    {"{\"a\":\"x", NULL},
    {"[\"\\", NULL},
    {"[\"\\x\"]", NULL},
    {"[\"\\u00\"]", NULL},
    {"{} x", NULL},
    {"[01]", NULL},
};

static void test_what_providers_send_is_read(void **state) {
    struct arena *a = arena_new();
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_auto j = NULL;
        enum err e = json_lenient(span_of(cases[i].raw), &j);
        if (e != (cases[i].text ? OK : ERR_MALFORMED))
            fail_msg("%s: %s", cases[i].raw, err_name(e));
        if (j)
            assert_string_equal(json_text(a, j), cases[i].text);
    }
    arena_free(a);
}

static void test_raw_nul_is_dropped_from_texts(void **state) {
    json_auto j = NULL;
    (void)state;
    assert_int_equal(json_lenient((struct span){"[\"a\0b\"]", 7}, &j), OK);
    assert_string_equal(json_string_value(json_array_get(j, 0)), "ab");
}

static void test_depth_and_nodes_are_limited(void **state) {
    char deep[2 * DEEP + 1] = {0};
    json_auto j = NULL;
    (void)state;
    memset(deep, '[', DEEP);
    memset(deep + DEEP, ']', DEEP);
    assert_int_equal(json_lenient(span_of(deep), &j), ERR_TOO_LARGE);
    size_t n = (size_t)JSON_LENIENT_NODES_MAX * 2 + 2;
    char *many = malloc(n + 1);
    memset(many, '1', n);
    for (size_t i = 0; i < n; i += 2)
        many[i] = i ? ',' : '[';
    many[n - 1] = ']';
    assert_int_equal(json_lenient((struct span){many, n}, &j), ERR_TOO_LARGE);
    free(many);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_providers_send_is_read),
        cmocka_unit_test(test_raw_nul_is_dropped_from_texts),
        cmocka_unit_test(test_depth_and_nodes_are_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
