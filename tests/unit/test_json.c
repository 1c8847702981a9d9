#include "../../common/codec/json.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;

static int open_arena(void **state) {
    (void)state;
    json_setup();
    arena = arena_new();
    return 0;
}

static int close_arena(void **state) {
    (void)state;
    arena_free(arena);
    return 0;
}

static enum err load(const char *text, struct why *why) {
    json_auto j = NULL;
    return json_load_span(span_of(text), &j, why);
}

static void test_any_value_may_be_the_root(void **state) {
    (void)state;
    static const char *const good[] = {"{}",    "[]",   "1",    "-0.5e3",
                                       "\"x\"", "true", "null", " \r\n\t{ \"a\" : [ 1 , 2 ] } \n"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        json_auto j = NULL;
        assert_int_equal(json_load_span(span_of(good[i]), &j, NULL), OK);
        assert_non_null(j);
    }
}

static void test_what_is_not_json_is_refused_with_a_sentence(void **state) {
    (void)state;
    static const struct {
        const char *text, *sentence;
    } bad[] = {
        {"", "unexpected end near line 1"},
        {"\n{", "unexpected end near line 2"},
        {"{\"a\":1,\n\n\"a\":2}", "duplicate key near line 3"},
        {"{\"a\":1} x", "something follows the value near line 1"},
        {"{} {}", "something follows the value near line 1"},
        {"\"\\u0000\"", "NUL character in a text near line 1"},
        {"{\"\\u0000\":1}", "near line 1"},
        {"\"\xE6\"", "invalid UTF-8 near line 1"},
        {"\"\\ud800\"", "not valid JSON near line 1"},
        {"\"\\udc00\\ud800\"", "not valid JSON near line 1"},
        {"99999999999999999999", "number out of range near line 1"},
        {"1e999", "number out of range near line 1"},
        {"\xEF\xBB\xBF{}", "not valid JSON near line 1"},
        {"{a:1}", "not valid JSON near line 1"},
        {"{'a':1}", "not valid JSON near line 1"},
        {"[1,]", "not valid JSON near line 1"},
        {"NaN", "not valid JSON near line 1"},
        {"01", "near line 1"},
        {"\"a\nb\"", "near line 1"},
        {"// comment\n1", "not valid JSON near line 1"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct why why;
        if (load(bad[i].text, &why) != ERR_MALFORMED)
            fail_msg("%s was not malformed", bad[i].text);
        if (!strstr(why.text, bad[i].sentence))
            fail_msg("%s: %s", bad[i].text, why.text);
    }
}

static void test_a_nul_byte_ends_nothing(void **state) {
    (void)state;
    json_auto j = NULL;
    struct why why;
    assert_int_equal(json_load_span((struct span){"{}\0", 3}, &j, &why), ERR_MALFORMED);
    assert_int_equal(json_load_span((struct span){"\"a\0b\"", 5}, &j, &why), ERR_MALFORMED);
    assert_int_equal(json_load_span((struct span){NULL, 0}, &j, &why), ERR_MALFORMED);
    assert_null(j);
}

/* n times `open`, then n times `close`. */
static char *nested(int n, const char *open, const char *close) {
    char *text = arena_strdup(arena, "");
    for (int i = 0; i < n; i++)
        text = arena_printf(arena, "%s%s", text, open);
    for (int i = 0; i < n; i++)
        text = arena_printf(arena, "%s%s", text, close);
    return text;
}

static void test_depth_has_a_limit(void **state) {
    (void)state;
    struct why why;
    assert_int_equal(load(nested(32, "[", "]"), &why), OK);
    assert_int_equal(load(nested(33, "[", "]"), &why), ERR_TOO_LARGE);
    assert_string_equal(why.text, "nested deeper than 32 levels");
    assert_int_equal(load(nested(16, "[{\"a\":", "}]"), &why), ERR_MALFORMED);
    assert_int_equal(load(nested(33, "{\"a\":", "}"), &why), ERR_TOO_LARGE);
    assert_int_equal(load(nested(1000, "[", ""), &why), ERR_TOO_LARGE);
}

static void test_brackets_in_text_are_no_depth(void **state) {
    (void)state;
    char *brackets = nested(100, "[{", "\\\"\\\\");
    assert_int_equal(load(arena_printf(arena, "[\"%s\",1]", brackets), NULL), OK);
}

/* An array of n times the item. */
static char *repeated(int n, const char *item) {
    buf_auto b;
    buf_init(&b, 1 << 20);
    buf_addc(&b, '[');
    for (int i = 0; i < n; i++) {
        json_put_item(&b);
        buf_adds(&b, item);
    }
    buf_addc(&b, ']');
    return arena_strdup(arena, b.p);
}

static void test_values_have_a_limit(void **state) {
    (void)state;
    static const struct {
        const char *item;
        int values;
    } items[] = {{"{}", 1},       {"[]", 1},
                 {"1", 1},        {" null ", 1},
                 {"\"x,:[\"", 1}, {"\"\\\"\"", 1},
                 {"-1.5e+3", 1},  {"{\"a\":1}", 2},
                 {"[1,2]", 3},    {"{\"a\" : \"b\",\"c\":[true]}", 4}};
    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
        struct why why;
        int fits = (JSON_NODES_MAX - 1) / items[i].values;
        if (load(repeated(fits, items[i].item), &why) != OK)
            fail_msg("%d times %s: %s", fits, items[i].item, why.text);
        assert_int_equal(load(repeated(fits + 1, items[i].item), &why), ERR_TOO_LARGE);
        assert_string_equal(why.text, "more than 10000 values");
    }
}

