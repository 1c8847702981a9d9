#include "../../common/nlu/intent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../common/nlu/train.h"
#include "setting.h"

static int with_arena(void **state) {
    *state = arena_new();
    return 0;
}

static int without_arena(void **state) {
    arena_free(*state);
    return 0;
}

static struct intent_model *two_matters(void **state) {
    static const struct example examples[] = {
        {"refund", "i want a refund", ""},      {"refund", "refund my money", ""},
        {"refund", "refund please", ""},        {"tracking", "track my parcel", ""},
        {"tracking", "where is my parcel", ""}, {"tracking", "parcel tracking", ""},
        {"tracking", "包裹在哪里", ""},
    };
    struct intent_model *m;
    buf_auto model;
    buf_auto report;
    buf_init(&model, TRAIN_MODEL_BYTES_MAX);
    buf_init(&report, 1 << 20);
    struct train_options options = {.seed = 1};
    assert_int_equal(train_run(examples, 7, &options, &model, &report, NULL), OK);
    struct span kept = {arena_copy(*state, model.p, model.len), model.len};
    assert_int_equal(intent_open(kept, &m), OK);
    return m;
}

static void test_a_guess_names_its_reasons(void **state) {
    struct intent_model *m = two_matters(state);
    struct intent_guess g;
    assert_int_equal(intent_count(m), 2);
    intent_guess(*state, m, "A refund, now!", &g);
    assert_string_equal(g.name, "refund");
    assert_true(g.n_tokens > 0);
    assert_string_equal(g.tokens[0], "refund");
    intent_guess(*state, m, "包裹", &g);
    assert_string_equal(g.name, "tracking");
    intent_free(m);
}

static void test_the_list_is_ordered_and_sums_to_one(void **state) {
    struct intent_model *m = two_matters(state);
    struct intent_guess g;
    intent_guess(*state, m, "where is the parcel", &g);
    assert_int_equal(g.n_top, 2);
    assert_string_equal(g.top[0].name, g.name);
    double sum = g.top[0].probability + g.top[1].probability;
    assert_true(sum > 0.999 && sum < 1.001);
    assert_true(g.confidence >= 0 && g.confidence <= 1);
    intent_free(m);
}

static void test_a_text_without_any_feature_has_a_name_and_stays_in_range(void **state) {
    struct intent_model *m = two_matters(state);
    struct intent_guess g;
    intent_guess(*state, m, "", &g);
    assert_true(g.name[0] != 0);
    assert_true(g.in_scope_probability >= 0 && g.in_scope_probability <= 1);
    intent_free(m);
}

static void test_bytes_that_are_no_model_are_refused(void **state) {
    (void)state;
    struct intent_model *m = NULL;
    assert_int_equal(intent_open((struct span){"", 0}, &m), ERR_MALFORMED);
    assert_int_equal(intent_open((struct span){"RTINTENTxxxxxxxxxxxxxxxxxxxxxxxxxxx", 35}, &m),
                     ERR_MALFORMED);
    assert_null(m);
    intent_free(NULL);
}

static struct intent_model *learned(struct arena *a) {
    static const char *const matters[][4] = {
        {"refund", "I want my money back", "ik wil mijn geld terug",
         "jeg vil have mine penge igen"},
        {"refund", "please refund the order", "graag terugbetalen", "ich will mein Geld zurück"},
        {"refund", "refund me", "geld terug voor mijn bestelling", "我要退款"},
        {"parcel", "where is my parcel", "waar is mijn pakket", "hvor er min pakke"},
        {"parcel", "my delivery is late", "mijn levering is laat", "wo ist mein Paket"},
        {"parcel", "track the delivery", "volg mijn pakket", "我的包裹在哪里"},
        {"login", "I forgot my password", "wachtwoord vergeten", "jeg har glemt mit kodeord"},
        {"login", "I cannot log in", "ik kan niet inloggen", "ich kann mich nicht anmelden"},
        {"login", "reset my password", "nieuw wachtwoord", "密码忘了"},
    };
    struct example *all = ARENA_ARRAY(a, struct example, 27);
    struct intent_model *m;
    int n = 0;
    buf_auto model;
    buf_auto report;
    buf_init(&model, TRAIN_MODEL_BYTES_MAX);
    buf_init(&report, 1 << 20);
    for (size_t i = 0; i < sizeof matters / sizeof *matters; i++)
        for (int k = 1; k < 4; k++)
            all[n++] = (struct example){matters[i][0], matters[i][k], ""};
    struct train_options options = {.seed = 1};
    assert_int_equal(train_run(all, n, &options, &model, &report, NULL), OK);
    struct span kept = {arena_copy(a, model.p, model.len), model.len};
    assert_int_equal(intent_open(kept, &m), OK);
    return m;
}

static void test_the_intent_stays_however_the_text_is_set(void **state) {
    static const char *const asked[] = {"where is the parcel I ordered",
                                        "waar blijft mijn pakket",
                                        "hvor er pakken",
                                        "wo bleibt das Paket",
                                        "包裹在哪里",
                                        "money back please",
                                        "ik wil geld terug",
                                        "我要退款",
                                        "my password does not work",
                                        "wachtwoord kwijt"};
    (void)state;
    struct arena *a = arena_new();
    struct intent_model *m = learned(a);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        struct intent_guess plain, set;
        intent_guess(a, m, asked[i], &plain);
        for (size_t k = 0; k < SETTINGS; k++) {
            intent_guess(a, m, settings[k](a, asked[i]), &set);
            assert_string_equal(set.name, plain.name);
        }
    }
    intent_free(m);
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_guess_names_its_reasons, with_arena, without_arena),
        cmocka_unit_test_setup_teardown(test_the_list_is_ordered_and_sums_to_one, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(
            test_a_text_without_any_feature_has_a_name_and_stays_in_range, with_arena,
            without_arena),
        cmocka_unit_test_setup_teardown(test_bytes_that_are_no_model_are_refused, with_arena,
                                        without_arena),
        cmocka_unit_test(test_the_intent_stays_however_the_text_is_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
