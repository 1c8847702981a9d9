#include "../../common/codec/json_plain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "chance.h"

static json_t *full(const char *p, size_t n) {
    return json_loadb(p, n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
}

/* 1: read alike by both; 0: left to the full reader. Anything else is a failure. */
static int compare(const char *p, size_t n) {
    json_auto quick = json_plain((struct span){p, n}, JSON_NODES_MAX);
    json_auto slow = full(p, n);
    if (!quick)
        return 0;
    if (!slow || !json_equal(quick, slow))
        fail_msg("read otherwise: %.*s", (int)n, p);
    return 1;
}

static void test_what_everybody_sends_is_read(void **state) {
    (void)state;
    static const char *const texts[] = {
        "{}",
        "[]",
        " [ 1 , -2 , 0 , true , false , null , \"\" ] \n",
        "\"Æblegrød 王 😀\"",
        "999999999999999999",
        "{\"channel\":\"web\",\"from\":{\"address\":\"v-1\",\"name\":\"Mette\"},\"text\":\"Hej\"}",
        "{\"a\":[{\"b\":[[]]},{}]}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(compare(texts[i], strlen(texts[i])), 1);
}

static void test_what_it_does_not_know_is_left(void **state) {
    (void)state;
    static const char *const texts[] = {"",
                                        "1.5",
                                        "1e3",
                                        "01",
                                        "-0",
                                        "9999999999999999999",
                                        "\"a\\n\"",
                                        "[1,]",
                                        "{\"a\":}",
                                        "{\"a\" 1}",
                                        "{\"a\":1,\"a\":2}",
                                        "[1 2]",
                                        "\"\xff\"",
                                        "tru",
                                        "\"a",
                                        "[",
                                        "{\"a\":1} x",
                                        "\"\xed\xa0\x80\"",
                                        "-",
                                        "nullx",
                                        "[1}",
                                        "{\"a\":1,}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(compare(texts[i], strlen(texts[i])), 0);
    assert_int_equal(compare("\"a\0b\"", 5), 0);
    assert_int_equal(compare("1\0", 2), 0);
}

static void test_nothing_at_all_is_left_to_the_full_reader(void **state) {
    (void)state;
    assert_null(json_plain((struct span){NULL, 0}, 9));
    assert_null(json_plain(span_of(""), 9));
    assert_null(json_plain(span_of("-"), 9));
    assert_null(json_plain(span_of("9999999999999999999"), 9));
}

static void test_limits_are_left_to_the_full_reader(void **state) {
    (void)state;
    char deep[2 * (JSON_DEPTH_MAX + 1) + 1];
    memset(deep, '[', JSON_DEPTH_MAX + 1);
    memset(deep + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
    assert_null(json_plain((struct span){deep, 2 * (JSON_DEPTH_MAX + 1)}, 1000));
    json_auto fits = json_plain((struct span){deep + 1, 2 * JSON_DEPTH_MAX}, 1000);
    assert_non_null(fits);
    assert_null(json_plain(span_of("[1,2,3]"), 3));
    json_auto four = json_plain(span_of("[1,2,3]"), 4);
    assert_non_null(four);
}

static void test_damaged_texts_are_read_alike_or_left(void **state) {
    (void)state;
    static const char whole[] =
        "{\"channel\":\"web\",\"n\":[1,-20,0,true,null,{\"x\":\"é王\"}],\"text\":\"Hvor er\"}";
    static const char bytes[] = "{}[]\",:0123456789-.eE\\ \ntruefalsn\x01\xc3\xa9\xff";
    int read = 0;
    for (uint64_t seed = 1; seed <= 200000; seed++) {
        struct chance c = chance_of(seed);
        char text[sizeof whole];
        memcpy(text, whole, sizeof whole);
        for (int i = chance_below(&c, 3); i >= 0; i--)
            text[chance_below(&c, (int)sizeof whole - 1)] =
                bytes[chance_below(&c, (int)sizeof bytes - 1)];
        size_t n = chance_below(&c, 8) ? sizeof whole - 1
                                       : (size_t)chance_below(&c, (int)sizeof whole - 1);
        read += compare(text, n);
    }
    assert_in_range(read, 10000, 190000);
}

/* ---- straight into a struct ---- */

struct target {
    const char *id, *text, *name, *address;
    int64_t when, number;
    json_t *from, *other;
};
#define ROW(member, kind, required, min, max)                                                      \
    { #member, JSON_KIND_##kind, required, offsetof(struct target, member), min, max }
static const struct json_field outer_rows[] = {
    ROW(id, ID, true, 0, 0),         ROW(text, TEXT, false, 0, 9),
    ROW(when, TIME, false, 0, 0),    ROW(from, OBJECT, true, 0, 0),
    ROW(other, OBJECT, false, 0, 0), ROW(number, INTEGER, false, 0, 9)};
static const struct json_field inner_rows[] = {ROW(address, TEXT, true, 1, 5),
                                               ROW(name, TEXT, false, 0, 5)};

static bool same_text(const char *a, const char *b) { return a && b ? !strcmp(a, b) : a == b; }

/* 1: filled as by the full reader; 0: left to it. */
static int compare_fill(const char *p, size_t n) {
    struct arena *a = arena_new();
    struct target quick = {0}, slow = {0};
    const struct json_plain_shape inner = {.rows = inner_rows, .n_rows = 2, .target = &quick};
    const struct json_plain_shape outer = {
        .rows = outer_rows, .n_rows = 6, .target = &quick, .inner_name = "from", .inner = &inner};
    struct why why = {0};
    int filled = json_plain_fill(a, (struct span){p, n}, &outer);
    json_auto j = filled ? full(p, n) : NULL;
    if (filled) {
        assert_int_equal(json_fill(j, "", outer_rows, 6, &slow, &why), OK);
        assert_int_equal(json_fill(slow.from, "", inner_rows, 2, &slow, &why), OK);
        if (!same_text(quick.id, slow.id) || !same_text(quick.text, slow.text) ||
            !same_text(quick.name, slow.name) || !same_text(quick.address, slow.address) ||
            quick.when != slow.when)
            fail_msg("filled otherwise: %.*s", (int)n, p);
    }
    arena_free(a);
    return filled;
}

static void test_an_object_of_texts_is_filled(void **state) {
    (void)state;
    static const char *const texts[] = {
        "{\"id\":\"web\",\"from\":{\"address\":\"v-1\",\"name\":\"Mette\"},\"text\":\"Hej\"}",
        " { \"from\" : { \"address\" : \"王\" } , \"id\" : \"a.b-c\" } \n",
        "{\"when\":\"2026-11-21T10:00:00Z\",\"from\":{\"address\":\"v\"},\"id\":\"1\"}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(compare_fill(texts[i], strlen(texts[i])), 1);
}

static void test_any_other_object_is_left(void **state) {
    (void)state;
#define FROM "\"from\":{\"address\":\"v\"}"
    static const char *const texts[] = {"",
                                        "{}",
                                        "[]",
                                        "{" FROM "}",
                                        "{\"id\":\"w\"}",
                                        "{\"id\":\"w\"," FROM ",}",
                                        "{\"id\":\"w\"," FROM "} x",
                                        "{\"id\":\"w\"," FROM,
                                        "{\"id\":\"w\"," FROM ",\"id\":\"w\"}",
                                        "{\"id\":\"w\"," FROM "," FROM "}",
                                        "{\"id\":\"W\"," FROM "}",
                                        "{\"id\":null," FROM "}",
                                        "{\"id\":\"w\",\"text\":\"ten letters\"," FROM "}",
                                        "{\"id\":\"w\",\"text\":\"\\n\"," FROM "}",
                                        "{\"id\":\"w\",\"text\":\"\xff\"," FROM "}",
                                        "{\"id\":\"w\",\"when\":\"now\"," FROM "}",
                                        "{\"id\":\"w\",\"number\":1," FROM "}",
                                        "{\"id\":\"w\",\"number\":\"1\"," FROM "}",
                                        "{\"id\":\"w\",\"other\":{\"address\":\"v\"}," FROM "}",
                                        "{\"id\":\"w\",\"unknown\":\"\"," FROM "}",
                                        "{\"id\":\"w\",\"\":\"\"," FROM "}",
                                        "{\"id\":\"w\",\"from\":{}}",
                                        "{\"id\":\"w\",\"from\":{\"address\":\"\"}}",
                                        "{\"id\":\"w\",\"from\":{\"address\":\"v\",}}",
                                        "{\"id\":\"w\",\"from\":\"v\"}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (compare_fill(texts[i], strlen(texts[i])))
            fail_msg("filled: %s", texts[i]);
    assert_int_equal(compare_fill("{\"id\":\"w\",\"text\":\"\0\"," FROM "}", 42), 0);
}

static void test_damaged_objects_are_filled_alike_or_left(void **state) {
    (void)state;
    static const char whole[] = "{\"id\":\"web\",\"from\":{\"address\":\"v-é\",\"name\":\"\"},"
                                "\"text\":\"Hvor er\",\"when\":\"2026-11-21T10:00:00Z\"}";
    static const char bytes[] = "{}[]\",:0123456789-.eE\\ \nidtexnamfro\x01\xc3\xa9\xff";
    int filled = 0;
    for (uint64_t seed = 1; seed <= 200000; seed++) {
        struct chance c = chance_of(seed);
        char text[sizeof whole];
        memcpy(text, whole, sizeof whole);
        for (int i = chance_below(&c, 3); i >= 0; i--)
            text[chance_below(&c, (int)sizeof whole - 1)] =
                bytes[chance_below(&c, (int)sizeof bytes - 1)];
        filled += compare_fill(text, sizeof whole - 1);
    }
    assert_in_range(filled, 10000, 190000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_everybody_sends_is_read),
        cmocka_unit_test(test_what_it_does_not_know_is_left),
        cmocka_unit_test(test_nothing_at_all_is_left_to_the_full_reader),
        cmocka_unit_test(test_limits_are_left_to_the_full_reader),
        cmocka_unit_test(test_damaged_texts_are_read_alike_or_left),
        cmocka_unit_test(test_an_object_of_texts_is_filled),
        cmocka_unit_test(test_any_other_object_is_left),
        cmocka_unit_test(test_damaged_objects_are_filled_alike_or_left),
    };
    json_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
