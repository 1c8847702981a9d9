#include "../../common/bot/language.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_the_primary_subtag_decides(void **state) {
    (void)state;
    assert_true(language_equal("da", "da-DK"));
    assert_true(language_equal("zh_Hans", "ZH-tw"));
    assert_false(language_equal("da", "dan"));
    assert_false(language_equal("nl", "de"));
}

static void test_an_unknown_language_equals_none(void **state) {
    (void)state;
    assert_false(language_equal("", ""));
    assert_false(language_equal("en", ""));
    assert_false(language_equal("-", "-"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_primary_subtag_decides),
        cmocka_unit_test(test_an_unknown_language_equals_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
