#include "../../common/channel/messenger_said.h"

#include "dialect.h"

static struct inbound only(struct arena *a, const char *text) {
    struct inbound_list list = {0};
    json_error_t error;
    json_auto j = json_loads(text, 0, &error);
    assert_non_null(j);
    struct channel_account account = account_blank();
    struct messenger_said s = {.arena = a, .account = &account, .list = &list};
    messenger_said(&s, j);
    assert_int_equal(list.n, 1);
    return list.items[0];
}

#define FROM "{\"sender\":{\"id\":\"U1\"},\"timestamp\":5,"

static void test_a_made_up_id_is_stable_and_tells_apart(void **state) {
    struct inbound one = only(*state, FROM "\"postback\":{\"payload\":\"A\"}}");
    struct inbound again = only(*state, FROM "\"postback\":{\"payload\":\"A\"}}");
    struct inbound other = only(*state, FROM "\"postback\":{\"payload\":\"B\"}}");
    assert_string_equal(one.external_id, again.external_id);
    assert_string_not_equal(one.external_id, other.external_id);
}

static void test_parts_of_the_wrong_kind_are_none(void **state) {
    static const char *const odd[] = {
        FROM "\"message\":7}",
        FROM "\"message\":{\"mid\":\"m\",\"text\":{},\"attachments\":\"x\"}}",
        FROM "\"message\":{\"mid\":\"m\",\"attachments\":[7,null,{}]}}",
        FROM "\"message\":{\"mid\":\"m\",\"quick_reply\":[],\"reply_to\":3}}",
    };
    for (size_t k = 0; k < sizeof odd / sizeof *odd; k++) {
        struct inbound i = only(*state, odd[k]);
        assert_int_equal(i.type, INBOUND_MESSAGE);
        assert_string_equal(i.text, "");
        assert_int_equal(i.n_attachments, 0);
        assert_true(*i.external_id);
    }
    assert_int_equal(only(*state, FROM "\"delivery\":{\"mids\":[7]}}").type, INBOUND_STATUS);
    assert_int_equal(only(*state, FROM "\"delivery\":7}").type, INBOUND_STATUS);
    assert_int_equal(only(*state, "{}").type, INBOUND_IGNORED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_made_up_id_is_stable_and_tells_apart),
        cmocka_unit_test(test_parts_of_the_wrong_kind_are_none),
    };
    return cmocka_run_group_tests(tests, dialect_with_arena, dialect_without_arena);
}
