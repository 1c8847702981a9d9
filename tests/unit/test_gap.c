#include "../../common/bot/gap.h"

#include <string.h>

#include "cases.h"
#include "chance.h"

#define TEXTS_MAX 16

static int take(const json_t *list, const char **texts, int n) {
    for (size_t i = 0; i < json_array_size(list); i++)
        texts[n++] = json_string_value(json_array_get(list, i));
    return n;
}

static bool is_right(const struct thesaurus *t, const json_t *one) {
    const char *texts[TEXTS_MAX];
    int group[TEXTS_MAX], n_same = take(json_object_get(one, "same"), texts, 0);
    int n = take(json_object_get(one, "other"), texts, n_same);
    bool right = gap_group(t, texts, n, group) == 1 + n - n_same;
    for (int i = 0; i < n_same; i++)
        right &= group[i] == 0;
    for (int i = 0; i < n && !right; i++)
        print_message("%d %s\n", group[i], texts[i]);
    return right;
}

static void test_cases(void **state) {
    json_auto all = cases_load("bot/gap");
    struct arena *a = arena_new();
    const struct thesaurus *t = thesaurus_open(a);
    int wrong = 0;
    (void)state;
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *one = json_array_get(all, i);
        print_message("%s\n", cases_text(one, "name", ""));
        wrong += !is_right(t, one);
    }
    assert_int_equal(wrong, 0);
    arena_free(a);
}

static void test_nothing_is_no_group(void **state) {
    struct arena *a = arena_new();
    const struct thesaurus *t = thesaurus_open(a);
    (void)state;
    assert_int_equal(gap_group(t, NULL, 0, NULL), 0);
    assert_true(gap_wording(a, "Do you SHIP?") == gap_wording(a, "do you ship"));
    assert_true(gap_wording(a, "Do you ship?") != gap_wording(a, "Do you ship it?"));
    arena_free(a);
}

/* A popular matter must not fall apart because many ask about it. */
static void test_many_wordings_of_one_matter_stay_together(void **state) {
    static const char *const before[] = {"Do you ship to Norway", "shipping to Norway",
                                         "can it be shipped to norway", "ship norway please"};
    static const char *const after[] = {"?",          " soon",    " next week", " for a friend",
                                        " in winter", " by ship", " or not",    " today"};
    enum { N = 4 * 8 };
    const char *texts[N];
    int group[N];
    struct arena *a = arena_new();
    const struct thesaurus *t = thesaurus_open(a);
    (void)state;
    for (int i = 0; i < N; i++)
        texts[i] = ARENA_JOIN(a, before[i % 4], after[i / 4]);
    int n = gap_group(t, texts, N, group);
    assert_true(n <= 2);
    arena_free(a);
}

static void test_any_texts_give_the_same_groups_twice(void **state) {
    static const char *const words[] = {
        "ship", "norway", "gift", "card",   "the",   "pakke", "hvor",  "uhr",
        "挪威", "礼品",   "a",    "colour", "sofa?", "waar",  "fiets", "\xF0\x9F\x98\x80"};
    enum { N = 400 };
    static const char *texts[N];
    static int once[N], twice[N];
    struct arena *a = arena_new();
    const struct thesaurus *t = thesaurus_open(a);
    struct chance c = chance_of(7);
    (void)state;
    for (int i = 0; i < N; i++) {
        texts[i] = "";
        for (int k = chance_below(&c, 7); k > 0; k--)
            texts[i] = ARENA_JOIN(a, texts[i], " ", words[chance_below(&c, 16)]);
    }
    int n = gap_group(t, texts, N, once), next = 0;
    assert_int_equal(gap_group(t, texts, N, twice), n);
    assert_memory_equal(once, twice, sizeof once);
    for (int i = 0; i < N; i++) {
        assert_true(once[i] <= next);
        next += once[i] == next;
    }
    assert_int_equal(next, n);
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_nothing_is_no_group),
        cmocka_unit_test(test_many_wordings_of_one_matter_stay_together),
        cmocka_unit_test(test_any_texts_give_the_same_groups_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