struct body {
    const char *text, *id;
    int64_t integer, when;
    double real;
    bool flag;
    json_t *object, *array;
};

static const struct json_field body_rows[] = {
    {"text", JSON_KIND_TEXT, true, offsetof(struct body, text), 0, 3},
    {"id", JSON_KIND_ID, false, offsetof(struct body, id), 0, 0},
    {"integer", JSON_KIND_INTEGER, false, offsetof(struct body, integer), -1, 5},
    {"when", JSON_KIND_TIME, false, offsetof(struct body, when), 0, 0},
    {"real", JSON_KIND_REAL, false, offsetof(struct body, real), 0, 1},
    {"flag", JSON_KIND_FLAG, false, offsetof(struct body, flag), 0, 0},
    {"object", JSON_KIND_OBJECT, false, offsetof(struct body, object), 0, 0},
    {"array", JSON_KIND_ARRAY, false, offsetof(struct body, array), 1, 2},
};
#define BODY_ROWS ((int)(sizeof body_rows / sizeof body_rows[0]))

static enum err fill(json_t *j, struct body *body, struct why *why) {
    return json_fill(j, "/at", body_rows, BODY_ROWS, body, why);
}

static void test_fill_takes_every_kind(void **state) {
    (void)state;
    json_auto j = NULL;
    struct body b = {0};
    struct why why;
    const char *text = "{\"text\":\"\u00e6\u5305\U0001F600\",\"id\":\"a.b_c-9\",\"integer\":-1,"
                       "\"when\":\"1970-01-01T00:00:01Z\",\"real\":0.25,\"flag\":true,"
                       "\"object\":{\"x\":1},\"array\":[1,2]}";
    assert_int_equal(json_load_span(span_of(text), &j, &why), OK);
    assert_int_equal(fill(j, &b, &why), OK);
    assert_string_equal(b.text, "\u00e6\u5305\U0001F600");
    assert_string_equal(b.id, "a.b_c-9");
    assert_int_equal(b.integer, -1);
    assert_int_equal(b.when, 1000);
    assert_true(b.real == 0.25);
    assert_true(b.flag);
    assert_ptr_equal(b.object, json_object_get(j, "object"));
    assert_ptr_equal(b.array, json_object_get(j, "array"));
}

static void test_absent_and_null_leave_the_target(void **state) {
    (void)state;
    json_auto j = NULL;
    struct body b = {.integer = 3, .id = "kept"};
    struct why why;
    assert_int_equal(json_load_span(span_of("{\"text\":\"x\",\"id\":null}"), &j, &why), OK);
    assert_int_equal(fill(j, &b, &why), OK);
    assert_int_equal(b.integer, 3);
    assert_string_equal(b.id, "kept");
}

