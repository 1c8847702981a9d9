#include "../../common/nlu/lang.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "apart.h"

static int with_arena(void **state) {
    *state = arena_new();
    return 0;
}

static int without_arena(void **state) {
    arena_free(*state);
    return 0;
}

static struct lang_guess guess(void **state, const char *text, struct lang_hints hints) {
    struct scan s;
    struct lang_guess g;
    scan_text(*state, text, &s);
    lang_guess(&s, &hints, &g);
    return g;
}

static void check(void **state, const char *text, const char *code) {
    struct lang_guess g = guess(state, text, (struct lang_hints){0});
    if (strcmp(g.code, code) != 0)
        fail_msg("\"%s\" is %s, not %s", text, g.code, code);
}

static void test_short_messages_in_the_five_languages(void **state) {
    check(state, "Where is my order?", "en");
    check(state, "Hvor er min pakke?", "da");
    check(state, "Waar is mijn bestelling?", "nl");
    check(state, "Wo ist mein Paket?", "de");
    check(state, "我的订单在哪里？", "zh");
    check(state, "查找 Ghost World 的 时间表", "zh");
}

static void test_neighbours_are_not_claimed(void **state) {
    check(state, "Hei, jeg lurer på hvor pakken min er", LANG_UNKNOWN);
    check(state, "Hej, var är mitt paket?", LANG_UNKNOWN);
    check(state, "Bonjour, où est ma commande ?", LANG_UNKNOWN);
    check(state, "¿Dónde está mi pedido?", LANG_UNKNOWN);
    check(state, "где мой заказ", LANG_UNKNOWN);
    check(state, "注文はどこですか", LANG_UNKNOWN);
    check(state, "12345", LANG_UNKNOWN);
}

static void test_hints_decide_what_the_text_does_not(void **state) {
    assert_string_equal(guess(state, "ok", (struct lang_hints){.earlier = "da"}).code, "da");
    assert_string_equal(guess(state, "ok", (struct lang_hints){.locale = "nl-NL"}).code, "nl");
    assert_string_equal(guess(state, "#12345", (struct lang_hints){.channel = "de"}).code, "de");
    assert_string_equal(guess(state, "👍", (struct lang_hints){.earlier = "zh"}).code, "zh");
}

static void test_hints_lose_against_clear_evidence(void **state) {
    struct lang_hints danish = {"da-DK", "da", "da"};
    assert_string_equal(guess(state, "Where is my order, please?", danish).code, "en");
    assert_string_equal(guess(state, "我的订单在哪里", danish).code, "zh");
}

static const char *language_of(const struct reading *r) {
    return strcmp(r->language, LANG_UNKNOWN) == 0 ? "other" : r->language;
}

static void test_short_messages_have_a_language(void **state) {
    (void)state;
    struct arena *a = arena_new();
    struct apart_list *all = ARENA_ARRAY(a, struct apart_list, 1);
    apart_load(a, "language", all);
    for (size_t i = 0; i < APART_LANGUAGES; i++)
        assert_true(apart_accuracy(all, apart_languages[i], language_of) >= 0.95);
    assert_true(apart_accuracy(all, "other", language_of) >= 0.92);
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
        cmocka_unit_test_setup_teardown(test_short_messages_in_the_five_languages, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_neighbours_are_not_claimed, with_arena, without_arena),
        cmocka_unit_test_setup_teardown(test_hints_decide_what_the_text_does_not, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_hints_lose_against_clear_evidence, with_arena,
                                        without_arena),
        cmocka_unit_test(test_short_messages_have_a_language),
        cmocka_unit_test(test_hints_do_not_overrule_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
