#include "../../common/bot/which.h"

#include "cases.h"

static const char *const parcel[] = {"Where is my parcel?", "Waar is mijn pakket?",
                                     "Hvor er min pakke?", "Wo ist mein Paket?",
                                     "我的包裹在哪里？"};
static const char *const refund[] = {
    "When do I get my money back?", "Wanneer krijg ik mijn geld terug?",
    "Hvornår får jeg mine penge tilbage?", "Wann bekomme ich mein Geld zurück?", "什么时候退款？"};
static const struct which_choice choices[2] = {{parcel, 5}, {refund, 5}};

static void test_replies_in_five_languages(void **state) {
    json_auto all = cases_load("bot/which");
    struct arena *a = arena_new();
    const struct thesaurus *t = thesaurus_open(a);
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *one = json_array_get(all, i);
        int said = which_said(a, t, cases_text(one, "reply", ""), choices);
        if (said != cases_number(one, "says", 0) && ++wrong)
            print_message("%s: %d\n", cases_text(one, "reply", ""), said);
    }
    assert_int_equal(wrong, 0);
    arena_free(a);
}

static void test_the_order_of_the_two_changes_nothing(void **state) {
    const struct which_choice turned[2] = {choices[1], choices[0]};
    struct arena *a = arena_new();
    const struct thesaurus *t = thesaurus_open(a);
    (void)state;
    assert_int_equal(which_by_name(a, t, "the parcel", choices), 1);
    assert_int_equal(which_by_name(a, t, "the parcel", turned), 2);
    assert_int_equal(which_by_name(a, t, "the second one", turned), 0);
    assert_int_equal(which_by_place(a, "the parcel"), 0);
    arena_free(a);
}

static void test_choices_without_text_are_named_by_place_only(void **state) {
    const struct which_choice none[2] = {{NULL, 0}, {NULL, 0}};
    struct arena *a = arena_new();
    const struct thesaurus *t = thesaurus_open(a);
    (void)state;
    assert_int_equal(which_said(a, t, "the parcel", none), 0);
    assert_int_equal(which_said(a, t, "第二个", none), 2);
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replies_in_five_languages),
        cmocka_unit_test(test_the_order_of_the_two_changes_nothing),
        cmocka_unit_test(test_choices_without_text_are_named_by_place_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
