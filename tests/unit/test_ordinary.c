#include "../../common/bot/ordinary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../common/bot/thesaurus.h"
#include "../../common/codec/text.h"

static bool is_ordinary(struct text_tokens all, const char *word) {
    for (int i = 0; i < all.n; i++)
        if (strcmp(all.items[i].fold, word) == 0)
            return true;
    return false;
}

static void test_words_without_a_matter_in_every_language(void **state) {
    static const char *const ordinary[] = {"where", "my",  "mijn", "waar",
                                           "hvor",  "jeg", "wo",   "ist"};
    static const char *const telling[] = {"refund", "parcel", "pakket", "ordre", "rechnung", ""};
    struct arena *a = arena_new();
    struct text_tokens all = text_tokens(a, ordinary_words(), 4000);
    (void)state;
    for (size_t i = 0; i < sizeof ordinary / sizeof ordinary[0]; i++)
        assert_true(is_ordinary(all, ordinary[i]));
    for (size_t i = 0; i < sizeof telling / sizeof telling[0]; i++)
        assert_false(is_ordinary(all, telling[i]));
    arena_free(a);
}

/* A word cannot both say little and name a matter. */
static void test_no_ordinary_word_is_a_concept(void **state) {
    struct arena *a = arena_new();
    const struct thesaurus *t = thesaurus_open(a);
    const char **words;
    int n = text_search_terms(a, ordinary_words(), 4000, &words);
    (void)state;
    assert_true(n > 400);
    for (int i = 0; i < n; i++)
        assert_int_equal(thesaurus_concept(t, words[i]), THESAURUS_NONE);
    arena_free(a);
}

/* Else two rows of the table would run into one word. */
static void test_rows_are_apart(void **state) {
    (void)state;
    assert_non_null(strstr(ordinary_words(), " ok de "));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_without_a_matter_in_every_language),
        cmocka_unit_test(test_no_ordinary_word_is_a_concept),
        cmocka_unit_test(test_rows_are_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
