#include "../../common/channel/telegram_said.h"

#include "dialect.h"

static struct inbound only(struct arena *a, const char *text) {
    struct inbound_list list = {0};
    json_error_t error;
    json_auto j = json_loads(text, 0, &error);
    assert_non_null(j);
    struct telegram_said s = {.arena = a, .list = &list};
    telegram_said(&s, j);
    assert_int_equal(list.n, 1);
    return list.items[0];
}

#define HEAD "{\"message_id\":7,\"chat\":{\"id\":5},\"from\":{\"id\":5},"

static void test_an_id_is_that_of_chat_and_message(void **state) {
    assert_string_equal(telegram_said_id(*state, "-100", "7"), "-100:7");
    assert_string_equal(telegram_said_id(*state, "", "7"), "");
    assert_string_equal(telegram_said_id(*state, "5", ""), "");
}

static void test_parts_of_the_wrong_kind_are_none(void **state) {
    static const char *const odd[] = {
        HEAD "\"text\":{}}",        HEAD "\"photo\":7}",
        HEAD "\"photo\":[]}",       HEAD "\"photo\":[7]}",
        HEAD "\"document\":\"x\"}", HEAD "\"contact\":[]}",
        HEAD "\"date\":\"soon\"}",  HEAD "\"reply_to_message\":7}",
    };
    for (size_t k = 0; k < sizeof odd / sizeof *odd; k++) {
        struct inbound i = only(*state, odd[k]);
        assert_int_equal(i.type, INBOUND_MESSAGE);
        assert_string_equal(i.text, "");
        assert_string_equal(i.external_id, "5:7");
        assert_string_equal(i.sender.value, "5");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_id_is_that_of_chat_and_message),
        cmocka_unit_test(test_parts_of_the_wrong_kind_are_none),
    };
    return cmocka_run_group_tests(tests, dialect_with_arena, dialect_without_arena);
}
