#include "../../common/channel/whatsapp_said.h"

#include "dialect.h"

static struct inbound only(struct arena *a, const char *text) {
    struct inbound_list list = {0};
    json_error_t error;
    json_auto j = json_loads(text, 0, &error);
    assert_non_null(j);
    struct whatsapp_said s = {.arena = a, .list = &list};
    whatsapp_said(&s, j);
    assert_int_equal(list.n, 1);
    return list.items[0];
}

#define HEAD "\"id\":\"wamid.A\",\"from\":\"4512345678\""

static void test_a_long_text_is_cut_and_says_so(void **state) {
    char *words = arena_alloc(*state, MESSAGE_TEXT_MAX + 2);
    memset(words, 'x', MESSAGE_TEXT_MAX + 1);
    struct inbound i = only(*state, arena_printf(*state,
                                                 "{" HEAD ",\"type\":\"text\",\"text\":"
                                                 "{\"body\":\"%s\"}}",
                                                 words));
    assert_int_equal(strlen(i.text), MESSAGE_TEXT_MAX);
    assert_string_equal(i.metadata, "{\"truncated\":true}");
}

static void test_parts_of_the_wrong_kind_are_none(void **state) {
    static const char *const odd[] = {
        "{" HEAD "}",
        "{" HEAD ",\"type\":7}",
        "{" HEAD ",\"type\":\"image\",\"image\":\"x\"}",
        "{" HEAD ",\"type\":\"text\",\"text\":[]}",
        "{" HEAD ",\"type\":\"contacts\",\"contacts\":{}}",
        "{" HEAD ",\"type\":\"interactive\",\"interactive\":[{}]}",
        "{" HEAD ",\"type\":\"text\",\"context\":[1],\"timestamp\":\"soon\"}",
    };
    for (size_t k = 0; k < sizeof odd / sizeof *odd; k++) {
        struct inbound i = only(*state, odd[k]);
        assert_int_equal(i.type, INBOUND_MESSAGE);
        assert_string_equal(i.text, "");
        assert_int_equal(i.sent_ms, 0);
    }
}

static void test_an_edit_of_an_edit_is_no_loop(void **state) {
    struct inbound i = only(*state, "{" HEAD ",\"type\":\"edit\",\"edit\":{\"message\":"
                                    "{\"type\":\"edit\",\"edit\":{}}}}");
    assert_int_equal(i.type, INBOUND_EDIT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_long_text_is_cut_and_says_so),
        cmocka_unit_test(test_parts_of_the_wrong_kind_are_none),
        cmocka_unit_test(test_an_edit_of_an_edit_is_no_loop),
    };
    return cmocka_run_group_tests(tests, dialect_with_arena, dialect_without_arena);
}
