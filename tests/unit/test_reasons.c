#include "../../common/model/reasons.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_code_and_name_lead_to_each_other(void **state) {
    (void)state;
    for (int i = 0; i < REASON_COUNT_; i++) {
        enum reason_code found = REASON_COUNT_;
        assert_true(reasons_find(reasons_code((enum reason_code)i), &found));
        assert_int_equal(found, i);
    }
}

static void test_every_reason_has_a_sentence_for_agents(void **state) {
    (void)state;
    for (int i = 0; i < REASON_COUNT_; i++)
        assert_true(strlen(reasons_text((enum reason_code)i)) > 5);
    assert_string_equal(reasons_customer_text(REASON_cost_failure), "");
    assert_string_equal(reasons_customer_text(REASON_wish_for_human), "You asked for a person.");
}

static void test_stored_positions_do_not_move(void **state) {
    (void)state;
    assert_int_equal(REASON_intent_confident, 0);
    assert_int_equal(REASON_standing_control, 17);
    assert_int_equal(REASON_high_value, 33);
}

static void test_what_is_not_in_the_table_is_unknown(void **state) {
    (void)state;
    enum reason_code found = REASON_small_talk;
    assert_false(reasons_find("no_such_reason", &found));
    assert_false(reasons_find(NULL, &found));
    assert_int_equal(found, REASON_small_talk);
    assert_string_equal(reasons_code((enum reason_code)9999), "unknown");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_code_and_name_lead_to_each_other),
        cmocka_unit_test(test_every_reason_has_a_sentence_for_agents),
        cmocka_unit_test(test_stored_positions_do_not_move),
        cmocka_unit_test(test_what_is_not_in_the_table_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
