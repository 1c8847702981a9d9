#include "../../common/codec/html.h"

#include <string.h>

#include "cases.h"

static void test_references(void **state) {
    static const struct {
        const char *text;
        size_t n;
        uint32_t cp;
    } rows[] = {{"&amp;x", 5, '&'},
                {"&ampx", 0, 0},
                {"&amp x", 4, '&'},
                {"&AElig;", 7, 198},
                {"&zwnj;", 6, 8204},
                {"&zwnj ", 0, 0},
                {"&#65;", 5, 'A'},
                {"&#65", 4, 'A'},
                {"&#x41;", 6, 'A'},
                {"&#X1f600;", 9, 0x1f600},
                {"&#128;", 6, 0x20ac},
                {"&#0;", 4, 0xfffd},
                {"&#xd800;", 8, 0xfffd},
                {"&#99999999;", 11, 0xfffd},
                {"&#;", 0, 0},
                {"&#x;", 0, 0},
                {"&", 0, 0},
                {"&;", 0, 0},
                {"&nosuchname;", 0, 0},
                {"&yuml;", 6, 255}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t cp = 0;
        size_t n = html_reference(span_of(rows[i].text), &cp);
        if (n != rows[i].n || cp != rows[i].cp)
            fail_msg("%s: %zu bytes, %u", rows[i].text, n, cp);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_references)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
