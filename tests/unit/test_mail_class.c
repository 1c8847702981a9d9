#include "../../common/channel/mail_class.h"

#include "mails.h"

/* What a mail is said to be is tested over whole mails, in tests/cases/channel/mail.json. */
static void test_the_loop_mark_is_the_address_or_the_id(void **state) {
    struct channel_account account = mails_account(CHANNEL_EMAIL_RAW);
    (void)state;
    assert_string_equal(mail_class_loop_mark(&account), "support@shop.example");
    account.address = "";
    assert_string_equal(mail_class_loop_mark(&account), "mail");
}

static void test_no_sign_is_a_person(void **state) {
    struct arena *a = arena_new();
    struct channel_account account = mails_account(CHANNEL_EMAIL_RAW);
    struct mail *m = ARENA_NEW(a, struct mail);
    struct mail_report *r = ARENA_NEW(a, struct mail_report);
    (void)state;
    m->account = &account;
    m->from = "a@b.dk";
    m->text = m->html = m->subject = m->from_name = m->message_id = r->original_id = "";
    m->mime.type = m->mime.report_type = "";
    assert_int_equal(mail_class(a, m, r), INBOUND_MESSAGE);
    m->envelope.from = "";
    assert_int_equal(mail_class(a, m, r), INBOUND_AUTO_REPLY);
    m->subject = "Undeliverable: x";
    assert_int_equal(mail_class(a, m, r), INBOUND_BOUNCE);
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_loop_mark_is_the_address_or_the_id),
        cmocka_unit_test(test_no_sign_is_a_person),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
