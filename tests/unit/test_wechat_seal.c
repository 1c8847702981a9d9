#include "../../common/channel/wechat_seal.h"

#include "cases.h"
#include "dialect_account.h"
#include "sealed.h"

static void test_what_is_sealed_opens(void **state) {
    struct channel_account c = account_blank();
    struct span plain;
    c.encoding_key = SEALED_KEY;
    c.app_id = "wx1";
    assert_int_equal(wechat_seal_open(*state, &c, SEALED, &plain), OK);
    assert_true(plain.n > 5 && memcmp(plain.p, "<xml>", 5) == 0);
    assert_true(memcmp(plain.p + plain.n - 6, "</xml>", 6) == 0);
    c.app_id = "";
    assert_int_equal(wechat_seal_open(*state, &c, SEALED, &plain), OK);
}

/* The same key written with bits that no byte uses. */
static void test_a_key_may_end_in_any_of_its_spellings(void **state) {
    struct channel_account c = account_blank();
    struct span plain;
    char *key = arena_strdup(*state, SEALED_KEY);
    c.encoding_key = key;
    key[42] = 'Z';
    assert_int_equal(wechat_seal_open(*state, &c, SEALED, &plain), OK);
    key[42] = '!';
    assert_int_equal(wechat_seal_open(*state, &c, SEALED, &plain), ERR_MALFORMED);
}

static void test_what_is_not_sealed_so_is_refused(void **state) {
    static const struct {
        const char *key, *app, *sealed;
    } rows[] = {
        {SEALED_KEY, "wx1", SEALED_FOREIGN},
        {SEALED_KEY, "wx1", ""},
        {SEALED_KEY, "wx1", "AAAA"},
        {SEALED_KEY, "wx1", "not base64"},
        {"short", "wx1", SEALED},
        {"", "wx1", SEALED},
        {"ZZEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY", "wx1", SEALED},
        {SEALED_KEY, "wx1", "AAAAAAAAAAAAAAAAAAAAAA=="},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct channel_account c = account_blank();
        struct span plain;
        c.encoding_key = rows[i].key;
        c.app_id = rows[i].app;
        assert_int_equal(wechat_seal_open(*state, &c, rows[i].sealed, &plain), ERR_MALFORMED);
    }
}

static void test_any_token_of_the_account_proves(void **state) {
    struct channel_account c = account_blank();
    struct wire_request r = {"POST", "/x?timestamp=1795255200&nonce=nonce", NULL, 0, {"", 0}};
    struct channel_call call = {&c, &r, 0};
    assert_int_equal(wechat_seal_check(*state, &call, "", SEALED_PLAIN_SIGNATURE), ERR_UNKNOWN_KEY);
    c.secrets[c.n_secrets++] = "a newer token";
    c.secrets[c.n_secrets++] = SEALED_TOKEN;
    assert_int_equal(wechat_seal_check(*state, &call, "", SEALED_PLAIN_SIGNATURE), OK);
    assert_int_equal(wechat_seal_check(*state, &call, SEALED, SEALED_SIGNATURE), OK);
    assert_int_equal(wechat_seal_check(*state, &call, SEALED_FOREIGN, SEALED_SIGNATURE),
                     ERR_UNKNOWN_KEY);
    r.url = "/x?timestamp=1795255201&nonce=nonce";
    assert_int_equal(wechat_seal_check(*state, &call, "", SEALED_PLAIN_SIGNATURE), ERR_UNKNOWN_KEY);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_sealed_opens),
        cmocka_unit_test(test_a_key_may_end_in_any_of_its_spellings),
        cmocka_unit_test(test_what_is_not_sealed_so_is_refused),
        cmocka_unit_test(test_any_token_of_the_account_proves),
    };
    return cmocka_run_group_tests(tests, dialect_with_arena, dialect_without_arena);
}
