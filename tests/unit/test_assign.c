#include "../../common/decide/assign.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MINUTE INT64_C(60000)

static const char *const support[] = {"support"}, *const care[] = {"care"},
                         *const both[] = {"support", "care"}, *const danish[] = {"da", "en"},
                         *const english[] = {"en"}, *const gentle[] = {"care"};

static struct agent free_agent(const char *id) {
    return (struct agent){.id = id, .name = id, .presence = PRESENCE_ONLINE, .capacity = 4};
}

static const char *chosen(struct agent *agents, int n, struct assign_wish w) {
    const struct roster r = {agents, n, NULL, 0};
    const char **texts[] = {&w.queue, &w.language, &w.strength, &w.last_agent};
    for (int i = 0; i < 4; i++)
        *texts[i] = *texts[i] ? *texts[i] : "";
    const struct agent *g = assign_choose(&r, &w);
    return g ? g->id : "";
}

static void test_only_who_is_online_with_room_is_asked(void **state) {
    (void)state;
    struct agent a[] = {free_agent("away"), free_agent("full"), free_agent("off"),
                        free_agent("none")};
    a[0].presence = PRESENCE_AWAY;
    a[1].load = 4;
    a[2].presence = PRESENCE_OFFLINE;
    a[3].capacity = 0;
    assert_string_equal(chosen(a, 4, (struct assign_wish){.queue = ""}), "");
    a[1].load = 3;
    assert_string_equal(chosen(a, 4, (struct assign_wish){.queue = ""}), "full");
    assert_string_equal(chosen(a, 0, (struct assign_wish){.queue = ""}), "");
}

static void test_a_queue_is_never_left(void **state) {
    (void)state;
    struct agent a[] = {free_agent("anna"), free_agent("bo")};
    a[0].queues = support, a[0].n_queues = 1;
    a[1].queues = care, a[1].n_queues = 1;
    assert_string_equal(chosen(a, 2, (struct assign_wish){.queue = "care"}), "bo");
    assert_string_equal(chosen(a, 2, (struct assign_wish){.queue = "billing"}), "");
    assert_string_equal(chosen(a, 2, (struct assign_wish){.queue = ""}), "anna");
    a[0].n_queues = 0; /* serves all */
    assert_string_equal(chosen(a, 1, (struct assign_wish){.queue = "billing"}), "anna");
}

static void test_rings_relax_strength_before_language(void **state) {
    (void)state;
    struct agent a[] = {free_agent("dane"), free_agent("gentle"), free_agent("ideal")};
    for (int i = 0; i < 3; i++)
        a[i].queues = both, a[i].n_queues = 2;
    a[0].languages = danish, a[0].n_languages = 2;
    a[1].languages = english, a[1].n_languages = 1;
    a[1].strengths = gentle, a[1].n_strengths = 1;
    a[2].languages = danish, a[2].n_languages = 2;
    a[2].strengths = gentle, a[2].n_strengths = 1;
    const struct assign_wish w = {.queue = "care", .language = "da", .strength = "care"};
    assert_string_equal(chosen(a, 3, w), "ideal");
    a[2].load = 4;
    assert_string_equal(chosen(a, 3, w), "dane");
    a[0].load = 4;
    assert_string_equal(chosen(a, 3, w), "gentle");
    a[1].n_strengths = 0;
    assert_string_equal(chosen(a, 3, w), "gentle");
}

static void test_load_is_weighed_by_capacity_then_rest_then_id(void **state) {
    (void)state;
    struct agent a[] = {free_agent("small"), free_agent("large")};
    a[0].capacity = 2, a[0].load = 1;
    a[1].capacity = 5, a[1].load = 2;
    assert_string_equal(chosen(a, 2, (struct assign_wish){.queue = ""}), "large");
    a[1].capacity = 4;
    a[0].last_assigned_ms = 5, a[1].last_assigned_ms = 6;
    assert_string_equal(chosen(a, 2, (struct assign_wish){.queue = ""}), "small");
    a[0].last_assigned_ms = 6;
    assert_string_equal(chosen(a, 2, (struct assign_wish){.queue = ""}), "large");
}

static void test_who_helped_last_comes_first_if_present_with_room_and_recent(void **state) {
    (void)state;
    struct agent a[] = {free_agent("anna"), free_agent("bo")};
    a[1].load = 3;
    a[1].queues = care, a[1].n_queues = 1;
    struct assign_wish w = {.queue = "support",
                            .last_agent = "bo",
                            .last_agent_ms = 1000,
                            .now_ms = 5000,
                            .wait_ms = 4000};
    assert_string_equal(chosen(a, 2, w), "bo");
    w.now_ms = 5001;
    assert_string_equal(chosen(a, 2, w), "anna");
    w.wait_ms = 0;
    assert_string_equal(chosen(a, 2, w), "bo");
    a[1].load = 4;
    assert_string_equal(chosen(a, 2, w), "anna");
    a[1].load = 0, a[1].presence = PRESENCE_AWAY;
    assert_string_equal(chosen(a, 2, w), "anna");
}

static void test_expected_wait(void **state) {
    (void)state;
    struct agent a[] = {free_agent("anna"), free_agent("bo")};
    struct queue q[] = {{"support", "", 5, 100 * MINUTE}, {"care", "", 50, 0}};
    struct roster r = {a, 2, q, 2};
    int64_t now = 103 * MINUTE;
    a[0].queues = a[1].queues = support, a[0].n_queues = a[1].n_queues = 1;
    assert_int_equal(assign_online(&r), 2);
    assert_true(assign_expected_wait(&r, "support", now) == 0);
    a[0].load = a[1].load = 4;
    assert_true(assign_expected_wait(&r, "support", now) == 6 * 8.0 / 8);
    assert_true(assign_expected_wait(&r, "support", 130 * MINUTE) == 30);
    assert_true(assign_expected_wait(&r, "care", now) == 60);
    a[0].presence = PRESENCE_OFFLINE;
    assert_int_equal(assign_online(&r), 1);
    assert_true(assign_expected_wait(&r, "support", now) == 12);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_who_is_online_with_room_is_asked),
        cmocka_unit_test(test_a_queue_is_never_left),
        cmocka_unit_test(test_rings_relax_strength_before_language),
        cmocka_unit_test(test_load_is_weighed_by_capacity_then_rest_then_id),
        cmocka_unit_test(test_who_helped_last_comes_first_if_present_with_room_and_recent),
        cmocka_unit_test(test_expected_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
