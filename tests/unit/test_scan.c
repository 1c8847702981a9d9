#include "../../common/nlu/scan.h"

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

static struct scan scan_of(void **state, const char *text) {
    struct scan s;
    scan_text(*state, text, &s);
    return s;
}

static void test_words_numbers_ideographs_and_emoji_are_pieces(void **state) {
    struct scan s = scan_of(state, "Don\xE2\x80\x99t call 112, 你好 😡 :(");
    static const char *const folds[] = {"don't", "call", "112", "你", "好", "😡", ":("};
    static const enum scan_kind kinds[] = {SCAN_WORD,      SCAN_WORD,  SCAN_NUMBER, SCAN_IDEOGRAPH,
                                           SCAN_IDEOGRAPH, SCAN_EMOJI, SCAN_EMOJI};
    assert_int_equal(s.n, 7);
    for (int i = 0; i < s.n; i++) {
        assert_string_equal(s.items[i].fold, folds[i]);
        assert_int_equal(s.items[i].kind, kinds[i]);
    }
    assert_int_equal(s.items[3].start, 16);
    assert_int_equal(s.items[3].before, SCAN_CLAUSE);
    assert_int_equal(s.code_points, 23);
}

static void test_stretched_and_shouted_words_are_marked(void **state) {
    struct scan s = scan_of(state, "SOOOO slow");
    assert_string_equal(s.items[0].fold, "so");
    assert_true(s.items[0].stretched && s.items[0].upper);
    assert_false(s.items[1].upper);
    assert_int_equal(s.capitals, 5);
}

/* Plain words are read by a short way; what it says is what the long way says of the same word. */
static void test_the_short_way_and_the_long_way_agree(void **state) {
    static const char *const words[] = {"parcel", "Parcel", "PARCEL", "I",
                                        "iPhone", "a",      "XX",     "zZ"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        char marked[32];
        snprintf(marked, sizeof marked, "%s'", words[i]); /* an apostrophe takes the long way */
        struct scan plain = scan_of(state, words[i]), way = scan_of(state, marked);
        assert_int_equal(way.n, 1);
        assert_string_equal(plain.items[0].fold, way.items[0].fold);
        assert_true(plain.items[0].hash == way.items[0].hash);
        assert_int_equal(plain.items[0].end, way.items[0].end);
        assert_int_equal(plain.items[0].capital, way.items[0].capital);
        assert_int_equal(plain.items[0].upper, way.items[0].upper);
        assert_int_equal(plain.letters, way.letters);
        assert_int_equal(plain.capitals, way.capitals);
    }
}

static void test_runs_of_marks_are_measured(void **state) {
    struct scan s = scan_of(state, "what?? no!!! really");
    assert_int_equal(s.questions, 2);
    assert_int_equal(s.exclamations, 3);
    assert_true(s.items[0].asked && !s.items[1].asked);
    assert_int_equal(s.items[1].before, SCAN_SENTENCE);
}

static void test_an_open_end_is_seen(void **state) {
    assert_true(scan_of(state, "and then...").trails_off);
    assert_true(scan_of(state, "first,").trails_off);
    assert_false(scan_of(state, "done.").trails_off);
}

static void test_a_long_text_is_cut_not_overrun(void **state) {
    size_t n = 4 * SCAN_PIECES_MAX;
    char *text = arena_alloc(*state, n + 1);
    for (size_t i = 0; i < n; i++)
        text[i] = i % 2 ? ' ' : 'a';
    struct scan s = scan_of(state, text);
    assert_int_equal(s.n, SCAN_PIECES_MAX);
    assert_int_equal(s.code_points, n);
}

/* Which pieces are quoted, one letter each. */
static void expect_quoted(void **state, const char *text, const char *quoted) {
    struct scan s = scan_of(state, text);
    assert_int_equal(s.n, strlen(quoted));
    for (int i = 0; i < s.n; i++)
        if (s.items[i].quoted != (quoted[i] == 'q'))
            fail_msg("%s: piece %d", text, i);
}

static void test_what_stands_between_quotation_marks_is_quoted(void **state) {
    expect_quoted(state, "she said \"not me\" twice", "..qq.");
    expect_quoted(state, "sie sagte „nicht ich“ und ging", "..qq..");
    expect_quoted(state, "he said “not me” twice", "..qq.");
    expect_quoted(state, "a «b» c “d” \"e\" f", ".q.qq.");
    expect_quoted(state, "她说「不」了", "..q.");
}

static void test_an_unended_or_all_embracing_quotation_is_none(void **state) {
    expect_quoted(state, "the 55\" screen is broken", ".....");
    expect_quoted(state, "\"my parcel is lost\"", "....");
    expect_quoted(state, "\"\"", "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_words_numbers_ideographs_and_emoji_are_pieces,
                                        with_arena, without_arena),
        cmocka_unit_test_setup_teardown(test_stretched_and_shouted_words_are_marked, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_the_short_way_and_the_long_way_agree, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_runs_of_marks_are_measured, with_arena, without_arena),
        cmocka_unit_test_setup_teardown(test_an_open_end_is_seen, with_arena, without_arena),
        cmocka_unit_test_setup_teardown(test_what_stands_between_quotation_marks_is_quoted,
                                        with_arena, without_arena),
        cmocka_unit_test_setup_teardown(test_an_unended_or_all_embracing_quotation_is_none,
                                        with_arena, without_arena),
        cmocka_unit_test_setup_teardown(test_a_long_text_is_cut_not_overrun, with_arena,
                                        without_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
