#include "../../common/channel/mail_report.h"

#include "mails.h"

/* Whole reports are tested in tests/cases/channel/mail.json; here, what stands in one part. */
static struct mail_report *read_status(struct arena *a, const char *status) {
    struct mail *m = ARENA_NEW(a, struct mail);
    struct mail_report *r = ARENA_NEW(a, struct mail_report);
    struct mime_part *p = ARENA_NEW(a, struct mime_part);
    *p = (struct mime_part){.type = "message/delivery-status", .bytes = span_of(status)};
    m->mime.parts = p;
    m->mime.n_parts = 1;
    mail_report_read(a, m, r);
    return r;
}

static void test_several_recipients(void **state) {
    struct arena *a = arena_new();
    struct mail_report *r = read_status(a, "Reporting-MTA: dns; x\nX-Original-Message-ID: <o@s>\n\n"
                                           "Final-Recipient: rfc822;a@b.dk\nAction: FAILED\n"
                                           "Status: 5.1.1\n\n\nFinal-Recipient: RFC822; <c@d.dk>\n"
                                           "Action: delayed (try later)\nStatus: 4.4.1\n");
    (void)state;
    assert_int_equal(r->n, 2);
    assert_string_equal(r->recipients[0].address, "a@b.dk");
    assert_string_equal(r->recipients[0].action, "failed");
    assert_string_equal(r->recipients[1].address, "c@d.dk");
    assert_string_equal(r->recipients[1].action, "delayed");
    assert_string_equal(r->original_id, "o@s");
    assert_true(r->delivery && mail_report_has(r, "failed") && !mail_report_has(r, "delivered"));
    arena_free(a);
}

static void test_statuses_as_they_are_spelled(void **state) {
    static const char *const rows[][2] = {{"5.1.1", "5.1.1"},
                                          {"5.1.1 (bad destination)", "5.1.1"},
                                          {"smtp; 550 5.7.1 no", "5.7.1"},
                                          {"550 no", "5.0.0"},
                                          {"10.5.1.1 said", ""},
                                          {"", ""},
                                          {"9.1.1", ""}};
    struct arena *a = arena_new();
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(
            read_status(a, arena_printf(a, "Action: failed\nStatus: %s\n", rows[i][0]))
                ->recipients[0]
                .status,
            rows[i][1]);
    arena_free(a);
}

static void test_more_recipients_than_are_kept(void **state) {
    struct arena *a = arena_new();
    const char *text = "Reporting-MTA: x\n\n";
    (void)state;
    for (int i = 0; i < 2 * MAIL_REPORT_RECIPIENTS_MAX; i++)
        text = arena_printf(a, "%sFinal-Recipient: rfc822;a@b.dk\nAction: failed\n\n", text);
    assert_int_equal(read_status(a, text)->n, MAIL_REPORT_RECIPIENTS_MAX);
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_several_recipients),
        cmocka_unit_test(test_statuses_as_they_are_spelled),
        cmocka_unit_test(test_more_recipients_than_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
