#include "../../common/decide/hours.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../common/base/clock.h"
#include "tzif.h"

static enum err parse(const char *json, struct hours *h, struct why *why) {
    json_auto j = json_loads(json, 0, NULL);
    return hours_parse(j, "/hours", h, why);
}

static bool open_at(const struct hours *h, const char *time) {
    int64_t ms = 0;
    assert_true(clock_parse_rfc3339(time, &ms));
    const struct zone zone = zone_fixed(h->offset_minutes);
    return hours_open(h, &zone, ms);
}

static void test_without_hours_it_is_always_open(void **state) {
    (void)state;
    struct hours h = {.named = false};
    assert_true(open_at(&h, "1970-01-01T00:00:00Z"));
}

static void test_a_week(void **state) {
    (void)state;
    struct hours h;
    assert_int_equal(parse("{\"utc_offset_minutes\":60,\"days\":{\"fri\":[\"09:00\",\"17:30\"],"
                           "\"sat\":[\"00:00\",\"24:00\"]}}",
                           &h, NULL),
                     OK);
    assert_false(open_at(&h, "2026-11-20T07:59:59.999Z")); /* a Friday */
    assert_true(open_at(&h, "2026-11-20T08:00:00Z"));
    assert_true(open_at(&h, "2026-11-20T16:29:59Z"));
    assert_false(open_at(&h, "2026-11-20T16:30:00Z"));
    assert_true(open_at(&h, "2026-11-20T23:00:00Z")); /* Saturday there */
    assert_true(open_at(&h, "2026-11-21T22:59:59Z"));
    assert_false(open_at(&h, "2026-11-21T23:00:00Z")); /* Sunday there */
    assert_true(open_at(&h, "1965-01-01T10:00:00Z"));  /* a Friday before 1970 */
}

static bool open_in(const struct hours *h, const struct zone *zone, const char *time) {
    int64_t ms = 0;
    assert_true(clock_parse_rfc3339(time, &ms));
    return hours_open(h, zone, ms);
}

static void test_the_clock_on_the_wall_opens(void **state) {
    struct arena *a = arena_new();
    const struct zone berlin = tzif_zone(a, TZIF_BERLIN);
    struct hours h;
    (void)state;
    assert_int_equal(parse("{\"days\":{\"fri\":[\"09:00\",\"17:30\"],\"sun\":[\"02:00\","
                           "\"03:00\"]}}",
                           &h, NULL),
                     OK);
    assert_false(h.fixed);
    assert_false(open_in(&h, &berlin, "2026-11-20T07:59:59Z"));
    assert_true(open_in(&h, &berlin, "2026-11-20T08:00:00Z"));
    assert_false(open_in(&h, &berlin, "2026-07-17T06:59:59Z"));
    assert_true(open_in(&h, &berlin, "2026-07-17T07:00:00Z"));
    assert_false(open_in(&h, &berlin, "2026-07-17T15:30:00Z"));
    /* The hour from two is missing in March, and comes twice in October. */
    assert_false(open_in(&h, &berlin, "2026-03-29T00:59:59Z"));
    assert_false(open_in(&h, &berlin, "2026-03-29T01:00:00Z"));
    assert_true(open_in(&h, &berlin, "2026-10-25T00:30:00Z"));
    assert_true(open_in(&h, &berlin, "2026-10-25T01:30:00Z"));
    assert_false(open_in(&h, &berlin, "2026-10-25T02:00:00Z"));
    arena_free(a);
}

static void test_what_is_no_week_is_refused_by_its_place(void **state) {
    (void)state;
    static const struct {
        const char *json, *pointer;
    } cases[] = {
        {"{}", "/hours/days"},
        {"{\"days\":{\"noday\":[\"09:00\",\"10:00\"]}}", "/hours/days/noday"},
        {"{\"days\":{\"mon\":[\"09:00\"]}}", "/hours/days/mon"},
        {"{\"days\":{\"mon\":[\"10:00\",\"09:00\"]}}", "/hours/days/mon"},
        {"{\"days\":{\"mon\":[\"9:00\",\"10:00\"]}}", "/hours/days/mon"},
        {"{\"days\":{\"mon\":[\"09:60\",\"10:00\"]}}", "/hours/days/mon"},
        {"{\"days\":{\"mon\":[\"09:00\",\"24:01\"]}}", "/hours/days/mon"},
        {"{\"days\":{\"mon\":\"all\"}}", "/hours/days/mon"},
        {"{\"days\":{},\"utc_offset_minutes\":900}", "/hours/utc_offset_minutes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hours h;
        struct why why = {{0}, {0}};
        assert_int_equal(parse(cases[i].json, &h, &why), ERR_INVALID);
        assert_string_equal(why.pointer, cases[i].pointer);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_hours_it_is_always_open),
        cmocka_unit_test(test_a_week),
        cmocka_unit_test(test_the_clock_on_the_wall_opens),
        cmocka_unit_test(test_what_is_no_week_is_refused_by_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
