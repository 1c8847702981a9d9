#include "../../common/codec/mailbox.h"

#include <string.h>

#include "cases.h"

static void test_lists(void **state) {
    static const char *const rows[][2] = {
        {"a@b.dk", "|a@b.dk"},
        {"Mette <a@b.dk>", "Mette|a@b.dk"},
        {"\"Hansen, Mette\" <a@b.dk>", "Hansen, Mette|a@b.dk"},
        {"Hansen, Mette <a@b.dk>", "Hansen, Mette|a@b.dk"},
        {"=?utf-8?q?M=C3=A6tte?= <a@b.dk>, c@d.dk", "Mætte|a@b.dk;|c@d.dk"},
        {"\"M \\\"x\\\"\" <a@b.dk>", "M \"x\"|a@b.dk"},
        {"a@b.dk (Mette (the one))", "Mette (the one)|a@b.dk"},
        {"Team: a@b.dk, M <c@d.dk>;, e@f.dk", "|a@b.dk;M|c@d.dk;|e@f.dk"},
        {"undisclosed-recipients:;", ""},
        {"<mailto:a@b.dk>", "|a@b.dk"},
        {"<@x.dk,@y.dk:a@b.dk>", "|a@b.dk"},
        {"\"a@b.dk\" <a@b.dk>", "|a@b.dk"},
        {"'a@b.dk'", "|a@b.dk"},
        {"Mette <a@b.dk", "Mette|a@b.dk"},
        {"Mette", ""},
        {"", ""},
        {"<>", ""},
        {"a b@c.dk", ""},
        {"evil@x.dk <a@b.dk>", "evil@x.dk|a@b.dk"},
        {"a@b.dk; c@d.dk", "|a@b.dk;|c@d.dk"}};
    struct arena *a = arena_new();
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct mailbox out[8];
        const char *all = "";
        int n = mailbox_parse(a, rows[i][0], out, 8);
        for (int k = 0; k < n; k++)
            all = arena_printf(a, "%s%s%s|%s", all, k ? ";" : "", out[k].name, out[k].address);
        if (strcmp(all, rows[i][1]) != 0)
            fail_msg("%s: %s", rows[i][0], all);
    }
    arena_free(a);
}

static void test_sendable(void **state) {
    static const char *const good[] = {"a@b.dk", "a+b@c.d.dk", "o'x@b.dk", "a@localhost"};
    static const char *const bad[] = {
        "",         "a",     "@b.dk",   "a@",       "a b@c.dk", "a@b..dk",      "a@b.dk\r\nX",
        "a@b@c.dk", "a@.dk", "a@b.dk.", "<a@b.dk>", "a,b@c.dk", "\xc3\xa6@b.dk"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(mailbox_sendable(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(mailbox_sendable(bad[i]));
    assert_string_equal(mailbox_domain("a@b@c.dk"), "c.dk");
    assert_string_equal(mailbox_domain("a"), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_sendable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
