#include "../../common/codec/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int with_arena(void **state) {
    *state = arena_new();
    return 0;
}

static int without_arena(void **state) {
    arena_free(*state);
    return 0;
}

/* The tokens of s joined by '|'. */
static const char *joined(struct arena *a, struct text_tokens t) {
    const char *all = "";
    for (int i = 0; i < t.n; i++)
        all = arena_printf(a, "%s%s%s", all, i ? "|" : "", t.items[i].fold);
    return all;
}

static void check_tokens(struct arena *a, const char *s, const char *expected) {
    assert_string_equal(joined(a, text_tokens(a, s, 100)), expected);
}

static void test_words_are_cut_and_folded(void **state) {
    check_tokens(*state, "Where is my ORDER?", "where|is|my|order");
    check_tokens(*state, "  Blåbærgrød,\tÆrø!\n", "blåbærgrød|ærø");
    check_tokens(*state, "order#A12-b34", "order|a12|b34");
    check_tokens(*state, "Где мой ЗАКАЗ", "где|мой|заказ");
    check_tokens(*state, "ｗｉｄｅ　ＴＥＸＴ１", "wide|text1");
    check_tokens(*state, "", "");
    check_tokens(*state, " ...!? 😀 ", "");
}

static void test_apostrophes_belong_inside_words_only(void **state) {
    check_tokens(*state, "don't 'quote' it’s l’été rock'n'roll'",
                 "don't|quote|it's|l'été|rock'n'roll");
    check_tokens(*state, "''a''b''", "a|b");
    check_tokens(*state, "x'包", "x|包");
}

static void test_each_ideograph_is_a_token(void **state) {
    check_tokens(*state, "我的order在哪里？", "我|的|order|在|哪|里");
    check_tokens(*state, "カナ한글", "カ|ナ|한|글");
}

static void check_span(const struct text_token *t, int start, int end, bool ideograph, bool upper) {
    assert_int_equal(t->start, start);
    assert_int_equal(t->end, end);
    assert_int_equal(t->ideograph, ideograph);
    assert_int_equal(t->upper, upper);
}

static void test_spans_are_code_points_of_the_original(void **state) {
    struct text_tokens t = text_tokens(*state, "😀 ÆØÅ, 包x İZ", 100);
    assert_int_equal(t.n, 4);
    check_span(&t.items[0], 2, 5, false, true);
    check_span(&t.items[1], 7, 8, true, false);
    check_span(&t.items[2], 8, 9, false, false);
    check_span(&t.items[3], 10, 12, false, true);
    assert_string_equal(t.items[3].fold, "iz");
}

static void test_upper_needs_two_capitals_and_no_small_letter(void **state) {
    static const struct {
        const char *word;
        bool upper;
    } words[] = {{"HELP", true}, {"Help", false}, {"I", false},     {"A1", false}, {"AB1", true},
                 {"123", false}, {"DON'T", true}, {"DON't", false}, {"ЖУК", true}, {"عربي", false},
                 {"ＡＢ", true}, {"ａｂ", false}, {"ab", false}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        struct text_tokens t = text_tokens(*state, words[i].word, 5);
        assert_int_equal(t.n, 1);
        if (t.items[0].upper != words[i].upper)
            fail_msg("%s", words[i].word);
    }
}

static void test_no_more_than_max_tokens(void **state) {
    struct arena *a = *state;
    assert_string_equal(joined(a, text_tokens(a, "a b c d", 2)), "a|b");
    assert_int_equal(text_tokens(a, "a b c d", 4).n, 4);
    assert_int_equal(text_tokens(a, "a b c d", 0).n, 0);
    assert_int_equal(text_tokens(a, "包a包a包", 1000).n, 5);
    assert_int_equal(text_tokens(a, "a", 1000).n, 1);
}

static void test_fold_collapses_white_space(void **state) {
    struct arena *a = *state;
    assert_string_equal(text_fold(a, "  Hello,\t\r\n  WORLD!  "), "hello, world!");
    assert_string_equal(text_fold(a, "Ｈｉ　’Ø’"), "hi 'ø'");
    assert_string_equal(text_fold(a, " \n"), "");
    assert_string_equal(text_fold(a, ""), "");
}

static void check_terms(struct arena *a, const char *s, int max, const char *expected) {
    const char **terms, *all = "";
    int n = text_search_terms(a, s, max, &terms);
    for (int i = 0; i < n; i++)
        all = arena_printf(a, "%s%s%s", all, i ? "|" : "", terms[i]);
    assert_string_equal(all, expected);
}

static void test_search_terms_are_words_and_bigrams(void **state) {
    check_terms(*state, "My Order", 10, "my|order");
    check_terms(*state, "我的订单", 10, "我的|的订|订单");
    check_terms(*state, "包", 10, "包");
    check_terms(*state, "包 裹", 10, "包|裹");
    check_terms(*state, "order订单no包5", 10, "order|订单|no|包|5");
    check_terms(*state, "", 10, "");
    check_terms(*state, "a b c", 2, "a|b");
}

/* The values are stored in databases: a change of any of them is a migration. */
static void test_the_hash_never_changes(void **state) {
    (void)state;
    assert_true(text_hash("", 0, 0) == UINT64_C(0xEFD01F60BA992926));
    assert_true(text_hash("a", 1, 0) == UINT64_C(0x82A2A958A9BECE5B));
    assert_true(text_hash("redthread", 9, 0) == UINT64_C(0x8A8E1EEAEA8F2AC2));
    assert_true(text_hash("redthread", 9, 1) == UINT64_C(0xA74B15305EBAC14E));
}

static void test_the_hash_depends_on_all_it_is_given(void **state) {
    (void)state;
    assert_true(text_hash("a\0b", 3, 0) != text_hash("a\0c", 3, 0));
    assert_true(text_hash("ab", 2, 0) != text_hash("ba", 2, 0));
    assert_true(text_hash("a", 1, 0) != text_hash("a", 1, 1));
    assert_true(text_hash("a", 1, 0) != text_hash("b", 1, 3));
}

static void test_the_hash_spreads_over_buckets(void **state) {
    (void)state;
    int low[256] = {0}, high[256] = {0};
    for (int i = 0; i < 256 * 100; i++) {
        char text[16];
        int n = snprintf(text, sizeof text, "%d", i);
        uint64_t h = text_hash(text, (size_t)n, 0);
        low[h & 255]++;
        high[h >> 56]++;
    }
    for (int i = 0; i < 256; i++) {
        assert_in_range(low[i], 50, 150);
        assert_in_range(high[i], 50, 150);
    }
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, with_arena, without_arena)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(test_words_are_cut_and_folded),
        CASE(test_apostrophes_belong_inside_words_only),
        CASE(test_each_ideograph_is_a_token),
        CASE(test_spans_are_code_points_of_the_original),
        CASE(test_upper_needs_two_capitals_and_no_small_letter),
        CASE(test_no_more_than_max_tokens),
        CASE(test_fold_collapses_white_space),
        CASE(test_search_terms_are_words_and_bigrams),
        CASE(test_the_hash_never_changes),
        CASE(test_the_hash_depends_on_all_it_is_given),
        CASE(test_the_hash_spreads_over_buckets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
