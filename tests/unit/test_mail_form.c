#include "../../common/channel/mail_form.h"

#include "mails.h"

static enum err basic(struct arena *a, struct channel_account *c, const char *value) {
    struct wire_header h = {"authorization", value};
    struct wire_request q = {"POST", "/", &h, value ? 1 : 0, {"", 0}};
    struct channel_call call = {c, &q, MAILS_NOW_MS};
    return mail_form_basic(a, &call);
}

static const char *token(struct arena *a, const char *text) {
    return arena_printf(a, "Basic %s", enc_base64(a, text, strlen(text)));
}

static void test_basic(void **state) {
    struct arena *a = arena_new();
    struct channel_account c = mails_account(CHANNEL_POSTMARK);
    static const char *const wrong[] = {
        "hook:",           "hook", ":new-secret", "hook:new-secre", "hook:new-secret ",
        "Hook:new-secret", "",     "x:y"};
    (void)state;
    assert_int_equal(basic(a, &c, token(a, "hook:new-secret")), OK);
    assert_int_equal(basic(a, &c, token(a, "hook:old-secret")), OK);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(basic(a, &c, token(a, wrong[i])), ERR_UNKNOWN_KEY);
    assert_int_equal(basic(a, &c, NULL), ERR_UNKNOWN_KEY);
    assert_int_equal(basic(a, &c, "Basic !!!"), ERR_UNKNOWN_KEY);
    assert_int_equal(basic(a, &c, "Bearer x"), ERR_UNKNOWN_KEY);
    c.n_secrets = 0;
    assert_int_equal(basic(a, &c, token(a, "hook:")), ERR_UNKNOWN_KEY);
    c.secrets[0] = "";
    c.n_secrets = 1;
    assert_int_equal(basic(a, &c, token(a, "hook:")), ERR_UNKNOWN_KEY);
    arena_free(a);
}

static void test_both_encodings_are_one_form(void **state) {
    struct arena *a = arena_new();
    struct wire_header type = {"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"};
    struct wire_request q = {"POST", "/", &type, 1, span_of("From=a%40b.dk&text=%E6+x&from=no")};
    struct mail_form form;
    (void)state;
    assert_int_equal(mail_form_parse(a, &q, &form), OK);
    assert_string_equal(mail_form_text(a, &form, "from"), "a@b.dk");
    assert_string_equal(mail_form_text(a, &form, "text"), "æ x");
    assert_string_equal(mail_form_text(a, &form, "none"), "");
    assert_null(mail_form_bytes(&form, "none").p);
    type.value = "text/plain";
    assert_int_equal(mail_form_parse(a, &q, &form), ERR_MALFORMED);
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_basic),
        cmocka_unit_test(test_both_encodings_are_one_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
