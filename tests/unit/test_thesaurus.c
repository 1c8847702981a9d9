#include "../../common/bot/thesaurus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../common/base/span.h"
#include "../../common/codec/text.h"

#define X(en, nl, da, de, zh) en " " nl " " da " " de " " zh,
static const char *const rows[] = {
#include "../../common/bot/thesaurus.def"
};
#undef X
#define ROWS ((int)(sizeof rows / sizeof rows[0]))

static void test_the_same_matter_over_words_and_languages(void **state) {
    struct arena *a = arena_new();
    const struct thesaurus *t = thesaurus_open(a);
    (void)state;
    assert_int_equal(thesaurus_concept(t, "erase"), thesaurus_concept(t, "delete"));
    assert_int_equal(thesaurus_concept(t, "pakken"), thesaurus_concept(t, "parcel"));
    assert_int_equal(thesaurus_concept(t, "退款"), thesaurus_concept(t, "erstattung"));
    assert_int_not_equal(thesaurus_concept(t, "refund"), thesaurus_concept(t, "return"));
    assert_int_equal(thesaurus_concept(t, "tomorrow"), THESAURUS_NONE);
    assert_int_equal(thesaurus_concept(t, ""), THESAURUS_NONE);
    arena_free(a);
}

/* Else the sorted table would give either of two concepts. */
static void test_a_word_belongs_to_one_concept(void **state) {
    struct arena *a = arena_new();
    const struct thesaurus *t = thesaurus_open(a);
    (void)state;
    for (int i = 0; i < ROWS; i++) {
        struct span rest = span_of(rows[i]), word;
        while (span_split(&rest, ' ', &word))
            assert_int_equal(thesaurus_concept(t, arena_strndup(a, word.p, word.n)), i);
    }
    arena_free(a);
}

/* A word that the tokenizer cuts or folds otherwise could never be met. */
static void test_every_word_is_one_search_term(void **state) {
    struct arena *a = arena_new();
    (void)state;
    for (int i = 0; i < ROWS; i++) {
        struct span rest = span_of(rows[i]), word;
        while (span_split(&rest, ' ', &word)) {
            const char **terms, *text = arena_strndup(a, word.p, word.n);
            assert_int_equal(text_search_terms(a, text, 8, &terms), 1);
            assert_string_equal(terms[0], text);
        }
    }
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_matter_over_words_and_languages),
        cmocka_unit_test(test_a_word_belongs_to_one_concept),
        cmocka_unit_test(test_every_word_is_one_search_term),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
