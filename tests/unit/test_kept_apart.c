/* What reading is worth on everyday messages that its lexicons were not written from. */
#include "../../common/nlu/lang.h"
#include "apart.h"

#define SAID 0.5
#define BAD (-0.05)

static const char *const languages[] = {"en", "nl", "da", "de", "zh"};
#define LANGUAGES (sizeof languages / sizeof *languages)

static bool wants_human(const struct reading *r) { return r->wants_human >= SAID; }
static bool is_urgent(const struct reading *r) { return r->urgency >= SAID; }
static bool is_negative(const struct reading *r) { return r->valence <= BAD; }

static double f1(const struct apart_list *all, const char *language,
                 bool (*says)(const struct reading *)) {
    int both = 0, either = 0;
    struct arena *a = arena_new();
    for (int i = 0; i < all->n; i++) {
        if (strcmp(all->items[i].language, language) != 0)
            continue;
        arena_reset(a);
        struct reading r = apart_read(a, all->items[i].text);
        bool is = strcmp(all->items[i].label, "yes") == 0, said = says(&r);
        both += is && said;
        either += is + said;
    }
    arena_free(a);
    return either ? 2.0 * both / either : 0;
}

static void check_f1(const char *kind, bool (*says)(const struct reading *), double least) {
    struct arena *a = arena_new();
    struct apart_list *all = ARENA_ARRAY(a, struct apart_list, 1);
    apart_load(a, kind, all);
    for (size_t i = 0; i < LANGUAGES; i++) {
        double value = f1(all, languages[i], says);
        if (value < least)
            fail_msg("%s, %s: F1 %.3f, least %.2f", kind, languages[i], value, least);
    }
    arena_free(a);
}

static void test_the_wish_for_a_person_is_heard_and_not_imagined(void **state) {
    (void)state;
    check_f1("wish", wants_human, 0.85);
    check_f1("wish_later", wants_human, 0.85);
}

static void test_urgency_is_more_than_the_word(void **state) {
    (void)state;
    check_f1("urgency", is_urgent, 0.85);
}

static void test_a_negative_mood_is_felt(void **state) {
    (void)state;
    check_f1("mood", is_negative, 0.85);
}

static double accuracy(const struct apart_list *all, const char *language,
                       const char *(*says)(const struct reading *)) {
    int right = 0, n = 0;
    struct arena *a = arena_new();
    for (int i = 0; i < all->n; i++) {
        if (strcmp(all->items[i].language, language) != 0)
            continue;
        arena_reset(a);
        struct reading r = apart_read(a, all->items[i].text);
        right += strcmp(says(&r), all->items[i].label) == 0;
        n++;
    }
    arena_free(a);
    return n ? (double)right / n : 0;
}

static const char *stance_of(const struct reading *r) { return stance_text(r->stance); }
static const char *language_of(const struct reading *r) {
    return strcmp(r->language, LANG_UNKNOWN) == 0 ? "other" : r->language;
}

static void test_stance_follows_whom_the_text_speaks_of(void **state) {
    (void)state;
    struct arena *a = arena_new();
    struct apart_list *all = ARENA_ARRAY(a, struct apart_list, 1);
    apart_load(a, "stance", all);
    for (size_t i = 0; i < LANGUAGES; i++)
        assert_true(accuracy(all, languages[i], stance_of) >= 0.85);
    arena_free(a);
}

static void test_short_messages_have_a_language(void **state) {
    (void)state;
    struct arena *a = arena_new();
    struct apart_list *all = ARENA_ARRAY(a, struct apart_list, 1);
    apart_load(a, "language", all);
    for (size_t i = 0; i < LANGUAGES; i++)
        assert_true(accuracy(all, languages[i], language_of) >= 0.95);
    assert_true(accuracy(all, "other", language_of) >= 0.92);
    arena_free(a);
}

/* Every hint there is says another language; a sentence of four words is not talked out of its own.
 */
static void test_hints_do_not_overrule_a_sentence(void **state) {
    (void)state;
    struct arena *a = arena_new(), *scratch = arena_new();
    struct apart_list *all = ARENA_ARRAY(a, struct apart_list, 1);
    int right = 0, n = 0;
    apart_load(a, "wish", all);
    for (int i = 0; i < all->n; i++) {
        struct scan s;
        struct lang_guess g;
        const char *wrong = strcmp(all->items[i].language, "da") == 0 ? "nl" : "da";
        arena_reset(scratch);
        scan_text(scratch, all->items[i].text, &s);
        if (s.n < 4)
            continue;
        lang_guess(&s, &(struct lang_hints){wrong, wrong, wrong}, &g);
        right += strcmp(g.code, all->items[i].language) == 0;
        n++;
    }
    assert_true(n > 400 && right >= n * 0.98);
    arena_free(scratch);
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_wish_for_a_person_is_heard_and_not_imagined),
        cmocka_unit_test(test_urgency_is_more_than_the_word),
        cmocka_unit_test(test_a_negative_mood_is_felt),
        cmocka_unit_test(test_stance_follows_whom_the_text_speaks_of),
        cmocka_unit_test(test_short_messages_have_a_language),
        cmocka_unit_test(test_hints_do_not_overrule_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
