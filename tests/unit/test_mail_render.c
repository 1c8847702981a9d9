#include "../../common/codec/mime_text.h"
#include "mails.h"

struct letter {
    struct channel_account account;
    struct message message, answers;
    struct channel_outbound out;
    struct wire_request wire;
};

static void prepare(struct letter *l) {
    memset(l, 0, sizeof *l);
    l->account = mails_account(CHANNEL_EMAIL_RAW);
    l->account.display_name = "Shop";
    l->message = (struct message){.id = {{1, 2, 3, 4, 5, 6, 0x70, 8, 0x80}},
                                  .conversation_id = {{9}},
                                  .seq = 4,
                                  .author = {PARTY_AGENT, "ole"},
                                  .address = "mette@example.dk",
                                  .received_ms = MAILS_NOW_MS};
    l->answers = (struct message){.external_id = "in@example.dk",
                                  .extra = "{\"subject\":\"Hvor?\",\"mail\":{\"references\":"
                                           "[\"a@b\",\"c@d\"],\"reply_to\":null}}"};
    l->out = (struct channel_outbound){.account = &l->account,
                                       .message = &l->message,
                                       .answers = &l->answers,
                                       .text = "Hej Mætte\nDen er her.",
                                       .n_parts = 1};
}

static const char *render(struct arena *a, struct letter *l) {
    assert_int_equal(mail_render(a, &l->out, &l->wire), OK);
    const char *text = arena_strndup(a, l->wire.body.p, l->wire.body.n);
    assert_int_equal(strlen(text), l->wire.body.n);
    for (const char *line = text; *line;) {
        size_t n = strcspn(line, "\n");
        assert_true(n && n <= 998 && line[n - 1] == '\r');
        line += n + 1;
    }
    return text;
}

/* The header of a name as another reader of mail sees it. */
static const char *header(struct arena *a, struct letter *l, const char *name) {
    struct mime_mail m;
    assert_int_equal(mime_parse(a, l->wire.body, &m), OK);
    const char *value = mime_head_text(a, &m.head, name);
    return value ? value : "";
}

static void test_a_letter(void **state) {
    struct arena *a = arena_new();
    struct letter l;
    struct mime_mail m;
    (void)state;
    prepare(&l);
    const char *first = render(a, &l);
    assert_string_equal(header(a, &l, "From"), "\"Shop\" <support@shop.example>");
    assert_string_equal(header(a, &l, "To"), "mette@example.dk");
    assert_string_equal(header(a, &l, "Subject"), "Re: Hvor?");
    assert_string_equal(header(a, &l, "Message-ID"),
                        "<01020304-0506-7008-8000-000000000000@shop.example>");
    assert_string_equal(header(a, &l, "In-Reply-To"), "<in@example.dk>");
    assert_string_equal(header(a, &l, "References"), "<a@b> <c@d> <in@example.dk>");
    assert_string_equal(header(a, &l, "Date"), "Mon, 03 Jun 2024 10:12:00 +0000");
    assert_memory_equal(header(a, &l, "Reply-To"), "support+", 8);
    assert_string_equal(header(a, &l, "Auto-Submitted"), "");
    assert_int_equal(mime_parse(a, l.wire.body, &m), OK);
    assert_string_equal(mime_text(a, &m), "Hej Mætte\nDen er her.");
    assert_string_equal(l.wire.method, "MAIL");
    assert_string_equal(wire_header_find(l.wire.headers, l.wire.n_headers, "RCPT TO"),
                        "mette@example.dk");
    l.out.attempt++;
    l.out.wall_ms += 60000;
    assert_string_equal(first, render(a, &l));
    arena_free(a);
}

static void test_automatic_and_with_html(void **state) {
    struct arena *a = arena_new();
    struct letter l;
    struct mime_mail m;
    (void)state;
    prepare(&l);
    l.message.author.type = PARTY_BOT;
    l.message.extra = "{\"html\":\"<p>\u00e6</p>\"}";
    l.account.smtp_username = "u";
    l.account.smtp_password = "p";
    render(a, &l);
    assert_string_equal(header(a, &l, "Auto-Submitted"), "auto-replied");
    assert_string_equal(header(a, &l, "X-Auto-Response-Suppress"), "All");
    assert_string_equal(header(a, &l, MAIL_LOOP_HEADER), "support@shop.example");
    assert_int_equal(mime_parse(a, l.wire.body, &m), OK);
    assert_string_equal(m.type, "multipart/alternative");
    assert_string_equal(mime_text_html(a, &m), "<p>æ</p>");
    assert_string_equal(wire_header_find(l.wire.headers, l.wire.n_headers, "SMTP USER"), "u");
    struct channel_account account = mails_account(CHANNEL_EMAIL_RAW);
    assert_int_equal(mails_take_raw(a, &account, l.wire.body)->type, INBOUND_LOOP);
    arena_free(a);
}

