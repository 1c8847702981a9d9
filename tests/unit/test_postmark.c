#include "../../common/channel/postmark.h"

#include "mails.h"

static struct wire_request json_call(const char *body) {
    static const struct wire_header type = {"Content-Type", "application/json"};
    return (struct wire_request){"POST", "/", &type, 1, span_of(body)};
}

static void test_a_mail(void **state) {
    struct arena *a = arena_new();
    struct channel_account c = mails_account(CHANNEL_POSTMARK);
    struct wire_request q = json_call(
        "{\"From\":\"m@example.dk\",\"FromFull\":{\"Email\":\"m@example.dk\",\"Name\":\"Hansen, "
        "Mette\"},"
        "\"ToFull\":[{\"Email\":\"support@shop.example\",\"Name\":\"\"}],\"Subject\":\"Re: "
        "\\u00e6\","
        "\"MessageID\":\"22c74902-a0c1-4511-804f-341342852c90\",\"ReplyTo\":\"p@example.dk\","
        "\"Date\":\"Mon, 3 Jun 2024 10:12:00 +0000\",\"TextBody\":\"Ja\\r\\n\\r\\n> Nej\\u0000\","
        "\"StrippedTextReply\":\"wrong\",\"HtmlBody\":\"\",\"Headers\":[{\"Name\":\"Message-ID\","
        "\"Value\":\"<1@example.dk>\"},{\"Name\":\"References\",\"Value\":\"<a@b>\"},{\"Name\":"
        "\"References\",\"Value\":\"<c@d>\"}],\"Attachments\":[{\"Name\":\"a.png\",\"Content\":"
        "\"UE5H\",\"ContentType\":\"image/png\",\"ContentLength\":3},{\"Name\":\"b\",\"Content\":"
        "\"!!\"}]}");
    (void)state;
    const struct inbound *i = mails_take(a, &c, &q);
    assert_string_equal(i->external_id, "1@example.dk");
    assert_string_equal(i->name, "Hansen, Mette");
    assert_string_equal(i->text, "Ja");
    assert_string_equal(i->subject, "Re: æ");
    assert_int_equal(i->sent_ms, MAILS_NOW_MS);
    assert_int_equal(i->n_attachments, 2);
    assert_true(span_is(i->attachments[0].bytes, "PNG"));
    assert_non_null(
        strstr(i->mail, "\"references\":[\"a@b\",\"c@d\"],\"reply_to\":\"p@example.dk\""));
    assert_non_null(strstr(i->mail, "\"to\":[\"support@shop.example\"]"));
    arena_free(a);
}

static void test_raw_mail_and_verdict(void **state) {
    struct arena *a = arena_new();
    struct channel_account c = mails_account(CHANNEL_POSTMARK);
    struct wire_request q = json_call("{\"From\":\"x\",\"RawEmail\":\"From: m@example.dk\\r\\n"
                                      "X-Spam-Tests: DKIM_SIGNED,DKIM_VALID,DKIM_VALID_AU\\r\\n"
                                      "Message-ID: <1@b>\\r\\n\\r\\nHej\"}");
    struct wire_request two = json_call(
        "{\"From\":\"m@example.dk\",\"TextBody\":\"x\",\"Headers\":[{\"Name\":\"X-Spam-"
        "Tests\",\"Value\":\"DKIM_VALID_AU\"},{\"Name\":\"X-Spam-Tests\",\"Value\":\"\"}]}");
    (void)state;
    c.trusted_authserv = (struct account_list){{"postmark"}, 1};
    const struct inbound *i = mails_take(a, &c, &q);
    assert_string_equal(i->text, "Hej");
    assert_int_equal(i->sender.trust, TRUST_VERIFIED);
    assert_string_equal(mails_take(a, &c, &two)->sender.kind, "");
    arena_free(a);
}

static void test_what_is_no_mail(void **state) {
    static const char *const bodies[] = {"", "[]", "{", "{}", "{\"TextBody\":\"x\"}", "null"};
    struct arena *a = arena_new();
    struct channel_account c = mails_account(CHANNEL_POSTMARK);
    (void)state;
    for (size_t k = 0; k < sizeof bodies / sizeof *bodies; k++) {
        struct wire_request q = json_call(bodies[k]);
        struct channel_call call = {&c, &q, MAILS_NOW_MS};
        struct inbound_list list = {0};
        assert_int_equal(postmark_channel.parse(a, &call, &list), ERR_MALFORMED);
    }
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_mail),
        cmocka_unit_test(test_raw_mail_and_verdict),
        cmocka_unit_test(test_what_is_no_mail),
    };
    mime_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
