#include "../../common/channel/channel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_every_adapter_is_whole(void **state) {
    (void)state;
    for (int kind = 0; kind < channel_kind_count_; kind++) {
        const struct channel *c = channel_find(kind);
        if (!c)
            continue;
        assert_int_equal(c->kind, kind);
        assert_true(c->text_max > 0 && c->text_max <= MESSAGE_TEXT_MAX);
        assert_true(c->pulled ? !c->render : c->render && c->outcome);
        assert_true(!c->call_bytes_max || (c->parse && (c->verify || c->call_by_key)));
        assert_true(!c->token_request == !c->token_answer);
    }
}

static void test_an_unknown_kind_has_none(void **state) {
    (void)state;
    assert_null(channel_find(channel_kind_count_));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_adapter_is_whole),
        cmocka_unit_test(test_an_unknown_kind_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
