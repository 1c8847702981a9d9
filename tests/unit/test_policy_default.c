#include "../../common/decide/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../common/codec/json.h"

/* docs/policy.md argues these; a number that changes here changes there. */
static void test_it_is_json_with_every_section(void **state) {
    (void)state;
    static const char *const sections[] = {
        "bot",           "untrained",   "kill",    "rules",
        "thresholds",    "handover",    "costs",   "guards",
        "review",        "hours",       "queues",  "facts",
        "display_norms", "experiments", "phrases", "fallback_channels"};
    json_auto root = NULL;
    assert_int_equal(json_load_span(span_of(policy_default_json()), &root, NULL), OK);
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        assert_non_null(json_object_get(root, sections[i]));
    assert_int_equal(json_object_size(root), sizeof sections / sizeof *sections + 1);
}

static void test_a_wish_for_a_person_is_among_its_rules(void **state) {
    (void)state;
    json_auto root = NULL;
    assert_int_equal(json_load_span(span_of(policy_default_json()), &root, NULL), OK);
    const json_t *rules = json_object_get(root, "rules");
    bool found = false;
    for (size_t i = 0; i < json_array_size(rules); i++)
        found |= json_object_get(json_object_get(json_array_get(rules, i), "when"),
                                 "wants_human") != NULL;
    assert_true(found);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_json_with_every_section),
        cmocka_unit_test(test_a_wish_for_a_person_is_among_its_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
