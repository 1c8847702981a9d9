#include "../../common/nlu/lexicon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
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

#define FIELDS 4

static struct lexicon_hits find(void **state, const char *text, const char *language) {
    struct scan s;
    struct lexicon_hits hits;
    scan_text(*state, text, &s);
    lexicon_find(*state, &s, lexicon_language(language), &hits);
    return hits;
}

static const struct lexicon_hit *hit_in(const struct lexicon_hits *hits, enum lexicon_file file) {
    for (int i = 0; i < hits->n; i++)
        if (hits->items[i].entry->file == file)
            return &hits->items[i];
    return NULL;
}

static void test_the_longest_phrase_of_a_file_wins(void **state) {
    struct lexicon_hits hits = find(state, "no problem", "en");
    const struct lexicon_hit *h = hit_in(&hits, LEXICON_EMOTION);
    assert_non_null(h);
    assert_int_equal(h->entry->label, LEXICON_POSITIVE);
    assert_int_equal(h->to, 2);
}

static void test_only_the_languages_asked_for_are_found(void **state) {
    struct lexicon_hits german = find(state, "wütend", "de"), english = find(state, "wütend", "en");
    assert_non_null(hit_in(&german, LEXICON_EMOTION));
    assert_null(hit_in(&english, LEXICON_EMOTION));
    assert_int_equal(lexicon_language("fr"), 0);
}

static void test_what_was_found_is_spelled_out(void **state) {
    static const char *const said[] = {"fifth time", "umpteenth reminder", "countless times"};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        struct lexicon_hits hits = find(state, said[i], "en");
        const struct lexicon_hit *h = hit_in(&hits, LEXICON_EMOTION);
        assert_non_null(h);
        assert_non_null(memchr(h->entry->pattern, '|', (size_t)h->entry->pattern_n));
        assert_string_equal(lexicon_phrase(*state, h), said[i]);
    }
}

static void test_a_star_stands_for_any_ending(void **state) {
    struct lexicon_hits hits = find(state, "teleurgesteldheid", "nl");
    assert_non_null(hit_in(&hits, LEXICON_EMOTION));
}

static void test_a_gap_ends_at_a_mark(void **state) {
    struct lexicon_hits near = find(state, "speak to your nice manager", "en");
    struct lexicon_hits far = find(state, "speak to your, well, nice manager", "en");
    const struct lexicon_hit *h = hit_in(&near, LEXICON_WISH), *f = hit_in(&far, LEXICON_WISH);
    assert_int_equal(h->to, 5);
    assert_true(!f || f->to < 7);
}

static void test_no_phrase_reaches_over_a_sentence(void **state) {
    struct lexicon_hits hits = find(state, "I said no. Problem number two", "en");
    for (int i = 0; i < hits.n; i++)
        assert_false(hits.items[i].from == 2 && hits.items[i].to == 4);
}

static void test_traditional_text_finds_simplified_phrases(void **state) {
    struct lexicon_hits hits = find(state, "轉人工", "zh");
    assert_int_equal(hit_in(&hits, LEXICON_WISH)->entry->label, LEXICON_HUMAN);
}

static void test_any_number_matches_a_zero(void **state) {
    struct lexicon_hits hits = find(state, "vor dem 24. bitte", "de");
    assert_int_equal(hit_in(&hits, LEXICON_HURRY)->entry->label, LEXICON_DEADLINE);
}

/* Alternatives stand side by side, not inside each other: those would never be found. */
static bool is_nested(const char *phrase) {
    int depth = 0;
    for (const char *c = phrase; *c && strchr(phrase, '|'); c++) {
        depth += (*c == '(') - (*c == ')');
        if (depth < 0 || depth > 1)
            return true;
    }
    return depth != 0;
}

static void check_line(const char *file, int number, char *line) {
    static const char *const labels[] = {
#define LABEL(label, text) text,
        LEXICON_LABELS(LABEL)
#undef LABEL
    };
    char *field[FIELDS + 1] = {0}, *save;
    int n = 0;
    bool known = false;
    for (char *f = strtok_r(line, "\t\n", &save); f && n <= FIELDS;
         f = strtok_r(NULL, "\t\n", &save))
        field[n++] = f;
    for (size_t i = 0; n == FIELDS && i < sizeof labels / sizeof *labels; i++)
        known |= strcmp(labels[i], field[3]) == 0;
    known = known && !is_nested(field[1]);
    if (n != FIELDS || !known || strtod(field[2], NULL) <= 0 || strlen(field[1]) > 1000)
        fail_msg("%s.tsv:%d is not a lexicon line", file, number);
}

static void test_every_line_of_the_files_is_one(void **state) {
    (void)state;
    static const char *const files[] = {"emotion", "degree", "wish",   "hurry", "voice",
                                        "subject", "tone",   "ending", "fact"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[64], line[2048];
        snprintf(path, sizeof path, "common/nlu/lexicon/%s.tsv", files[i]);
        FILE *f = fopen(path, "r");
        assert_non_null(f);
        for (int number = 1; fgets(line, sizeof line, f); number++)
            if (line[0] != '#')
                check_line(files[i], number, line);
        fclose(f);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_longest_phrase_of_a_file_wins, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_only_the_languages_asked_for_are_found, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_what_was_found_is_spelled_out, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_a_star_stands_for_any_ending, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_a_gap_ends_at_a_mark, with_arena, without_arena),
        cmocka_unit_test_setup_teardown(test_no_phrase_reaches_over_a_sentence, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_traditional_text_finds_simplified_phrases, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_any_number_matches_a_zero, with_arena, without_arena),
        cmocka_unit_test_setup_teardown(test_every_line_of_the_files_is_one, with_arena,
                                        without_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
