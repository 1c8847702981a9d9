#include "../../common/channel/channel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_every_kind_has_its_adapter(void **state) {
    (void)state;
    for (int kind = 0; kind < channel_kind_count_; kind++) {
        const struct channel *c = channel_find(kind);
        assert_non_null(c);
        assert_int_equal(c->kind, kind);
        assert_true(c->text_max > 0 && c->text_max <= MESSAGE_TEXT_MAX);
        assert_true(c->render && c->outcome);
    }
}

static void test_an_unknown_kind_has_none(void **state) {
    (void)state;
    assert_null(channel_find(channel_kind_count_));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_has_its_adapter),
        cmocka_unit_test(test_an_unknown_kind_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
