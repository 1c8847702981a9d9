#include "../../common/channel/mail_json.h"

#include "../../common/channel/mail_reply.h"
#include "mails.h"

static const struct uid conversation = {
    {1, 2, 3, 4, 5, 6, 0x70, 8, 0x80, 10, 11, 12, 13, 14, 15, 16}};

static const char *metadata(struct arena *a, const char *to) {
    struct channel_account account = mails_account(CHANNEL_EMAIL_RAW);
    return mails_take_raw(a, &account,
                          span_of(arena_printf(a, "From: a@b.dk\nTo: x@y.dk\nCc: %s\n\nHej", to)))
        ->metadata;
}

static void test_a_signed_address_is_a_hint(void **state) {
    struct arena *a = arena_new();
    struct channel_account account = mails_account(CHANNEL_EMAIL_RAW);
    (void)state;
    assert_string_equal(
        metadata(a, mail_reply_address(a, &account, conversation, 5)),
        "{\"reply_to\":{\"conversation_id\":\"01020304-0506-7008-800a-0b0c0d0e0f10\",\"seq\":5}}");
    assert_null(metadata(a, "support+aaaa@shop.example"));
    account.reply_key[3]++;
    assert_null(metadata(a, mail_reply_address(a, &account, conversation, 5)));
    arena_free(a);
}

static void test_every_member_is_there(void **state) {
    static const char *const names[] = {"auto",       "message_id",        "in_reply_to",
                                        "references", "reply_to",          "to",
                                        "dsn",        "failed_recipients", "original_message_id"};
    struct arena *a = arena_new();
    struct channel_account account = mails_account(CHANNEL_EMAIL_RAW);
    json_t *j = NULL;
    (void)state;
    const char *mail = mails_take_raw(a, &account, span_of("From: a@b.dk\n\nHej"))->mail;
    assert_int_equal(json_load_span(span_of(mail), &j, NULL), OK);
    assert_int_equal(json_object_size(j), sizeof names / sizeof *names);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_non_null(json_object_get(j, names[i]));
    json_decref(j);
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_signed_address_is_a_hint),
        cmocka_unit_test(test_every_member_is_there),
    };
    mime_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
