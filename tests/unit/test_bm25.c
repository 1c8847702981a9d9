#include "../../common/bot/bm25.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct library {
    struct arena *arena;
    struct thesaurus *thesaurus;
    struct bm25 *index;
};

struct line {
    int entry;
    enum bm25_field field;
    const char *text;
};

static const struct line lines[] = {
    {0, BM25_QUESTION, "reset the modem"},
    {0, BM25_ANSWER, "hold the button for ten seconds"},
    {1, BM25_QUESTION, "reset the router"},
    {1, BM25_QUESTION, "the router blinks"},
    {1, BM25_ANSWER, "unplug it and plug it in again"},
    {2, BM25_QUESTION, "the bill of the router router router"},
};
#define LINES ((int)(sizeof lines / sizeof lines[0]))
#define ENTRIES 3

static int open_library(void **state) {
    static struct library l;
    struct bm25_document documents[LINES];
    l.arena = arena_new();
    l.thesaurus = thesaurus_open(l.arena);
    for (int i = 0; i < LINES; i++)
        documents[i] = (struct bm25_document){lines[i].entry, lines[i].field,
                                              term_list(l.arena, l.thesaurus, lines[i].text, 100)};
    l.index = bm25_open(l.arena, documents, LINES, ENTRIES,
                        term_list(l.arena, l.thesaurus, "of if please", 100));
    *state = &l;
    return 0;
}

static int close_library(void **state) {
    arena_free(((struct library *)*state)->arena);
    return 0;
}

static float *scores(void **state, const char *query) {
    struct library *l = *state;
    return bm25_scores(l->index, l->arena, term_list(l->arena, l->thesaurus, query, 100));
}

static void test_the_rare_word_decides(void **state) {
    float *s = scores(state, "the modem");
    assert_true(s[0] > s[1] && s[0] > s[2]);
}

static void test_an_answer_counts_less_than_a_question(void **state) {
    float *question = scores(state, "modem"), *answer = scores(state, "button");
    assert_true(answer[0] > 0 && answer[0] < question[0]);
}

static void test_the_question_itself_scores_about_one(void **state) {
    float s = scores(state, "reset the modem")[0];
    assert_true(s > 0.8f && s < 1.3f);
}

static void test_repetition_gains_little(void **state) {
    float *s = scores(state, "router");
    assert_true(s[2] < 2 * s[1]);
}

static void test_a_stranger_in_the_query_lowers_every_score(void **state) {
    assert_true(scores(state, "modem xylophone")[0] < scores(state, "modem")[0]);
}

/* "of" stands in one question as "bill" does, and still says less. */
static void test_an_ordinary_word_counts_less(void **state) {
    assert_true(scores(state, "of modem")[0] > scores(state, "bill modem")[0]);
    assert_true(scores(state, "please modem")[0] > scores(state, "xylophone modem")[0]);
}

static void test_nothing_in_common_is_zero(void **state) {
    for (int e = 0; e < ENTRIES; e++) {
        assert_true(scores(state, "xylophone")[e] == 0);
        assert_true(scores(state, "")[e] == 0);
    }
}

static void test_an_empty_index_finds_nothing(void **state) {
    struct library *l = *state;
    struct bm25 *empty = bm25_open(l->arena, NULL, 0, 0, (struct terms){0});
    assert_non_null(bm25_scores(empty, l->arena, term_list(l->arena, l->thesaurus, "modem", 9)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_rare_word_decides),
        cmocka_unit_test(test_an_answer_counts_less_than_a_question),
        cmocka_unit_test(test_the_question_itself_scores_about_one),
        cmocka_unit_test(test_repetition_gains_little),
        cmocka_unit_test(test_a_stranger_in_the_query_lowers_every_score),
        cmocka_unit_test(test_an_ordinary_word_counts_less),
        cmocka_unit_test(test_nothing_in_common_is_zero),
        cmocka_unit_test(test_an_empty_index_finds_nothing),
    };
    return cmocka_run_group_tests(tests, open_library, close_library);
}
