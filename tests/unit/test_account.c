#include "../../common/model/account.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static enum err take(enum channel_kind kind, const char *credentials, const char *settings,
                     struct why *why) {
    static struct arena *a;
    json_auto c = json_loads(credentials, 0, NULL);
    json_auto s = json_loads(settings, 0, NULL);
    struct channel_account out = account_blank();
    arena_free(a);
    a = arena_new();
    *why = (struct why){0};
    out.kind = kind;
    TRY(account_parse_credentials(c, "/credentials", &out, why));
    return account_parse_settings(s, "/settings", &out, why);
}

static void test_every_kind_takes_what_the_contract_names(void **state) {
    static const struct {
        enum channel_kind kind;
        const char *credentials, *settings;
    } rows[] = {
        {CHANNEL_CONNECTOR, "{\"secret\":\"s\"}", "{\"outbound_url\":\"https://a.example\"}"},
        {CHANNEL_WEBCHAT, "{\"identity_secret\":\"s\"}",
         "{\"allowed_origins\":[\"https://a.example\"],\"quiet_ms\":500}"},
        {CHANNEL_WHATSAPP,
         "{\"app_secret\":[\"a\",\"b\"],\"verify_token\":\"v\",\"access_token\":\"t\"}",
         "{\"phone_number_id\":\"1\",\"api_base\":\"https://a.example\"}"},
        {CHANNEL_MESSENGER, "{\"app_secret\":\"a\",\"verify_token\":\"v\",\"access_token\":\"t\"}",
         "{\"page_id\":\"1\",\"api_base\":\"\"}"},
        {CHANNEL_INSTAGRAM, "{\"app_secret\":\"a\",\"verify_token\":\"v\",\"access_token\":\"t\"}",
         "{\"account_id\":\"1\"}"},
        {CHANNEL_TELEGRAM, "{\"secret_token\":\"a\",\"bot_token\":\"1:b\"}", "{}"},
        {CHANNEL_TWILIO, "{\"auth_token\":\"a\",\"account_sid\":\"AC1\"}",
         "{\"public_url\":\"https://a.example/h\",\"from\":\"+4512345678\"}"},
        {CHANNEL_LINE, "{\"channel_secret\":\"a\",\"access_token\":\"t\"}", "{}"},
        {CHANNEL_SLACK, "{\"signing_secret\":\"a\",\"access_token\":\"t\"}", "{}"},
        {CHANNEL_WECHAT, "{\"token\":\"a\",\"app_id\":\"i\",\"app_secret\":\"s\"}",
         "{\"time_zone\":\"Asia/Shanghai\"}"},
        {CHANNEL_MAILGUN, "{\"signing_key\":\"a\"}",
         "{\"address\":\"a@b.example\",\"smtp_url\":\"smtp://a.example\"}"},
        {CHANNEL_SENDGRID, "{\"username\":\"u\",\"password\":[\"a\",\"b\"]}", "{}"},
        {CHANNEL_POSTMARK, "{\"username\":\"u\",\"password\":\"a\"}", "{}"},
        {CHANNEL_EMAIL_RAW, "{}", "{\"trusted_authserv\":[\"mx.example\"]}"},
    };
    struct why why;
    (void)state;
    assert_int_equal(sizeof rows / sizeof *rows, channel_kind_count_);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (take(rows[i].kind, rows[i].credentials, rows[i].settings, &why) != OK)
            fail_msg("%s: %s %s", channel_kind_text(rows[i].kind), why.pointer, why.text);
}

