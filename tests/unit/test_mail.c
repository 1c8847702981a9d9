#include "../../common/channel/mail.h"

#include "../../common/base/clock.h"
#include "mails.h"

static bool same(const json_t *one, const char *name, const char *got) {
    const char *want = cases_text(one, name, NULL);
    bool ok = !want || !strcmp(want, got);
    if (!ok)
        print_error("%s: %s \"%s\"\n", cases_text(one, "name", "?"), name, got);
    return ok;
}

/* Members of the contract's `mail` that the case names. */
static bool same_mail(const json_t *one, const struct inbound *i) {
    json_t *want = json_object_get(one, "mail"), *got = NULL, *value;
    const char *name;
    bool ok = true;
    assert_int_equal(json_load_span(span_of(i->mail), &got, NULL), OK);
    json_object_foreach(want, name, value) {
        if (json_equal(value, json_object_get(got, name)))
            continue;
        print_error("%s: %s in %s\n", cases_text(one, "name", "?"), name, i->mail);
        ok = false;
    }
    json_decref(got);
    return ok;
}

static bool same_proof(const json_t *one, const struct inbound *i) {
    const json_t *want = json_object_get(one, "verified");
    bool verified = i->sender.trust == TRUST_VERIFIED && !strcmp(i->sender.kind, "email");
    if (want && verified != json_is_true(want))
        print_error("%s: proven %d\n", cases_text(one, "name", "?"), verified);
    return !want || verified == json_is_true(want);
}

static bool same_texts(const json_t *one, const struct inbound *i) {
    char sent[CLOCK_RFC3339_MAX];
    return same(one, "type", inbound_type_text(i->type)) &
           same(one, "external_id", i->external_id) & same(one, "about", i->about) &
           same(one, "address", i->address) & same(one, "from_name", i->name) &
           same(one, "subject", i->subject) & same(one, "text", i->text) &
           same(one, "full_text", i->full_text) & same(one, "in_reply_to", i->in_reply_to) &
           same(one, "locale", i->locale) & same(one, "why", i->why) &
           same(one, "status", delivery_status_text(i->status)) &
           same(one, "error_code", i->error_code) & same(one, "error", i->error) &
           same(one, "sent", clock_rfc3339(i->sent_ms, sent));
}

static bool as_expected(struct arena *a, const json_t *one) {
    struct channel_account account = mails_account(CHANNEL_EMAIL_RAW);
    const json_t *trusted = json_object_get(one, "trusted");
    struct span raw = span_of(cases_text(one, "raw", ""));
    if (cases_text(one, "hex", NULL))
        assert_int_equal(enc_unhex(a, span_of(cases_text(one, "hex", "")), &raw), OK);
    account.trusted_authserv.n = (int)json_array_size(trusted);
    for (int i = 0; i < account.trusted_authserv.n; i++)
        account.trusted_authserv.items[i] = json_string_value(json_array_get(trusted, (size_t)i));
    const struct inbound *i = mails_take_raw(a, &account, raw);
    return same_texts(one, i) & same_mail(one, i) & same_proof(one, i);
}

static void test_cases(void **state) {
    struct arena *a = arena_new();
    json_t *all = cases_load("channel/mail"), *one;
    size_t i;
    int bad = 0;
    (void)state;
    json_array_foreach(all, i, one) bad += !as_expected(a, one);
    json_decref(all);
    arena_free(a);
    assert_int_equal(bad, 0);
}

/* What a provider sends twice is the same event twice. */
static void test_the_same_mail_is_the_same_event(void **state) {
    struct arena *a = arena_new();
    struct channel_account account = mails_account(CHANNEL_EMAIL_RAW);
    struct span raw = span_of("From: a@b.dk\nSubject: x\n\nHej");
    (void)state;
    const char *first = mails_take_raw(a, &account, raw)->external_id;
    assert_string_equal(first, mails_take_raw(a, &account, raw)->external_id);
    assert_memory_equal(first, "sha256:", 7);
    arena_free(a);
}

static void test_attachments_and_an_identity_that_is_claimed(void **state) {
    struct arena *a = arena_new();
    struct channel_account account = mails_account(CHANNEL_EMAIL_RAW);
    const struct inbound *i = mails_take_raw(
        a, &account,
        span_of("From: A@B.dk\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nHej\n--b\n"
                "Content-Type: image/png; name=x.png\nContent-Transfer-Encoding: base64\n\n"
                "UE5H\n--b--\n"));
    (void)state;
    assert_int_equal(i->n_attachments, 1);
    assert_string_equal(i->attachments[0].name, "x.png");
    assert_int_equal(i->attachments[0].size, 3);
    assert_true(span_is(i->attachments[0].bytes, "PNG"));
    assert_string_equal(i->sender.kind, "");
    assert_int_equal(i->n_identities, 1);
    assert_string_equal(i->identities[0].value, "a@b.dk");
    assert_int_equal(i->identities[0].trust, TRUST_CLAIMED);
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_the_same_mail_is_the_same_event),
        cmocka_unit_test(test_attachments_and_an_identity_that_is_claimed),
    };
    mime_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
