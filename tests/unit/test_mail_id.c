#include "mails.h"

static void test_ids_of_headers_as_they_come(void **state) {
    static const char *const rows[][2] = {{"<a@b> <c@d>", "a@b c@d "},
                                          {"<a@b>,<a@b>", "a@b "},
                                          {"a@b c@d;", "a@b c@d "},
                                          {"<a@b <c@d>", "c@d "},
                                          {"<a @b>", "a@b "},
                                          {"<a@b", "a@b "},
                                          {"Your mail of 3 June", ""},
                                          {"<>", ""},
                                          {"", ""}};
    struct arena *a = arena_new();
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct mime_head h = {NULL, 0, 0};
        const char *ids[MAIL_IDS_MAX], *all = "";
        mime_head_add(a, &h, span_of("References"), span_of(rows[i][0]));
        int n = mail_id_all(a, &h, "References", ids);
        for (int k = 0; k < n; k++)
            all = arena_printf(a, "%s%s ", all, ids[k]);
        assert_string_equal(all, rows[i][1]);
    }
    arena_free(a);
}

static void test_too_many_and_too_long(void **state) {
    struct arena *a = arena_new();
    struct mime_head h = {NULL, 0, 0};
    const char *ids[MAIL_IDS_MAX];
    char text[MAIL_ID_BYTES_MAX + 10] = "<";
    (void)state;
    memset(text + 1, 'x', MAIL_ID_BYTES_MAX + 1);
    mime_head_add(a, &h, span_of("References"), span_of(text));
    for (int i = 0; i < 2 * MAIL_IDS_MAX; i++)
        mime_head_add(a, &h, span_of("References"), span_of(arena_printf(a, "<%d@a>", i)));
    int n = mail_id_all(a, &h, "References", ids);
    assert_true(n <= MAIL_IDS_MAX);
    assert_memory_equal(ids[0], "sha256:", 7);
    assert_false(mail_id_clean("a\r\nb"));
    assert_true(mail_id_clean("a@b"));
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids_of_headers_as_they_come),
        cmocka_unit_test(test_too_many_and_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
