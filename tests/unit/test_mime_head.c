#include "../../common/codec/mime_head.h"

#include <string.h>

#include "cases.h"

static void test_decoding(void **state) {
    static const char *const rows[][2] = {{"Hej", "Hej"},
                                          {" =?utf-8?Q?H=C3=A6j_du?= ", "Hæj du"},
                                          {"=?iso-8859-1?q?=E6?= =?utf-8?b?w6Y=?= x", "ææ x"},
                                          {"=?utf-8?q?=C3?=\r\n =?utf-8?q?=A6?=", "æ"},
                                          {"=?utf-8*da?q?=C3=A6?=", "æ"},
                                          {"=?gb2312?B?xOO6ww==?=", "你好"},
                                          {"=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"},
                                          {"a =?utf-8?q?b?= c", "a b c"},
                                          {"a=?utf-8?q?b?=c", "abc"},
                                          {"=?utf-8?q?a b?=", "a b"},
                                          {"=?utf-8?x?a?=", "=?utf-8?x?a?="},
                                          {"=?utf-8?q?a", "=?utf-8?q?a"},
                                          {"=?", "=?"},
                                          {"=?utf-8?Q?Hej=0D=0ABcc:_x@y=00z?=", "Hej Bcc: x@y z"},
                                          {"H\xe6j", "Hæj"},
                                          {"H\xc3\xa6j", "Hæj"},
                                          {"folded\r\n\t value", "folded value"},
                                          {"=?utf-8?b?!!!?=", "!!!"}};
    struct arena *a = arena_new();
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *text = mime_head_decode(a, span_of(rows[i][0]));
        if (strcmp(text, rows[i][1]) != 0)
            fail_msg("%s: \"%s\"", rows[i][0], text);
    }
    arena_free(a);
}

static void test_fields(void **state) {
    static const char text[] =
        "References: <1@a>\nX-Odd : 1\nreferences: <2@a>\n <3@a>\nBroken line\n"
        "Subject: =?utf-8?q?=C3=A6?=\nEmpty:\n\nReferences: body";
    struct arena *a = arena_new();
    struct mime_head head;
    const char *all[4];
    (void)state;
    size_t n = mime_head_parse(a, span_of(text), &head);
    assert_string_equal(text + n, "References: body");
    assert_int_equal(mime_head_all(a, &head, "References", all, 4), 2);
    assert_string_equal(all[1], "<2@a> <3@a>");
    assert_string_equal(mime_head_text(a, &head, "subject"), "æ");
    assert_string_equal(mime_head_plain(a, &head, "Subject"), "=?utf-8?q?=C3=A6?=");
    assert_string_equal(mime_head_plain(a, &head, "x-odd"), "1");
    assert_string_equal(mime_head_plain(a, &head, "Empty"), "");
    assert_null(mime_head_plain(a, &head, "Broken"));
    assert_int_equal(mime_head_count(&head, "references"), 2);
    arena_free(a);
}

static void test_where_a_header_ends(void **state) {
    static const struct {
        const char *text;
        size_t n;
    } rows[] = {{"A: b\r\n\r\nc", 8},
                {"A: b\nhello\nworld", 5},
                {"hello: \n\n", 9},
                {"just text\nA: b\n", 0},
                {"", 0},
                {"\n\nA: b\n\nc", 8},
                {"A: b", 4},
                {"From x Mon\nA: b\n\nc", 17},
                {" folded\nA: b\n", 13}};
    struct arena *a = arena_new();
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct mime_head head;
        size_t n = mime_head_parse(a, span_of(rows[i].text), &head);
        if (n != rows[i].n)
            fail_msg("\"%s\": %zu", rows[i].text, n);
    }
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decoding),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_where_a_header_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
