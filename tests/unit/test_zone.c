#include "../../common/codec/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../common/codec/calendar.h"
#include "tzif.h"

#define HOUR INT64_C(3600)

static int with_arena(void **state) {
    *state = arena_new();
    return 0;
}

static int without_arena(void **state) {
    arena_free(*state);
    return 0;
}

/* 2026, month 3, day 29, 1.5 is half past one. */
static int64_t at(int month, int day, double hour) {
    return calendar_day_number(2026, month, day) * CALENDAR_DAY_SECONDS + (int64_t)(hour * HOUR);
}

static void check(const struct zone *z, int64_t utc, int hours) {
    if (zone_offset(z, utc) != hours * HOUR)
        fail_msg("%lld: %d, not %d h", (long long)utc, (int)zone_offset(z, utc), hours);
}

static void test_a_fixed_zone_and_none(void **state) {
    const struct zone none = {.n = 0}, india = zone_fixed(330);
    (void)state;
    check(&none, at(7, 1, 0), 0);
    assert_int_equal(zone_offset(&india, at(7, 1, 0)), 330 * 60);
    assert_int_equal(zone_utc(&india, at(7, 1, 5.5)), at(7, 1, 0));
}

static void test_summer_in_the_north(void **state) {
    const struct zone z = tzif_zone(*state, TZIF_BERLIN);
    check(&z, at(3, 29, 1) - 1, 1);
    check(&z, at(3, 29, 1), 2);
    check(&z, at(10, 25, 1) - 1, 2);
    check(&z, at(10, 25, 1), 1);
    check(&z, at(1, 1, 0) - 1, 1);
    /* 02:30 is leapt over, and comes twice in October. */
    assert_int_equal(zone_utc(&z, at(3, 29, 2.5)), at(3, 29, 1.5));
    assert_int_equal(zone_utc(&z, at(3, 29, 2)), at(3, 29, 1));
    assert_int_equal(zone_utc(&z, at(3, 29, 3)), at(3, 29, 1));
    assert_int_equal(zone_utc(&z, at(10, 25, 2.5)), at(10, 25, 0.5));
    assert_int_equal(zone_utc(&z, at(10, 25, 3)), at(10, 25, 2));
}

static void test_summer_in_the_south_spans_the_new_year(void **state) {
    const struct zone z = tzif_zone(*state, TZIF_SYDNEY);
    check(&z, at(1, 1, 0), 11);
    check(&z, at(1, 1, 0) - 1, 11);
    check(&z, at(4, 4, 16) - 1, 11);
    check(&z, at(4, 4, 16), 10);
    check(&z, at(10, 3, 16) - 1, 10);
    check(&z, at(10, 3, 16), 11);
    assert_int_equal(zone_utc(&z, at(10, 4, 2.5)), at(10, 3, 16.5));
    assert_int_equal(zone_utc(&z, at(4, 5, 2.5)), at(4, 4, 15.5));
}

static void test_rules_of_other_forms(void **state) {
    struct zone z = tzif_zone(*state, "<+0330>-3:30");
    assert_int_equal(zone_offset(&z, at(7, 1, 0)), 210 * 60);
    z = tzif_zone(*state, "IST-1GMT0,M10.5.0,M3.5.0/1"); /* a winter time */
    check(&z, at(7, 1, 0), 1);
    check(&z, at(12, 1, 0), 0);
    z = tzif_zone(*state, "<-02>2<-01>,M3.5.0/-1,M10.5.0/0");
    check(&z, at(3, 29, 1) - 1, -2);
    check(&z, at(3, 29, 1), -1);
    z = tzif_zone(*state, "AAA0BBB,J60,J300"); /* 1 March and 27 October in any year */
    check(&z, at(3, 1, 2) - 1, 0);
    check(&z, at(3, 1, 2), 1);
    z = tzif_zone(*state, "AAA0BBB,59,299/24"); /* the same, counted from 0 */
    check(&z, at(3, 1, 2), 1);
    check(&z, at(10, 27, 23) - 1, 1);
    check(&z, at(10, 27, 23), 0);
    z = tzif_zone(*state, "XXX3EDT4,0/0,J365/23"); /* summer for ever */
    check(&z, at(1, 1, 12), -4);
    check(&z, at(12, 31, 12), -4);
    z = tzif_zone(*state, "AAA0BBB,M3.1.1/-167,M10.5.0/167");
    assert_int_equal(z.n, 0);
}

