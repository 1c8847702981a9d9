#include "../../common/channel/sendgrid.h"

#include "mail_forms.h"
#include "mails.h"

#define HEADERS "Message-ID: <1@example.dk>\nFrom: Mette <m@example.dk>\nReferences: <a@b>\n"

static void test_fields_in_their_charsets(void **state) {
    struct arena *a = arena_new();
    struct channel_account c = mails_account(CHANNEL_SENDGRID);
    struct mail_field fields[] = {
        {"headers", NULL, HEADERS},
        {"from", NULL, "M\xe6tte <m@example.dk>"},
        {"to", NULL, "support@shop.example"},
        {"subject", NULL, "\xe6"},
        {"text", NULL, "\xc4\xe3\xba\xc3"},
        {"html", NULL, "<p>x</p>"},
        {"charsets", NULL, "{\"subject\":\"iso-8859-1\",\"text\":\"gb2312\",\"html\":\"UTF-8\"}"},
        {"envelope", NULL, "{\"to\":[\"support@shop.example\"],\"from\":\"m@example.dk\"}"},
        {"dkim", NULL, "{@other.dk : pass, @example.dk : pass}"},
        {"SPF", NULL, "pass"},
        {"attachment1", "a.png", "PNG"},
        {NULL, NULL, NULL}};
    struct wire_request q = mail_forms(a, fields);
    (void)state;
    const struct inbound *i = mails_take(a, &c, &q);
    assert_string_equal(i->external_id, "1@example.dk");
    assert_string_equal(i->subject, "æ");
    assert_string_equal(i->text, "你好");
    assert_string_equal(i->name, "Mette");
    assert_int_equal(i->n_attachments, 1);
    assert_string_equal(i->sender.kind, "");
    c.trusted_authserv = (struct account_list){{"sendgrid"}, 1};
    assert_string_equal(mails_take(a, &c, &q)->sender.value, "m@example.dk");
    arena_free(a);
}

/* A signature that failed, and one of somebody else, prove nothing. */
static void test_verdicts(void **state) {
    static const char *const no[] = {"{@example.dk : fail}",   "{@evil.dk : pass}",    "none", "",
                                     "{@example.dk : passed}", "{@xexample.dk : pass}"};
    struct arena *a = arena_new();
    struct channel_account c = mails_account(CHANNEL_SENDGRID);
    (void)state;
    c.trusted_authserv = (struct account_list){{"sendgrid"}, 1};
    for (size_t k = 0; k < sizeof no / sizeof *no; k++) {
        struct mail_field fields[] = {{"headers", NULL, HEADERS},
                                      {"text", NULL, "x"},
                                      {"dkim", NULL, no[k]},
                                      {"SPF", NULL, "softfail"},
                                      {NULL, NULL, NULL}};
        struct wire_request q = mail_forms(a, fields);
        assert_string_equal(mails_take(a, &c, &q)->sender.kind, "");
    }
    arena_free(a);
}

static void test_a_raw_mail_and_none(void **state) {
    struct arena *a = arena_new();
    struct channel_account c = mails_account(CHANNEL_SENDGRID);
    struct mail_field raw[] = {{"email", NULL, "From: m@example.dk\nMessage-ID: <2@b>\n\nHej"},
                               {"envelope", NULL, "{\"from\":\"\",\"to\":[]}"},
                               {NULL, NULL, NULL}};
    struct mail_field none[] = {{"text", NULL, "x"}, {NULL, NULL, NULL}};
    struct wire_request q = mail_forms(a, raw), empty = mail_forms(a, none);
    struct channel_call call = {&c, &empty, MAILS_NOW_MS};
    struct inbound_list list = {0};
    (void)state;
    const struct inbound *i = mails_take(a, &c, &q);
    assert_string_equal(i->external_id, "2@b");
    assert_int_equal(i->type, INBOUND_AUTO_REPLY);
    assert_int_equal(sendgrid_channel.parse(a, &call, &list), ERR_MALFORMED);
    assert_non_null(sendgrid_channel.verify);
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_in_their_charsets),
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_a_raw_mail_and_none),
    };
    mime_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