static void test_real_takes_an_integer_too(void **state) {
    (void)state;
    json_auto j = NULL;
    struct body b = {.real = 9};
    assert_int_equal(json_load_span(span_of("{\"text\":\"x\",\"real\":1}"), &j, NULL), OK);
    assert_int_equal(fill(j, &b, NULL), OK);
    assert_true(b.real == 1);
}

static void test_fill_names_the_place_of_each_mistake(void **state) {
    (void)state;
    static const struct {
        const char *text, *pointer, *part;
    } bad[] = {
        {"[]", "/at", "object"},
        {"{}", "/at/text", "is required"},
        {"{\"text\":null}", "/at/text", "is required"},
        {"{\"text\":1}", "/at/text", "must be text"},
        {"{\"text\":\"\"}", "/at/text", "from 1 to 3"},
        {"{\"text\":\"abcd\"}", "/at/text", "from 1 to 3"},
        {"{\"text\":\"x\",\"id\":\"\"}", "/at/id", "must be 1 to 64"},
        {"{\"text\":\"x\",\"id\":\"-a\"}", "/at/id", "must be 1 to 64"},
        {"{\"text\":\"x\",\"integer\":6}", "/at/integer", "whole number from -1 to 5"},
        {"{\"text\":\"x\",\"integer\":-2}", "/at/integer", "whole number"},
        {"{\"text\":\"x\",\"integer\":1.0}", "/at/integer", "whole number"},
        {"{\"text\":\"x\",\"integer\":\"1\"}", "/at/integer", "whole number"},
        {"{\"text\":\"x\",\"when\":\"yesterday\"}", "/at/when", "RFC 3339"},
        {"{\"text\":\"x\",\"when\":0}", "/at/when", "RFC 3339"},
        {"{\"text\":\"x\",\"real\":1.01}", "/at/real", "number from 0 to 1"},
        {"{\"text\":\"x\",\"real\":-0.1}", "/at/real", "number from 0 to 1"},
        {"{\"text\":\"x\",\"flag\":1}", "/at/flag", "true or false"},
        {"{\"text\":\"x\",\"object\":[]}", "/at/object", "object"},
        {"{\"text\":\"x\",\"array\":{}}", "/at/array", "array"},
        {"{\"text\":\"x\",\"array\":[]}", "/at/array", "from 1 to 2"},
        {"{\"text\":\"x\",\"array\":[1,2,3]}", "/at/array", "from 1 to 2"},
        {"{\"text\":\"x\",\"other\":1}", "/at/other", "not a known member"},
        {"{\"text\":\"x\",\"a/b~c\":1}", "/at/a~1b~0c", "not a known member"},
        {"{\"text\":\"x\",\"\":1}", "/at/", "not a known member"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        json_auto j = NULL;
        struct body b = {0};
        struct why why = {"", ""};
        assert_int_equal(json_load_span(span_of(bad[i].text), &j, &why), OK);
        if (fill(j, &b, &why) != ERR_INVALID)
            fail_msg("%s was taken", bad[i].text);
        assert_string_equal(why.pointer, bad[i].pointer);
        if (!strstr(why.text, bad[i].part))
            fail_msg("%s: %s", bad[i].text, why.text);
    }
}

static void test_a_long_name_is_cut_in_the_pointer(void **state) {
    (void)state;
    for (int n = 100; n < 400; n++) {
        buf_auto b;
        buf_init(&b, 1 << 16);
        buf_addf(&b, "{\"%*s/~\u00e6\":1}", n, "x");
        json_auto j = NULL;
        struct body body;
        struct why why;
        assert_int_equal(json_load_span(buf_span(&b), &j, NULL), OK);
        assert_int_equal(fill(j, &body, &why), ERR_INVALID);
        assert_true(strlen(why.pointer) < WHY_POINTER_MAX);
    }
}

static void test_text_without_a_limit_has_one(void **state) {
    (void)state;
    static const struct json_field row = {"t", JSON_KIND_TEXT, false, 0, 0, 0};
    const char *target = "";
    char *large = arena_alloc(arena, 65538);
    memset(large, 'x', 65537);
    json_auto j = json_object();
    json_object_set_new(j, "t", json_string(large));
    assert_int_equal(json_fill(j, "", &row, 1, &target, NULL), ERR_INVALID);
    json_object_set_new(j, "t", json_string(large + 1));
    assert_int_equal(json_fill(j, "", &row, 1, &target, NULL), OK);
    json_object_set_new(j, "t", json_string(""));
    assert_int_equal(json_fill(j, "", &row, 1, &target, NULL), OK);
    assert_string_equal(target, "");
}

static void test_config_ids(void **state) {
    (void)state;
    char longest[66] = "";
    memset(longest, 'a', 64);
    assert_true(json_is_config_id(longest));
    longest[64] = 'a';
    assert_false(json_is_config_id(longest));
    assert_true(json_is_config_id("0"));
    assert_true(json_is_config_id("a._-"));
    static const char *const bad[] = {"", ".a", "_a", "-a", "A", "a b", "a/b", "\u00e6", "a\n"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(json_is_config_id(bad[i]));
}

static void check_canonical(const char *text, const char *expected) {
    json_auto j = NULL;
    assert_int_equal(json_load_span(span_of(text), &j, NULL), OK);
    const char *canonical = json_text(arena, j);
    assert_string_equal(canonical, expected);
    json_auto back = NULL;
    assert_int_equal(json_load_span(span_of(canonical), &back, NULL), OK);
    assert_true(json_equal(j, back));
}

static void test_canonical_text(void **state) {
    (void)state;
    check_canonical(" { \"b\" : 1 , \"a\" : [ true , false , null ] } ",
                    "{\"b\":1,\"a\":[true,false,null]}");
    check_canonical("{\"a\":{\"x\":[]},\"b\":{}}", "{\"a\":{\"x\":[]},\"b\":{}}");
    check_canonical("\"\\u00e6\\ud83d\\ude00\\/\\b\\f\\n\\r\\t\\\"\\\\\\u0001\"",
                    "\"\u00e6\U0001F600/\\b\\f\\n\\r\\t\\\"\\\\\\u0001\"");
    check_canonical("0.1", "0.1");
    check_canonical("1.0", "1.0");
    check_canonical("1e300", "1e+300");
    check_canonical("-9223372036854775808", "-9223372036854775808");
    check_canonical("[1,1.5]", "[1,1.5]");
}

static const char *written(struct buf *b) {
    assert_int_equal(buf_done(b), OK);
    return b->p;
}

static void test_the_writer_sets_commas(void **state) {
    (void)state;
    buf_auto b;
    buf_init(&b, 1000);
    buf_addc(&b, '{');
    json_put_text(&b, "t", "a\"b");
    json_put_text(&b, "none", NULL);
    json_put_number(&b, "n", INT64_MIN);
    json_put_double(&b, "d", 0.5);
    json_put_flag(&b, "yes", true);
    json_put_flag(&b, "no", false);
    json_put_when(&b, "w", 1000);
    json_put_when(&b, "never", 0);
    json_put_raw(&b, "r", "[1]");
    json_put_raw(&b, "r0", NULL);
    json_put_key(&b, "k\n");
    buf_addc(&b, '[');
    json_put_item(&b);
    buf_adds(&b, "1");
    json_put_item(&b);
    buf_addc(&b, '{');
    json_put_number(&b, "x", 1);
    buf_adds(&b, "}]}");
    assert_string_equal(written(&b),
                        "{\"t\":\"a\\\"b\",\"none\":null,\"n\":-9223372036854775808,\"d\":0.5,"
                        "\"yes\":true,\"no\":false,\"w\":\"1970-01-01T00:00:01.000Z\","
                        "\"never\":null,\"r\":[1],\"r0\":null,\"k\\n\":[1,{\"x\":1}]}");
}

static void check_byte(size_t n, size_t at, int byte) {
    char text[32], expected[256];
    memset(text, 'a', n);
    text[n] = '\0';
    text[at] = (char)byte;
    bool special = byte < 0x20 || byte == '"' || byte == '\\';
    buf_auto b;
    buf_init(&b, sizeof expected);
    json_put_text(&b, text, text);
    json_auto back = NULL;
    snprintf(expected, sizeof expected, "{%s}", b.p);
    if (byte < 0x80)
        assert_int_equal(json_load_span(span_of(expected), &back, NULL), OK);
    if (back)
        assert_string_equal(json_string_value(json_object_get(back, text)), text);
    assert_true(special == (b.len > 2 * n + 5));
}

/* They are looked at eight at a time. */
static void test_a_special_byte_is_seen_at_any_place(void **state) {
    (void)state;
    for (size_t n = 1; n <= 25; n++)
        for (size_t at = 0; at < n; at++)
            for (int byte = 1; byte < 256; byte++)
                check_byte(n, at, byte);
}

static void test_every_byte_below_space_is_escaped(void **state) {
    (void)state;
    char all[0x80];
    for (int i = 0; i < 0x80; i++)
        all[i] = (char)i;
    buf_auto b;
    buf_init(&b, 1000);
    json_put_string_n(&b, all, sizeof all);
    json_auto j = json_loads(written(&b), JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    assert_non_null(j);
    assert_int_equal(json_string_length(j), sizeof all);
    assert_memory_equal(json_string_value(j), all, sizeof all);
}

static const char *real(double v) {
    buf_auto b;
    buf_init(&b, 100);
    json_put_real(&b, v);
    return arena_strdup(arena, written(&b));
}

static void test_reals_are_short_and_exact(void **state) {
    (void)state;
    assert_string_equal(real(0.1), "0.1");
    assert_string_equal(real(5), "5");
    assert_string_equal(real(-2.5), "-2.5");
    assert_string_equal(real(0), "0");
    assert_string_equal(real(-0.0), "-0");
    assert_string_equal(real(0.0001), "0.0001");
    assert_string_equal(real(12.0625), "12.0625");
    assert_string_equal(real(999999999.9999), "999999999.9999");
    assert_string_equal(real(0.25001), "0.25001");
    assert_string_equal(real(1e21), "1e+21");
    assert_string_equal(real(1.5e-7), "1.5e-07");
    assert_string_equal(real(0.1 + 0.2), "0.30000000000000004");
    static const double exact[] = {DBL_MAX, DBL_MIN,           DBL_EPSILON,
                                   1.0 / 3, 2.0 / 3,           123456789.123456789,
                                   5e-324,  9007199254740993.0};
    for (size_t i = 0; i < sizeof exact / sizeof exact[0]; i++)
        assert_true(strtod(real(exact[i]), NULL) == exact[i]);
    assert_string_equal(real(NAN), "null");
    assert_string_equal(real(INFINITY), "null");
    assert_string_equal(real(-INFINITY), "null");
}

static void test_reals_do_not_follow_the_locale(void **state) {
    (void)state;
    static const char *const commas[] = {"de_DE.UTF-8", "da_DK.UTF-8", "fr_FR.UTF-8",
                                         "nl_NL.UTF-8"};
    for (size_t i = 0; i < sizeof commas / sizeof commas[0]; i++)
        if (setlocale(LC_NUMERIC, commas[i]))
            break;
    if (strcmp(localeconv()->decimal_point, ".") == 0) {
        print_message("no locale with a decimal comma is installed here\n");
        skip();
    }
    const char *text = real(0.1), *large = real(1.5e300);
    setlocale(LC_NUMERIC, "C");
    assert_string_equal(text, "0.1");
    assert_string_equal(large, "1.5e+300");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_value_may_be_the_root),
        cmocka_unit_test(test_what_is_not_json_is_refused_with_a_sentence),
        cmocka_unit_test(test_a_nul_byte_ends_nothing),
        cmocka_unit_test(test_depth_has_a_limit),
        cmocka_unit_test(test_brackets_in_text_are_no_depth),
        cmocka_unit_test(test_values_have_a_limit),
        cmocka_unit_test(test_fill_takes_every_kind),
        cmocka_unit_test(test_absent_and_null_leave_the_target),
        cmocka_unit_test(test_real_takes_an_integer_too),
        cmocka_unit_test(test_fill_names_the_place_of_each_mistake),
        cmocka_unit_test(test_a_long_name_is_cut_in_the_pointer),
        cmocka_unit_test(test_text_without_a_limit_has_one),
        cmocka_unit_test(test_config_ids),
        cmocka_unit_test(test_canonical_text),
        cmocka_unit_test(test_the_writer_sets_commas),
        cmocka_unit_test(test_a_special_byte_is_seen_at_any_place),
        cmocka_unit_test(test_every_byte_below_space_is_escaped),
        cmocka_unit_test(test_reals_are_short_and_exact),
        cmocka_unit_test(test_reals_do_not_follow_the_locale),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
