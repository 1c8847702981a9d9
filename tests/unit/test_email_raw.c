#include "../../common/channel/email_raw.h"

#include "mails.h"

static void test_the_caller_may_name_the_envelope(void **state) {
    struct arena *a = arena_new();
    struct channel_account account = mails_account(CHANNEL_EMAIL_RAW);
    struct wire_header headers[] = {{"X-Envelope-From", "<>"},
                                    {"X-Envelope-To", "<s@shop.example>"}};
    struct wire_request q = {"POST", "/", headers, 2, span_of("From: a@b.dk\nSubject: Hej\n\nx")};
    (void)state;
    const struct inbound *i = mails_take(a, &account, &q);
    assert_int_equal(i->type, INBOUND_AUTO_REPLY);
    assert_non_null(strstr(i->mail, "\"to\":[\"s@shop.example\"]"));
    arena_free(a);
}

static void test_nothing_is_no_mail(void **state) {
    struct arena *a = arena_new();
    struct channel_account account = mails_account(CHANNEL_EMAIL_RAW);
    struct wire_request q = {"POST", "/", NULL, 0, {" \r\n", 3}};
    struct channel_call call = {&account, &q, MAILS_NOW_MS};
    struct inbound_list list = {0};
    (void)state;
    assert_int_equal(email_raw_channel.parse(a, &call, &list), ERR_MALFORMED);
    assert_true(email_raw_channel.call_by_key && !email_raw_channel.verify);
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_caller_may_name_the_envelope),
        cmocka_unit_test(test_nothing_is_no_mail),
    };
    mime_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
