#include "../../common/bot/gap.h"

#include <string.h>

#include "cases.h"

#define ASKED(said, tag, who, minute, guess)                                                       \
    {                                                                                              \
        .text = said, .language = tag, .intent = guess, .person = {{who}},                         \
        .message_id = {{minute}}, .at_ms = (minute)*60000                                          \
    }

static const struct unanswered asked[] = {
    ASKED("Do you ship to Norway?", "en", 1, 1, "shipping"),
    ASKED("Can I pay with a gift card?", "en", 2, 2, ""),
    ASKED("shipping to norway possible??", "en", 2, 3, ""),
    ASKED("Norway shipping, do you ship there?", "und", 2, 4, "shipping"),
    ASKED("do you ship to norway", "da", 3, 5, "payment"),
    ASKED("gift card, can I pay with it?", "en", 2, 6, ""),
    ASKED("Where is the moon?", "", 4, 7, ""),
};
enum { ASKED_N = sizeof asked / sizeof *asked };

static void test_what_is_asked_most_comes_first_with_all_about_it(void **state) {
    struct arena *a = arena_new();
    struct gaps g = gap_list(a, thesaurus_open(a), asked, ASKED_N);
    (void)state;
    assert_int_equal(g.n, 3);
    const struct gap *ship = &g.items[0];
    assert_int_equal(ship->count, 4);
    assert_int_equal(ship->customers, 3);
    assert_int_equal(ship->first, 0);
    assert_int_equal(ship->representative, 0);
    assert_int_equal(ship->first_ms, 60000);
    assert_int_equal(ship->last_ms, 5 * 60000);
    assert_int_equal(ship->n_examples, 2);
    assert_int_equal(ship->examples[0], 3);
    assert_int_equal(ship->examples[1], 2);
    assert_string_equal(ship->intent, "shipping");
    assert_int_equal(ship->n_languages, 3);
    assert_string_equal(ship->languages[0], "en");
    assert_int_equal(g.items[1].count, 2);
    assert_int_equal(g.items[1].customers, 1);
    assert_int_equal(g.items[2].count, 1);
    assert_int_equal(g.items[2].n_languages, 0);
    assert_string_equal(g.items[2].intent, "");
    arena_free(a);
}

static void test_of_equals_the_one_asked_last_comes_first(void **state) {
    struct arena *a = arena_new();
    struct gaps g = gap_list(a, thesaurus_open(a), asked, 2);
    (void)state;
    assert_int_equal(g.n, 2);
    assert_int_equal(g.items[0].first, 1);
    assert_int_equal(gap_list(a, thesaurus_open(a), NULL, 0).n, 0);
    arena_free(a);
}

static void test_examples_and_languages_are_bounded(void **state) {
    static const char *const tags[] = {"en", "nl", "da", "de", "zh", "fr", "it", "es"};
    static const char *const ends[] = {"", " a", " b", " c", " d", " e", " f", " g"};
    struct unanswered many[8];
    struct arena *a = arena_new();
    (void)state;
    for (int i = 0; i < 8; i++)
        many[i] = (struct unanswered){.text = ARENA_JOIN(a, "Do you ship to Norway", ends[i]),
                                      .language = tags[i],
                                      .intent = "",
                                      .at_ms = i + 1};
    struct gaps g = gap_list(a, thesaurus_open(a), many, 8);
    assert_int_equal(g.n, 1);
    assert_int_equal(g.items[0].count, 8);
    assert_int_equal(g.items[0].n_examples, GAP_EXAMPLES_MAX);
    assert_int_equal(g.items[0].n_languages, GAP_LANGUAGES_MAX);
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_asked_most_comes_first_with_all_about_it),
        cmocka_unit_test(test_of_equals_the_one_asked_last_comes_first),
        cmocka_unit_test(test_examples_and_languages_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
