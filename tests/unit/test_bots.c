#include "../../common/bot/bot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_every_kind_has_its_bot(void **state) {
    (void)state;
    for (int kind = 0; kind < bot_kind_count_; kind++) {
        assert_non_null(bot_find(kind));
        assert_int_equal(bot_find(kind)->kind, kind);
    }
    assert_null(bot_find(bot_kind_count_));
}

static void test_who_is_asked_also_answers(void **state) {
    (void)state;
    assert_null(bot_find(BOT_FAQ)->ask);
    for (int kind = 0; kind < bot_kind_count_; kind++)
        assert_int_equal(bot_find(kind)->ask != NULL, bot_find(kind)->answer != NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_has_its_bot),
        cmocka_unit_test(test_who_is_asked_also_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
