#include "../../common/channel/mail_reply.h"

#include "mails.h"

static const struct uid conversation = {
    {1, 2, 3, 4, 5, 6, 0x70, 8, 0x80, 10, 11, 12, 13, 14, 15, 255}};

static bool reads(struct arena *a, const struct channel_account *c, const char *address) {
    struct uid u;
    int seq = -1;
    return mail_reply_read(a, c, address, &u, &seq) && uid_equal(u, conversation) && seq == 70000;
}

static void test_there_and_back(void **state) {
    struct arena *a = arena_new();
    struct channel_account c = mails_account(CHANNEL_EMAIL_RAW);
    const char *address = mail_reply_address(a, &c, conversation, 70000);
    (void)state;
    assert_memory_equal(address, "support+", 8);
    assert_true(strchr(address, '@') - address <= 64);
    assert_true(reads(a, &c, address));
    char *upper = arena_strdup(a, address);
    for (char *at = upper; *at; at++)
        *at = (char)(*at >= 'a' && *at <= 'z' ? *at - 32 : *at);
    assert_true(reads(a, &c, upper));
    arena_free(a);
}

static void test_what_is_not_ours(void **state) {
    struct arena *a = arena_new();
    struct channel_account c = mails_account(CHANNEL_EMAIL_RAW), other = c;
    const char *address = mail_reply_address(a, &c, conversation, 70000);
    (void)state;
    other.id = "mail-2";
    assert_false(reads(a, &other, address));
    other = c;
    other.reply_key[0]++;
    assert_false(reads(a, &other, address));
    for (size_t i = 8; address[i] != '@'; i++) {
        char *forged = arena_strdup(a, address);
        forged[i] = forged[i] == 'a' ? 'b' : 'a';
        assert_false(reads(a, &c, forged));
    }
    assert_false(reads(a, &c, "support@shop.example"));
    assert_false(reads(a, &c, "support+@shop.example"));
    assert_false(reads(a, &c, arena_printf(a, "x%s", address)));
    assert_false(reads(a, &c, ""));
    arena_free(a);
}

static void test_an_address_without_room_stays_as_it_is(void **state) {
    struct arena *a = arena_new();
    struct channel_account c = mails_account(CHANNEL_EMAIL_RAW);
    (void)state;
    c.address = "a-very-long-name-of-a-shop@shop.example";
    assert_string_equal(mail_reply_address(a, &c, conversation, 1), c.address);
    c.address = "";
    assert_string_equal(mail_reply_address(a, &c, conversation, 1), "");
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_what_is_not_ours),
        cmocka_unit_test(test_an_address_without_room_stays_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
