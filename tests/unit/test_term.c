#include "../../common/bot/term.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    struct arena *arena;
    struct thesaurus *thesaurus;
};

static int open_fixture(void **state) {
    static struct fixture f;
    f.arena = arena_new();
    f.thesaurus = thesaurus_open(f.arena);
    *state = &f;
    return 0;
}

static int close_fixture(void **state) {
    arena_free(((struct fixture *)*state)->arena);
    return 0;
}

static struct terms terms_of(void **state, const char *text) {
    struct fixture *f = *state;
    return term_list(f->arena, f->thesaurus, text, 100);
}

static int count(struct terms t, enum term_kind kind) {
    int n = 0;
    for (int i = 0; i < t.n; i++)
        n += term_kind(t.items[i]) == kind;
    return n;
}

static int shared(struct terms left, struct terms right, enum term_kind kind) {
    int n = 0;
    for (int i = 0; i < left.n; i++)
        for (int k = 0; k < right.n; k++)
            n += term_kind(left.items[i]) == kind && left.items[i].key == right.items[k].key;
    return n;
}

static void test_a_word_gives_itself_its_pieces_and_its_concept(void **state) {
    struct terms t = terms_of(state, "Refund");
    assert_int_equal(count(t, TERM_WORD), 1);
    assert_int_equal(count(t, TERM_PIECE), 5); /* ^ref refu efun fund und$ */
    assert_int_equal(count(t, TERM_CONCEPT), 1);
    assert_int_equal(t.n, 7);
}

static void test_case_and_punctuation_do_not_matter(void **state) {
    struct terms left = terms_of(state, "Where's my ORDER?"),
                 right = terms_of(state, "where's my order");
    assert_int_equal(left.n, right.n);
    assert_memory_equal(left.items, right.items, sizeof *left.items * (size_t)left.n);
}

static void test_a_typing_error_still_shares_pieces(void **state) {
    struct terms right = terms_of(state, "password"), wrong = terms_of(state, "pasword");
    assert_int_equal(shared(right, wrong, TERM_WORD), 0);
    assert_true(shared(right, wrong, TERM_PIECE) >= 3);
}

static void test_neighbours_pair_by_their_beginnings(void **state) {
    struct terms order = terms_of(state, "cancel my order");
    assert_int_equal(count(order, TERM_PAIR), 2);
    assert_int_equal(shared(order, terms_of(state, "cancelling my orders"), TERM_PAIR), 2);
    assert_int_equal(shared(order, terms_of(state, "order my cancel"), TERM_PAIR), 0);
    assert_int_equal(count(terms_of(state, "order"), TERM_PAIR), 0);
}

static void test_ideographs_give_pairs_and_single_characters(void **state) {
    struct terms t = terms_of(state, "退款");
    assert_int_equal(count(t, TERM_WORD), 1);
    assert_int_equal(count(t, TERM_PIECE), 2);
    assert_int_equal(count(t, TERM_CONCEPT), 1);
    assert_int_equal(shared(t, terms_of(state, "款"), TERM_PIECE), 1);
}

static void test_one_letter_words_have_no_pieces(void **state) {
    assert_int_equal(terms_of(state, "a").n, 1);
    assert_int_equal(terms_of(state, "").n, 0);
    assert_int_equal(terms_of(state, "?! \xF0\x9F\x98\x80").n, 0);
}

static void test_a_monster_of_a_word_is_one_term(void **state) {
    char word[301];
    memset(word, 'x', sizeof word - 1);
    word[300] = '\0';
    assert_int_equal(terms_of(state, word).n, 1);
    word[64] = '\0';
    assert_int_equal(terms_of(state, word).n, 1 + 63);
}

static void test_words_past_the_maximum_are_left_out(void **state) {
    struct fixture *f = *state;
    struct terms t = term_list(f->arena, f->thesaurus, "a b c d e", 3);
    assert_int_equal(count(t, TERM_WORD), 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_word_gives_itself_its_pieces_and_its_concept),
        cmocka_unit_test(test_case_and_punctuation_do_not_matter),
        cmocka_unit_test(test_a_typing_error_still_shares_pieces),
        cmocka_unit_test(test_neighbours_pair_by_their_beginnings),
        cmocka_unit_test(test_ideographs_give_pairs_and_single_characters),
        cmocka_unit_test(test_one_letter_words_have_no_pieces),
        cmocka_unit_test(test_a_monster_of_a_word_is_one_term),
        cmocka_unit_test(test_words_past_the_maximum_are_left_out),
    };
    return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
