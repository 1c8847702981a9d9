#include "../../common/codec/mime_text.h"

#include <string.h>

#include "cases.h"

static void test_lines_end_in_one_way(void **state) {
    struct arena *a = arena_new();
    (void)state;
    assert_string_equal(mime_text_tidy(a,
                                       "a\r\nb\rc\n\td\x01"
                                       "e",
                                       100),
                        "a\nb\nc\n\td e");
    assert_string_equal(mime_text_tidy(a, "\xc3\xa6\xc3\xa6", 3), "\xc3\xa6");
    assert_string_equal(mime_text_tidy(a, "", 3), "");
    arena_free(a);
}

static void test_parts_in_order(void **state) {
    struct arena *a = arena_new();
    struct mime_part parts[] = {
        {.type = "text/plain", .charset = "", .bytes = {"a\r\n", 3}},
        {.type = "text/html", .charset = "", .shadowed = true, .bytes = {"<b>a</b>", 8}},
        {.type = "text/plain", .charset = "", .attachment = true, .bytes = {"x", 1}},
        {.type = "text/html", .charset = "latin1", .bytes = {"<i>\xe6</i>", 8}}};
    struct mime_mail m = {.parts = parts, .n_parts = 4};
    (void)state;
    assert_string_equal(mime_text(a, &m), "a\n\n\xc3\xa6");
    assert_string_equal(mime_text_html(a, &m), "<b>a</b><i>\xc3\xa6</i>");
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_end_in_one_way),
        cmocka_unit_test(test_parts_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
