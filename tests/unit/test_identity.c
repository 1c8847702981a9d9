#include "../../common/model/identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../common/codec/utf8.h"
#include "chance.h"

static const struct {
    const char *kind, *given, *normal; /* normal NULL: refused */
} cases[] = {
    {"email", "  Mette@Example.DK ", "mette@example.dk"},
    {"email", "mette+shop@example.dk", "mette+shop@example.dk"},
    {"email", "m.ette@example.dk", "m.ette@example.dk"},
    {"email", "mette@@example.dk", NULL},
    {"email", "mette@a@b", NULL},
    {"email", "mette", NULL},
    {"email", "@example.dk", NULL},
    {"email", "mette@", NULL},
    {"email", "met te@example.dk", NULL},
    {"email", "mette@example..dk", NULL},
    {"email", "mette@.dk", NULL},
    {"email", "Mette <mette@example.dk>", NULL},
    {"email", "mette\xE2\x80\x8B@example.dk", NULL},
    {"email", "\xEF\xBD\x8D@example.dk", "\xEF\xBD\x8D@example.dk"}, /* a full-width m is no m */
    {"phone", "+45 12 34 56 78", "+4512345678"},
    {"phone", "0045 12-34-56-78", "+4512345678"},
    {"phone", "+45 (12) 34.56.78", "+4512345678"},
    {"phone", "+49 (0) 30 123456", "+4930123456"},
    {"phone", "+49(0)30/123456", "+4930123456"},
    {"phone", "12345678", NULL},
    {"phone", "+0123456789", NULL},
    {"phone", "+45 12", NULL},
    {"phone", "+1234567890123456", NULL},
    {"phone", "+45 1234 5678 ext 3", NULL},
    {"phone", "+45+12345678", NULL},
    {"phone", "\xE2\x80\xAA+4512345678\xE2\x80\xAC", NULL},
    {"channel:web", " visitor-77\n", "visitor-77"},
    {"channel:web", "Visitor-77", "Visitor-77"},
    {"channel:web", "\xE3\x80\x80\xE7\x8E\x8B\xC2\xA0", "\xE7\x8E\x8B"},
    {"channel:web", "a\tb", NULL},
    {"channel:web",
     "a\xE2\x80\xAE"
     "b",
     NULL},
    {"channel:web", " \t ", NULL},
    {"channel:web", "", NULL},
    {"Email", "a@b.c", NULL},
    {"", "a", NULL},
    {"-x", "a", NULL},
};

static void test_equal_means_the_same_person_and_look_alikes_stay_apart(void **state) {
    (void)state;
    struct arena *a = arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *out = NULL;
        struct why why = {{0}, {0}};
        enum err e = identity_normalise(a, cases[i].kind, cases[i].given, &out, &why);
        if (e != (cases[i].normal ? OK : ERR_INVALID))
            fail_msg("%s %s: %s", cases[i].kind, cases[i].given, err_name(e));
        if (cases[i].normal)
            assert_string_equal(out, cases[i].normal);
        else
            assert_true(why.text[0] && why.pointer[0] == '/');
    }
    arena_free(a);
}

static void test_longest_values(void **state) {
    (void)state;
    struct arena *a = arena_new();
    const char *out;
    char *domain = arena_strdup(a, "m@");
    for (int i = 0; i < 25; i++)
        domain = arena_printf(a, "%sabcdefghi.", domain);
    char *fits = arena_printf(a, "%sdk", domain), *over = arena_printf(a, "%sdk1", domain);
    assert_int_equal(strlen(fits), 254);
    assert_int_equal(identity_normalise(a, "email", fits, &out, NULL), OK);
    assert_int_equal(identity_normalise(a, "email", over, &out, NULL), ERR_INVALID);
    char many[IDENTITY_VALUE_MAX + 2];
    memset(many, 'x', sizeof many);
    many[IDENTITY_VALUE_MAX + 1] = '\0';
    assert_int_equal(identity_normalise(a, "x", many, &out, NULL), ERR_INVALID);
    assert_int_equal(identity_normalise(a, "x", many + 1, &out, NULL), OK);
    arena_free(a);
}

static const char *random_value(struct arena *a, struct chance *c) {
    static const char *const parts[] = {"+",  "45", "0",   "00",      " ",  "-", "(0)",
                                        "(",  ")",  "@",   "A",       "b",  ".", "é",
                                        "王", "1",  "234", "5678901", "\t", "E"};
    char *s = arena_strdup(a, "");
    for (int n = chance_below(c, 12); n >= 0; n--)
        s = arena_printf(a, "%s%s", s, parts[chance_below(c, 20)]);
    return s;
}

static void test_normalising_twice_changes_nothing(void **state) {
    (void)state;
    static const char *const kinds[] = {"email", "phone", "channel:web"};
    struct arena *a = arena_new();
    struct chance c = chance_of(1);
    int accepted = 0;
    for (int i = 0; i < 100000; i++) {
        const char *kind = kinds[i % 3], *once, *twice;
        arena_reset(a);
        if (identity_normalise(a, kind, random_value(a, &c), &once, NULL) != OK)
            continue;
        accepted++;
        assert_true(utf8_valid(once, strlen(once)));
        assert_int_equal(identity_normalise(a, kind, once, &twice, NULL), OK);
        assert_string_equal(once, twice);
    }
    assert_true(accepted > 10000);
    arena_free(a);
}

static void test_buckets_are_stable_and_spread(void **state) {
    (void)state;
    int counts[256] = {0};
    char value[32];
    for (int i = 0; i < 25600; i++) {
        snprintf(value, sizeof value, "visitor-%d", i);
        counts[identity_bucket("channel:web", value)]++;
    }
    for (int i = 0; i < 256; i++)
        assert_in_range(counts[i], 50, 160);
    assert_int_equal(identity_bucket("email", "a@b.c"), identity_bucket("email", "a@b.c"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_means_the_same_person_and_look_alikes_stay_apart),
        cmocka_unit_test(test_longest_values),
        cmocka_unit_test(test_normalising_twice_changes_nothing),
        cmocka_unit_test(test_buckets_are_stable_and_spread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