static void test_what_is_wrong_is_named(void **state) {
    static const struct {
        enum channel_kind kind;
        const char *credentials, *settings, *pointer;
    } rows[] = {
        {CHANNEL_TELEGRAM, "{}", "{}", "/credentials/secret_token"},
        {CHANNEL_TELEGRAM, "{\"secret_token\":\"\"}", "{}", "/credentials/secret_token"},
        {CHANNEL_TELEGRAM, "{\"secret_token\":[]}", "{}", "/credentials/secret_token"},
        {CHANNEL_TELEGRAM, "{\"secret_token\":[\"a\",\"b\",\"c\"]}", "{}",
         "/credentials/secret_token"},
        {CHANNEL_TELEGRAM, "{\"secret_token\":\"a\",\"bot_token\":\"\"}", "{}",
         "/credentials/bot_token"},
        {CHANNEL_TELEGRAM, "{\"secret_token\":\"a\",\"secret\":\"b\"}", "{}",
         "/credentials/secret"},
        {CHANNEL_TELEGRAM, "{\"secret_token\":\"a\"}", "{\"page_id\":\"1\"}", "/settings/page_id"},
        {CHANNEL_POSTMARK, "{\"password\":\"a\"}", "{}", "/credentials/username"},
        {CHANNEL_EMAIL_RAW, "{\"secret\":\"a\"}", "{}", "/credentials/secret"},
        {CHANNEL_WEBCHAT, "{}", "{\"allowed_origins\":\"*\"}", "/settings/allowed_origins"},
        {CHANNEL_WEBCHAT, "{}", "{\"allowed_origins\":[1]}", "/settings/allowed_origins"},
        {CHANNEL_CONNECTOR, "{\"secret\":\"\"}", "{}", "/credentials/secret"},
    };
    struct why why;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(take(rows[i].kind, rows[i].credentials, rows[i].settings, &why),
                         ERR_INVALID);
        assert_string_equal(why.pointer, rows[i].pointer);
    }
}

static void test_credentials_written_are_read_back(void **state) {
    struct arena *a = arena_new();
    struct why why;
    (void)state;
    for (int kind = 0; kind < channel_kind_count_; kind++) {
        const struct account_shape *shape = account_shape(kind);
        struct channel_account one = account_blank(), other = account_blank(), kept;
        one.kind = other.kind = kind;
        if (shape->signing)
            one.secrets[one.n_secrets++] = "new \"one\"", one.secrets[one.n_secrets++] = "old";
        for (int i = 0; i < shape->n_credentials; i++)
            *(const char **)(void *)((char *)&one + shape->credentials[i].offset) =
                shape->credentials[i].name;
        buf_auto b;
        buf_init(&b, 4096);
        account_render_credentials(&one, &b);
        json_auto json = json_loads(b.p, 0, NULL);
        assert_int_equal(account_parse_credentials(json, "", &other, &why), OK);
        kept = account_blank();
        kept.kind = kind;
        account_keep_credentials(a, &other, &kept);
        assert_int_equal(kept.n_secrets, one.n_secrets);
        for (int i = 0; i < one.n_secrets; i++)
            assert_string_equal(kept.secrets[i], one.secrets[i]);
        for (int i = 0; i < shape->n_credentials; i++)
            assert_string_equal(account_text(&kept, &shape->credentials[i]),
                                shape->credentials[i].name);
    }
    arena_free(a);
}

static void test_what_is_kept_borrows_nothing(void **state) {
    struct arena *a = arena_new();
    char origin[] = "https://a.example", secret[] = "s", base[] = "https://b.example";
    struct channel_account c = account_blank();
    (void)state;
    c.secrets[c.n_secrets++] = secret;
    c.allowed_origins.items[c.allowed_origins.n++] = origin;
    c.api_base = base;
    account_keep(a, &c);
    memset(origin, 'x', sizeof origin - 1);
    secret[0] = base[0] = 'x';
    assert_string_equal(c.secrets[0], "s");
    assert_string_equal(c.api_base, "https://b.example");
    assert_string_equal(c.allowed_origins.items[0], "https://a.example");
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_takes_what_the_contract_names),
        cmocka_unit_test(test_what_is_wrong_is_named),
        cmocka_unit_test(test_credentials_written_are_read_back),
        cmocka_unit_test(test_what_is_kept_borrows_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
