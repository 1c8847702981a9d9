#include "../../common/nlu/han.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_traditional_characters_are_looked_up_as_simplified(void **state) {
    (void)state;
    assert_int_equal(han_simplify(0x8F49), 0x8F6C);
    assert_int_equal(han_simplify(0x8ACB), 0x8BF7);
}

static void test_everything_else_stays_itself(void **state) {
    (void)state;
    assert_int_equal(han_simplify(0x8F6C), 0x8F6C);
    assert_int_equal(han_simplify('a'), 'a');
    assert_int_equal(han_simplify(0), 0);
}

static void test_no_character_leads_on_to_another(void **state) {
    (void)state;
    for (uint32_t cp = 0x4E00; cp < 0xA000; cp++)
        assert_int_equal(han_simplify(han_simplify(cp)), han_simplify(cp));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_traditional_characters_are_looked_up_as_simplified),
        cmocka_unit_test(test_everything_else_stays_itself),
        cmocka_unit_test(test_no_character_leads_on_to_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