static void test_moments_come_before_the_rule(void **state) {
    const struct tzif_moment m[] = {{0, -600}, {at(1, 1, 0), 3600}, {at(2, 1, 0), 7200}};
    struct zone z;
    assert_int_equal(zone_parse(*state, tzif_of(*state, m, 3, TZIF_BERLIN), &z), OK);
    assert_int_equal(zone_offset(&z, at(1, 1, 0) - 1), -600);
    check(&z, at(1, 1, 0), 1);
    check(&z, at(2, 1, 0) - 1, 1);
    check(&z, at(2, 1, 0), 1); /* the rule's winter, not the last offset */
    assert_int_equal(zone_parse(*state, tzif_of(*state, m, 3, ""), &z), OK);
    check(&z, at(2, 1, 0), 2);
    check(&z, at(12, 1, 0), 2);
    assert_int_equal(zone_offset(&z, INT64_MIN), -600);
    check(&z, INT64_MAX, 2);
}

static void test_what_is_no_rule_is_refused(void **state) {
    static const char *const rules[] = {
        "X",
        "CET",
        "CE-1",
        "CET-25",
        "CET-1CEST",
        "CET-1CEST,",
        "CET-1CEST,M3",
        "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M3.6.0,M10.5.0",
        "CET-1CEST,M3.5.7,M10.5.0",
        "CET-1CEST,M3.5.0,M10.5.0/168",
        "CET-1CEST,J0,J300",
        "CET-1CEST,366,300",
        "CET-1CEST,M3.5.0,M10.5.0 ",
        "<CET-1",
        "<>-1",
        "CET-1:60",
        "CET-1CEST,M3.5.0",
        "CET--1",
    };
    struct zone z;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (zone_parse(*state, tzif_rule(*state, rules[i]), &z) != ERR_MALFORMED)
            fail_msg("%s was taken", rules[i]);
}

static void test_a_cut_or_bent_file_is_refused(void **state) {
    const struct tzif_moment m[] = {{0, 0}, {at(1, 1, 0), 3600}, {at(2, 1, 0), 7200}};
    struct span whole = tzif_of(*state, m, 3, TZIF_BERLIN);
    struct zone z;
    for (size_t n = 0; n < whole.n; n++)
        assert_int_equal(zone_parse(*state, (struct span){whole.p, n}, &z), ERR_MALFORMED);
    char *bent = arena_copy(*state, whole.p, whole.n);
    bent[4] = 0; /* version 1 has no rule */
    assert_int_equal(zone_parse(*state, (struct span){bent, whole.n}, &z), ERR_MALFORMED);
    const struct tzif_moment back[] = {{0, 0}, {at(2, 1, 0), 3600}, {at(1, 1, 0), 7200}};
    assert_int_equal(zone_parse(*state, tzif_of(*state, back, 3, ""), &z), ERR_MALFORMED);
    const struct tzif_moment far[] = {{0, 27 * 3600}};
    assert_int_equal(zone_parse(*state, tzif_of(*state, far, 1, ""), &z), ERR_MALFORMED);
}

static void test_names_lead_nowhere_else(void **state) {
    (void)state;
    assert_true(zone_is_name("Europe/Copenhagen"));
    assert_true(zone_is_name("Etc/GMT+5"));
    assert_true(zone_is_name("America/Argentina/Buenos_Aires"));
    assert_false(zone_is_name(""));
    assert_false(zone_is_name("/etc/passwd"));
    assert_false(zone_is_name("../passwd"));
    assert_false(zone_is_name("Europe//Paris"));
    assert_false(zone_is_name("Europe/"));
    assert_false(zone_is_name("Europe/København"));
    assert_false(
        zone_is_name("EEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEEE"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, with_arena, without_arena)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_a_fixed_zone_and_none),
        TEST(test_summer_in_the_north),
        TEST(test_summer_in_the_south_spans_the_new_year),
        TEST(test_rules_of_other_forms),
        TEST(test_moments_come_before_the_rule),
        TEST(test_what_is_no_rule_is_refused),
        TEST(test_a_cut_or_bent_file_is_refused),
        TEST(test_names_lead_nowhere_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
