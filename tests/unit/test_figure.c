#include "../../common/nlu/figure.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int with_arena(void **state) {
    *state = arena_new();
    return 0;
}

static int without_arena(void **state) {
    arena_free(*state);
    return 0;
}

static const struct {
    const char *text, *found;
} cases[] = {
    {"my account is DE89 3704 0044 0532 0130 00, thanks", "iban=DE89370400440532013000@14-41 "},
    {"NL91ABNA0417164300", "iban=NL91ABNA0417164300@0-18 "},
    {"DK5000400440116243 please", "iban=DK5000400440116243@0-18 "},
    {"GB82 WEST 1234 5698 7654 32", "iban=GB82WEST12345698765432@0-27 "},
    {"NL92ABNA0417164300", ""},
    {"it cost €24.50", "amount=24.50 EUR@8-14 "},
    {"1.234,50 € betaald", "amount=1234.50 EUR@0-10 "},
    {"$1,200 was taken", "amount=1200 USD@0-6 "},
    {"det koster 199 kr.", "amount=199 DKK@11-17 "},
    {"我付了50元", "amount=50 CNY@3-6 "},
    {"delivered on 24 December", "date=--12-24@13-24 "},
    {"seit 2026-11-02", "date=2026-11-02@5-15 "},
    {"vrijdag graag", "date=weekday 5@0-7 "},
    {"levering i morgen", "date=day +1@9-17 "},
    {"order 12345 and 3 pairs", ""},
    {"电话 13800138000", ""},
    {"", ""},
};

static void test_figures_with_their_places(void **state) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scan s;
        struct reading r = {0};
        const char *told = "";
        scan_text(*state, cases[i].text, &s);
        figure_read(*state, cases[i].text, &s, &r);
        for (int k = 0; k < r.n_facts; k++)
            told = arena_printf(*state, "%s%s=%s@%d-%d ", told, r.facts[k].name, r.facts[k].value,
                                r.facts[k].start, r.facts[k].end);
        if (strcmp(told, cases[i].found) != 0)
            print_error("%s: %s\n", cases[i].text, told);
        assert_string_equal(told, cases[i].found);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_figures_with_their_places, with_arena, without_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
