#include "../../common/nlu/promise.h"

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

static const int64_t now = INT64_C(1795521600000); /* 2026-11-24 12:00 UTC, a Tuesday */
/* Berlin. */
static const struct zone zone = {.ruled = true,
                                 .standard = 3600,
                                 .summer = 7200,
                                 .begins = {ZONE_WEEKDAY, 3, 5, 0, 7200},
                                 .ends = {ZONE_WEEKDAY, 10, 5, 0, 10800}};

static const struct {
    const char *text;
    int hours; /* until due; 0: vague; -1: no promise */
} cases[] = {
    {"I will call you tomorrow at 5 pm.", 28},
    {"We will send it within two days", 48},
    {"I'll look into it as soon as possible", 0},
    {"We will get back to you", 0},
    {"The parcel has arrived.", -1},
    {"I will not charge you.", -1},
    {"Will you be at home tomorrow?", -1},
    {"Ik bel u morgen om 10 uur", 21},
    {"U krijgt binnen 3 dagen bericht", 72},
    {"Wij zullen dit zo snel mogelijk oplossen", 0},
    {"Jeg ringer i morgen kl. 14", 25},
    {"Vi vender tilbage inden for 24 timer", 24},
    {"Vi sender den hurtigst muligt", 0},
    {"Ich rufe Sie morgen um 16 Uhr an", 27},
    {"Sie erhalten es bis Freitag.", 83},
    {"Wir melden uns bald", 0},
    {"我会在24小时内回复您", 24},
    {"我们会尽快处理", 0},
    {"您的包裹已送达", -1},
    {"Ik bel u binnen 0 dagen", 0},
};

static void test_promises_and_their_moments(void **state) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct promise_found found[PROMISE_MAX];
        int n = promise_find(*state, cases[i].text, now, &zone, found);
        int hours = n == 0 ? -1 : found[0].vague ? 0 : (int)((found[0].due_ms - now) / 3600000);
        if (hours != cases[i].hours)
            print_error("%s: %d\n", cases[i].text, hours);
        assert_int_equal(hours, cases[i].hours);
    }
}

static void test_each_sentence_is_its_own_promise(void **state) {
    struct promise_found found[PROMISE_MAX];
    int n = promise_find(*state, "Hi. I will call you tomorrow. We'll refund it soon!", now, &zone,
                         found);
    assert_int_equal(n, 2);
    assert_string_equal(found[0].text, "I will call you tomorrow");
    assert_false(found[0].vague);
    assert_true(found[1].vague);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_promises_and_their_moments, with_arena, without_arena),
        cmocka_unit_test_setup_teardown(test_each_sentence_is_its_own_promise, with_arena,
                                        without_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