static void test_subjects_are_answered_once(void **state) {
    static const char *const rows[][2] = {
        {"Hej", "Re: Hej"},           {"Re: Hej", "Re: Hej"},       {"RE: Hej", "RE: Hej"},
        {"SV: Hej", "SV: Hej"},       {"AW: Hej", "AW: Hej"},       {"Antw: Hej", "Antw: Hej"},
        {"回复：你好", "回复：你好"}, {"Re[2]: Hej", "Re[2]: Hej"}, {"", "Re:"},
        {"Recall", "Re: Recall"},     {"Svar", "Re: Svar"}};
    struct arena *a = arena_new();
    struct letter l;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        prepare(&l);
        l.answers.extra = arena_printf(a, "{\"subject\":\"%s\"}", rows[i][0]);
        render(a, &l);
        assert_string_equal(header(a, &l, "Subject"), rows[i][1]);
    }
    arena_free(a);
}

/* Nothing that came with a mail may write a header of ours. */
static void test_no_header_is_injected(void **state) {
    struct arena *a = arena_new();
    struct letter l;
    (void)state;
    prepare(&l);
    l.account.display_name = "Shop\r\nBcc: x@y.dk\r\n\r\n\"x\" <z@z.dk>,";
    l.answers.external_id = "a@b>\r\nBcc: x@y.dk";
    l.answers.extra =
        "{\"subject\":\"Hej\\r\\nBcc: x@y.dk\",\"mail\":{\"references\":"
        "[\"a@b\\r\\nBcc: x\",\"ok@b\"],\"reply_to\":\"a@b.dk\\r\\nRCPT TO:<x@y.dk>\"}}";
    const char *text = render(a, &l);
    assert_null(strstr(text, "\r\nBcc"));
    assert_string_equal(header(a, &l, "To"), "mette@example.dk");
    assert_string_equal(header(a, &l, "In-Reply-To"), "");
    l.message.address = "a@b.dk\r\nRCPT TO:<x@y.dk>";
    assert_int_equal(mail_render(a, &l.out, &l.wire), ERR_INVALID);
    arena_free(a);
}

static void test_long_and_foreign(void **state) {
    struct arena *a = arena_new();
    struct letter l;
    struct mime_mail m;
    char subject[3 * 300 + 1] = "", word[2001] = "";
    (void)state;
    prepare(&l);
    for (int i = 0; i < 290; i++)
        memcpy(subject + 3 * i, "包", 4);
    memset(word, 'x', 2000);
    l.answers.extra =
        arena_printf(a, "{\"subject\":\"%s\",\"mail\":{\"reply_to\":\"p@example.dk\"}}", subject);
    l.out.text = arena_printf(a, "%s\n.\nFrom here\n  to  \n你好你好\n", word);
    render(a, &l);
    assert_int_equal(mime_parse(a, l.wire.body, &m), OK);
    assert_string_equal(mime_text(a, &m),
                        arena_printf(a, "%s\n.\nFrom here\n  to  \n你好你好", word));
    assert_string_equal(header(a, &l, "To"), "p@example.dk");
    assert_non_null(strstr(header(a, &l, "Subject"), subject));
    l.out.text = "你好你好你好";
    render(a, &l);
    assert_int_equal(mime_parse(a, l.wire.body, &m), OK);
    assert_string_equal(mime_text(a, &m), l.out.text);
    arena_free(a);
}

static void test_what_is_not_configured_or_new(void **state) {
    struct arena *a = arena_new();
    struct letter l;
    (void)state;
    prepare(&l);
    l.out.answers = NULL;
    render(a, &l);
    assert_string_equal(header(a, &l, "Subject"), "Shop");
    l.account.smtp_url = "";
    assert_int_equal(mail_render(a, &l.out, &l.wire), ERR_INVALID);
    arena_free(a);
}

static void test_outcomes(void **state) {
    static const struct {
        int status;
        enum channel_outcome outcome;
        const char *id;
    } rows[] = {{250, CHANNEL_ACCEPTED, "1@b"},
                {451, CHANNEL_RETRY, ""},
                {550, CHANNEL_GIVE_UP, ""},
                {535, CHANNEL_RETRY, ""},
                {0, CHANNEL_RETRY, ""}};
    struct arena *a = arena_new();
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct wire_header id = {"Message-ID", "1@b"};
        struct wire_response r = {rows[i].status, &id, 1, {"", 0}};
        struct channel_receipt receipt;
        mail_outcome(a, &r, MAILS_NOW_MS, &receipt);
        assert_int_equal(receipt.outcome, rows[i].outcome);
        assert_string_equal(receipt.external_id, rows[i].id);
    }
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_letter),
        cmocka_unit_test(test_automatic_and_with_html),
        cmocka_unit_test(test_subjects_are_answered_once),
        cmocka_unit_test(test_no_header_is_injected),
        cmocka_unit_test(test_long_and_foreign),
        cmocka_unit_test(test_what_is_not_configured_or_new),
        cmocka_unit_test(test_outcomes),
    };
    mime_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
