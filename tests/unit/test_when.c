#include "../../common/nlu/when.h"

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

/* day.month.year weekday days minutes hour:minute vague */
static const struct {
    const char *text, *found;
} cases[] = {
    {"I will call you tomorrow at 5 pm", "0.0.0 w0 d1 m-1 17:0"},
    {"tomorrow at 17:30", "0.0.0 w0 d1 m-1 17:30"},
    {"on Friday before 5pm", "0.0.0 w5 d-1 m-1 17:0"},
    {"within two days", "0.0.0 w0 d-1 m2880 -1:0"},
    {"24 December", "24.12.0 w0 d-1 m-1 -1:0"},
    {"December 24th", "24.12.0 w0 d-1 m-1 -1:0"},
    {"on 15 July 2028 at 10:00", "15.7.2028 w0 d-1 m-1 10:0"},
    {"January 15th, 2028", "15.1.2028 w0 d-1 m-1 -1:0"},
    {"am 24. Dezember 2027 um 9 Uhr", "24.12.2027 w0 d-1 m-1 9:0"},
    {"24 December 300 pieces", "24.12.0 w0 d-1 m-1 -1:0"},
    {"on 2026-12-24", "24.12.2026 w0 d-1 m-1 -1:0"},
    {"as soon as possible", "0.0.0 w0 d-1 m-1 -1:0 vague"},
    {"ik bel u morgen om 10 uur", "0.0.0 w0 d1 m-1 10:0"},
    {"binnen 3 dagen", "0.0.0 w0 d-1 m4320 -1:0"},
    {"uiterlijk vrijdag", "0.0.0 w5 d-1 m-1 -1:0"},
    {"24-11-2026", "24.11.2026 w0 d-1 m-1 -1:0"},
    {"zo snel mogelijk", "0.0.0 w0 d-1 m-1 -1:0 vague"},
    {"i morgen kl. 14", "0.0.0 w0 d1 m-1 14:0"},
    {"inden for 24 timer", "0.0.0 w0 d-1 m1440 -1:0"},
    {"senest på torsdag", "0.0.0 w4 d-1 m-1 -1:0"},
    {"hurtigst muligt", "0.0.0 w0 d-1 m-1 -1:0 vague"},
    {"bis morgen um 16 Uhr", "0.0.0 w0 d1 m-1 16:0"},
    {"am 24.12. sind wir da", "24.12.0 w0 d-1 m-1 -1:0"},
    {"am 24. Dezember", "24.12.0 w0 d-1 m-1 -1:0"},
    {"innerhalb von drei Tagen", "0.0.0 w0 d-1 m4320 -1:0"},
    {"so schnell wie möglich", "0.0.0 w0 d-1 m-1 -1:0 vague"},
    {"明天", "0.0.0 w0 d1 m-1 -1:0"},
    {"24小时内", "0.0.0 w0 d-1 m1440 -1:0"},
    {"星期五之前", "0.0.0 w5 d-1 m-1 -1:0"},
    {"尽快", "0.0.0 w0 d-1 m-1 -1:0 vague"},
    {"I paid 24.50 for 3 pairs", ""},
    {"version 1.2 of it", ""},
    {"", ""},
};

static void test_times_are_read_as_they_are_written(void **state) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scan s;
        struct when found[WHEN_MAX];
        scan_text(*state, cases[i].text, &s);
        int n = when_find(cases[i].text, &s, found);
        const struct when *w = found;
        const char *told = n == 0 ? ""
                                  : arena_printf(*state, "%d.%d.%d w%d d%d m%d %d:%d%s", w->day,
                                                 w->month, w->year, w->weekday, w->days, w->minutes,
                                                 w->hour, w->minute, w->vague ? " vague" : "");
        if (strcmp(told, cases[i].found) != 0)
            print_error("%s: %s\n", cases[i].text, told);
        assert_string_equal(told, cases[i].found);
    }
}

static void test_many_numbers_are_no_trouble(void **state) {
    char *text = arena_alloc(*state, 32001);
    struct scan s;
    struct when found[WHEN_MAX];
    for (int i = 0; i + 3 < 32000; i += 3)
        memcpy(text + i, "1. ", 3);
    scan_text(*state, text, &s);
    assert_true(when_find(text, &s, found) <= WHEN_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_times_are_read_as_they_are_written, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_many_numbers_are_no_trouble, with_arena,
                                        without_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
