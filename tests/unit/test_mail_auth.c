#include "../../common/channel/mail_auth.h"

#include "mails.h"

static void test_who_speaks_for_whom(void **state) {
    (void)state;
    assert_true(mail_auth_aligned("example.dk", "example.dk"));
    assert_true(mail_auth_aligned("Example.DK", "mail.example.dk"));
    assert_false(mail_auth_aligned("mail.example.dk", "example.dk"));
    assert_false(mail_auth_aligned("ample.dk", "example.dk"));
    assert_false(mail_auth_aligned("dk", "example.dk"));
    assert_false(mail_auth_aligned("", "example.dk"));
    assert_false(mail_auth_aligned("example.dk", ""));
}

/* A provider's verdict counts only where the operator has named the provider. */
static void test_a_providers_verdict(void **state) {
    struct arena *a = arena_new();
    struct channel_account account = mails_account(CHANNEL_SENDGRID);
    struct mail *m = ARENA_NEW(a, struct mail);
    (void)state;
    mime_head_add(a, &m->mime.head, span_of("From"), span_of("a@example.dk"));
    m->account = &account;
    m->from = "a@example.dk";
    m->envelope = (struct mail_envelope){.judge = "sendgrid", .dkim_domain = "example.dk"};
    assert_false(mail_auth_proves(a, m));
    account.trusted_authserv = (struct account_list){{"SendGrid"}, 1};
    assert_true(mail_auth_proves(a, m));
    m->envelope.dkim_domain = "evil.example";
    assert_false(mail_auth_proves(a, m));
    m->envelope.spf_domain = "example.dk";
    assert_true(mail_auth_proves(a, m));
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_speaks_for_whom),
        cmocka_unit_test(test_a_providers_verdict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
