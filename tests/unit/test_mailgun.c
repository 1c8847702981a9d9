#include "../../common/channel/mailgun.h"

#include "../../common/codec/crypto.h"
#include "mail_forms.h"
#include "mails.h"

#define HEADERS                                                                                    \
    "[[\"From\", \"Mette <m@example.dk>\"], [\"To\", \"support@shop.example\"], [\"Subject\", "    \
    "\"Re: x\"], [\"Message-Id\", \"<1@example.dk>\"], [\"References\", \"<a@b>\"], "              \
    "[\"References\", \"<c@d>\"], [\"Date\", \"Mon, 3 Jun 2024 10:12:00 +0000\"]]"

static enum err proves(struct arena *a, const char *secret, int64_t at_s, const char *token,
                       const char *sign_token) {
    struct channel_account c = mails_account(CHANNEL_MAILGUN);
    const char *time = arena_printf(a, "%lld", (long long)at_s);
    uint8_t mac[CRYPTO_SHA256_BYTES] = {0};
    if (*secret)
        assert_int_equal(crypto_hmac_sha256(span_of(secret),
                                            span_of(arena_printf(a, "%s%s", time, sign_token)),
                                            mac),
                         OK);
    struct mail_field fields[] = {{"timestamp", NULL, time},
                                  {"token", NULL, token},
                                  {"signature", NULL, *secret ? enc_hex(a, mac, sizeof mac) : ""},
                                  {NULL, NULL, NULL}};
    struct wire_request q = mail_forms(a, fields);
    struct channel_call call = {&c, &q, MAILS_NOW_MS};
    return mailgun_channel.verify(a, &call);
}

static void test_proof(void **state) {
    struct arena *a = arena_new();
    int64_t now = MAILS_NOW_MS / 1000;
    (void)state;
    assert_int_equal(proves(a, "new-secret", now, "t", "t"), OK);
    assert_int_equal(proves(a, "old-secret", now, "t", "t"), OK);
    assert_int_equal(proves(a, "new-secret", now - 8 * 3600, "t", "t"), OK);
    assert_int_equal(proves(a, "new-secret", now - 10 * 3600, "t", "t"), ERR_UNKNOWN_KEY);
    assert_int_equal(proves(a, "new-secret", now + 3600, "t", "t"), ERR_UNKNOWN_KEY);
    assert_int_equal(proves(a, "new-secret", now, "t", "u"), ERR_UNKNOWN_KEY);
    assert_int_equal(proves(a, "another", now, "t", "t"), ERR_UNKNOWN_KEY);
    assert_int_equal(proves(a, "", now, "t", "t"), ERR_UNKNOWN_KEY);
    arena_free(a);
}

static void test_a_parsed_mail(void **state) {
    struct arena *a = arena_new();
    struct channel_account c = mails_account(CHANNEL_MAILGUN);
    struct mail_field fields[] = {{"recipient", NULL, "support+x@shop.example"},
                                  {"sender", NULL, "bounce@example.dk"},
                                  {"from", NULL, "Mette <m@example.dk>"},
                                  {"body-plain", NULL, "Ja\r\n\r\n> Nej\r\n"},
                                  {"body-html", NULL, "<p>Ja</p>"},
                                  {"message-headers", NULL, HEADERS},
                                  {"attachment-1", "a.png", "PNG"},
                                  {NULL, NULL, NULL}};
    struct wire_request q = mail_forms(a, fields);
    (void)state;
    const struct inbound *i = mails_take(a, &c, &q);
    assert_int_equal(i->type, INBOUND_MESSAGE);
    assert_string_equal(i->external_id, "1@example.dk");
    assert_string_equal(i->address, "m@example.dk");
    assert_string_equal(i->text, "Ja");
    assert_string_equal(i->full_text, "Ja\n\n> Nej");
    assert_string_equal(i->html, "<p>Ja</p>");
    assert_int_equal(i->sent_ms, MAILS_NOW_MS);
    assert_int_equal(i->n_attachments, 1);
    assert_string_equal(i->attachments[0].name, "a.png");
    assert_non_null(strstr(i->mail, "\"references\":[\"a@b\",\"c@d\"]"));
    arena_free(a);
}

static void test_fields_without_the_list_and_urlencoded(void **state) {
    struct arena *a = arena_new();
    struct channel_account c = mails_account(CHANNEL_MAILGUN);
    struct wire_header type = {"Content-Type", "application/x-www-form-urlencoded"};
    struct wire_request q = {
        "POST", "/", &type, 1,
        span_of("sender=m%40example.dk&From=Mette+%3Cm%40example.dk%3E&subject="
                "Hej&Message-Id=%3C2%40example.dk%3E&body-plain=&body-html="
                "%3Cp%3Ehtml%3C%2Fp%3E&Auto-Submitted=auto-replied")};
    (void)state;
    const struct inbound *i = mails_take(a, &c, &q);
    assert_int_equal(i->type, INBOUND_AUTO_REPLY);
    assert_string_equal(i->external_id, "2@example.dk");
    assert_string_equal(i->text, "html");
    assert_string_equal(i->subject, "Hej");
    arena_free(a);
}

static void test_a_raw_mail(void **state) {
    struct arena *a = arena_new();
    struct channel_account c = mails_account(CHANNEL_MAILGUN);
    struct mail_field fields[] = {
        {"sender", NULL, "m@example.dk"},
        {"body-mime", NULL,
         "From: m@example.dk\nMessage-ID: <3@example.dk>\nDKIM-Signature: v=1; d=example.dk; s=x\n"
         "X-Mailgun-Dkim-Check-Result: Pass\n\nHej"},
        {NULL, NULL, NULL}};
    struct wire_request q = mail_forms(a, fields);
    (void)state;
    assert_string_equal(mails_take(a, &c, &q)->sender.kind, "");
    c.trusted_authserv = (struct account_list){{"mailgun"}, 1};
    const struct inbound *i = mails_take(a, &c, &q);
    assert_string_equal(i->text, "Hej");
    assert_string_equal(i->sender.value, "m@example.dk");
    assert_int_equal(i->sender.trust, TRUST_VERIFIED);
    arena_free(a);
}

static void test_what_holds_no_mail(void **state) {
    struct arena *a = arena_new();
    struct channel_account c = mails_account(CHANNEL_MAILGUN);
    struct mail_field fields[] = {{"timestamp", NULL, "1"}, {NULL, NULL, NULL}};
    struct wire_request q = mail_forms(a, fields), cut = q;
    struct channel_call call = {&c, &q, MAILS_NOW_MS}, second = {&c, &cut, MAILS_NOW_MS};
    struct inbound_list list = {0};
    (void)state;
    cut.body.n -= 8;
    assert_int_equal(mailgun_channel.parse(a, &call, &list), ERR_MALFORMED);
    assert_int_equal(mailgun_channel.parse(a, &second, &list), ERR_MALFORMED);
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_proof),
        cmocka_unit_test(test_a_parsed_mail),
        cmocka_unit_test(test_fields_without_the_list_and_urlencoded),
        cmocka_unit_test(test_a_raw_mail),
        cmocka_unit_test(test_what_holds_no_mail),
    };
    mime_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
