#include "../../common/channel/split.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../common/codec/utf8.h"
#include "chance.h"

static int with_arena(void **state) {
    *state = arena_new();
    return 0;
}

static int without_arena(void **state) {
    arena_free(*state);
    return 0;
}

static void test_cuts_stand_where_people_would_cut(void **state) {
    static const struct {
        const char *text;
        int max;
        enum channel_unit unit;
        const char *parts[4];
    } rows[] = {
        {"", 10, CHANNEL_CODE_POINTS, {""}},
        {"short", 10, CHANNEL_CODE_POINTS, {"short"}},
        {"One.\n\nTwo two. Three", 18, CHANNEL_CODE_POINTS, {"One.", "Two two. Three"}},
        {"One one. Two two three", 20, CHANNEL_CODE_POINTS, {"One one.", "Two two three"}},
        {"One one one two", 12, CHANNEL_CODE_POINTS, {"One one one", "two"}},
        {"abcdefghij", 4, CHANNEL_CODE_POINTS, {"abcd", "efgh", "ij"}},
        {"a bcdefghijklmnop", 8, CHANNEL_CODE_POINTS, {"a bcdefg", "hijklmno", "p"}},
        {"\xE4\xBD\xA0\xE5\xA5\xBD\xE3\x80\x82\xE5\x86\x8D\xE8\xA7\x81",
         4,
         CHANNEL_CODE_POINTS,
         {"\xE4\xBD\xA0\xE5\xA5\xBD\xE3\x80\x82", "\xE5\x86\x8D\xE8\xA7\x81"}},
        {"\xC3\xA6\xC3\xA6\xC3\xA6", 5, CHANNEL_BYTES, {"\xC3\xA6\xC3\xA6", "\xC3\xA6"}},
        {"\xF0\x9F\x98\x80\xF0\x9F\x98\x80\xF0\x9F\x98\x80",
         5,
         CHANNEL_UTF16,
         {"\xF0\x9F\x98\x80\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"}},
        {"abce\xCC\x81", 4, CHANNEL_CODE_POINTS, {"abc", "e\xCC\x81"}},
        {"ab\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7",
         4,
         CHANNEL_CODE_POINTS,
         {"ab", "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7"}},
        {"abc\xF0\x9F\x87\xA9\xF0\x9F\x87\xB0",
         4,
         CHANNEL_CODE_POINTS,
         {"abc", "\xF0\x9F\x87\xA9\xF0\x9F\x87\xB0"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char **parts;
        int n = split_text(*state, rows[i].text, rows[i].max, rows[i].unit, &parts);
        for (int k = 0; k < 4 && rows[i].parts[k]; k++) {
            assert_true(k < n);
            assert_string_equal(parts[k], rows[i].parts[k]);
        }
        assert_true(n == 4 || !rows[i].parts[n]);
    }
}
static int units(const char *s, enum channel_unit unit) {
    int n = 0;
    uint32_t cp;
    for (int k; (k = utf8_next(s, &cp)) > 0; s += k)
        n += unit == CHANNEL_BYTES ? k : unit == CHANNEL_UTF16 && cp > 0xFFFF ? 2 : 1;
    return n;
}

static const char *const pieces[] = {"a",
                                     "word",
                                     " ",
                                     "\n",
                                     "\n\n",
                                     ". ",
                                     "!",
                                     "\xC3\xA6",
                                     "\xCC\x81",
                                     "\xE3\x80\x82",
                                     "\xE2\x80\x8D",
                                     "\xF0\x9F\x91\xA9",
                                     "\xF0\x9F\x87\xA9",
                                     "\r\n",
                                     "\xEF\xB8\x8F",
                                     "\xE3\x80\x80"};

static char *random_text(struct arena *a, struct chance *c) {
    char *text = arena_alloc(a, 4096);
    size_t n = 0;
    for (int k = chance_below(c, 400); k > 0; k--) {
        const char *piece = pieces[chance_below(c, sizeof pieces / sizeof *pieces)];
        memcpy(text + n, piece, strlen(piece));
        n += strlen(piece);
    }
    return text;
}

/* Only white space may stand between two parts. */
static const char *behind(const char *text, const char *part) {
    const char *at = strstr(text, part);
    assert_non_null(at);
    for (uint32_t cp; text < at; text += utf8_next(text, &cp)) {
        utf8_next(text, &cp);
        assert_true(utf8_script(cp) == UTF8_SPACE || cp == '\r' || cp == '\n');
    }
    return at + strlen(part);
}

static void check_random(struct chance *c) {
    struct arena *a = arena_new();
    enum channel_unit unit = (enum channel_unit)chance_below(c, 3);
    int max = SPLIT_MAX_LEAST + chance_below(c, 40);
    const char *text = random_text(a, c), **parts, **again, *rest = text;
    int n = split_text(a, text, max, unit, &parts);
    assert_int_equal(split_text(a, text, max, unit, &again), n);
    for (int i = 0; i < n; i++) {
        assert_true(utf8_valid(parts[i], strlen(parts[i])) && units(parts[i], unit) <= max);
        assert_string_equal(parts[i], again[i]);
        rest = behind(rest, parts[i]);
    }
    behind(rest, "");
    assert_int_equal(strspn(rest, " \r\n\xE3\x80"), strlen(rest));
    arena_free(a);
}

static void test_parts_fit_and_nothing_but_blanks_is_lost(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        struct chance c = chance_of(seed);
        check_random(&c);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cuts_stand_where_people_would_cut),
        cmocka_unit_test(test_parts_fit_and_nothing_but_blanks_is_lost),
    };
    return cmocka_run_group_tests(tests, with_arena, without_arena);
}
