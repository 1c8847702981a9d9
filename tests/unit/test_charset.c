#include "../../common/codec/charset.h"

#include <string.h>

#include "../../common/codec/enc.h"
#include "../../common/codec/utf8.h"
#include "cases.h"

static void test_cases(void **state) {
    struct arena *a = arena_new();
    json_t *all = cases_load("codec/charset"), *one;
    size_t i;
    (void)state;
    json_array_foreach(all, i, one) {
        struct span bytes;
        assert_int_equal(enc_unhex(a, span_of(cases_text(one, "hex", "")), &bytes), OK);
        const char *text = charset_text(a, cases_text(one, "label", ""), bytes);
        if (strcmp(text, cases_text(one, "text", "")) != 0)
            fail_msg("%s: \"%s\"", cases_text(one, "name", "?"), text);
    }
    json_decref(all);
    arena_free(a);
}

/* Every two bytes, in every label we treat in a way of its own. */
static void test_any_bytes_become_our_text(void **state) {
    static const char *const labels[] = {NULL,   "",      "utf-8",  "latin1",      "gbk", "cp949",
                                         "sjis", "utf-7", "utf-16", "iso-2022-jp", "big5"};
    (void)state;
    for (size_t k = 0; k < sizeof labels / sizeof *labels; k++) {
        struct arena *a = arena_new();
        for (int i = 0; i < 65536; i += 7) {
            char bytes[4] = {(char)(i >> 8), (char)i, (char)(i >> 4), 'x'};
            const char *text = charset_text(a, labels[k], (struct span){bytes, 4});
            assert_true(utf8_valid(text, strlen(text)));
        }
        arena_free(a);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_any_bytes_become_our_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
