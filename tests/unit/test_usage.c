#include "../../common/model/usage.h"

#include <string.h>

#include "cases.h"

static enum err parse(struct arena *a, const char *json, struct usage *out, struct why *why) {
    json_auto list = NULL;
    assert_int_equal(json_load_span(span_of(json), &list, NULL), OK);
    return usage_parse_facts(a, list, "/facts", out, why);
}

static void test_facts_keep_their_order_and_outlive_the_text(void **state) {
    struct arena *a = arena_new();
    struct usage u = {.n_facts = 0};
    (void)state;
    assert_int_equal(
        parse(a,
              "[{\"name\":\"order_number\",\"pattern\":\"DK~#{5}\",\"separator\":\"-\"}"
              ",{\"name\":\"customer_number\",\"pattern\":\"K#{6}\"}]",
              &u, NULL),
        OK);
    assert_int_equal(u.n_facts, 2);
    assert_string_equal(u.facts[0].name, "order_number");
    assert_int_equal(u.facts[0].separator, '-');
    assert_int_equal(u.facts[0].pattern.positions, 8);
    assert_string_equal(u.facts[1].name, "customer_number");
    assert_int_equal(u.facts[1].separator, 0);
    assert_true(usage_names(&u, "customer_number"));
    assert_false(usage_names(&u, "invoice_number"));
    assert_false(usage_names(NULL, "order_number"));
    arena_free(a);
}

static enum err parse_norms(struct arena *a, const char *json, struct usage *out, struct why *why) {
    json_auto j = NULL;
    assert_int_equal(json_load_span(span_of(json), &j, NULL), OK);
    return usage_parse_norms(a, j, "/norms", out, why);
}

static void test_the_longest_name_that_fits_is_the_norm(void **state) {
    struct arena *a = arena_new();
    struct usage u = {.n_facts = 0};
    (void)state;
    assert_int_equal(parse_norms(a, "{\"da\":1.2,\"de\":1.1,\"zh\":1.2}", &u, NULL), OK);
    assert_int_equal(
        parse_norms(a, "{\"de-CH\":1.4,\"zh-Hant\":1.5,\"da\":1,\"en\":0.9}", &u, NULL), OK);
    static const struct {
        const char *language, *locale;
        double factor;
    } cases[] = {
        {"de", "", 1.1},       {"de", NULL, 1.1},
        {"de", "de", 1.1},     {"de", "de-AT", 1.1},
        {"de", "de-CH", 1.4},  {"de", "de_ch", 1.4},
        {"de", "de-CHX", 1.1}, {"de", "en-GB", 1.1},
        {"en", "de-CH", 0.9},  {"zh", "zh-Hant-TW", 1.5},
        {"zh", "zh-TW", 1.2},  {"da", "da-DK", 1},
        {"nl", "nl-NL", 1},    {"und", "de-CH", 1},
        {"", "", 1},           {"de", "de-CH-very-long-and-longer-than-any-locale-ever-was", 1.4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (usage_norm(&u, cases[i].language, cases[i].locale) != cases[i].factor)
            fail_msg("%s %s: %f", cases[i].language, cases[i].locale ? cases[i].locale : "-",
                     usage_norm(&u, cases[i].language, cases[i].locale));
    assert_true(usage_norm(NULL, "da", "da-DK") == 1);
    arena_free(a);
}

static void test_what_is_no_norm_is_refused_by_its_place(void **state) {
    static const struct {
        const char *json, *pointer;
    } cases[] = {
        {"{\"da\":0.4}", "/norms/da"},
        {"{\"da\":2.1}", "/norms/da"},
        {"{\"da\":\"1.2\"}", "/norms/da"},
        {"{\"da\":null}", "/norms/da"},
        {"{\"danish\":1}", "/norms/danish"},
        {"{\"d\":1}", "/norms/d"},
        {"{\"da-\":1}", "/norms/da-"},
        {"{\"da-D\":1}", "/norms/da-D"},
        {"{\"\":1}", "/norms/"},
        {"{\"da DK\":1}", "/norms/da DK"},
        {"{\"en\":1,\"*\":1}", "/norms/*"},
        {"{\"da-aaaaaaaa-bbbbbbbb-cccccccc-dddddddd\":1}",
         "/norms/da-aaaaaaaa-bbbbbbbb-cccccccc-dddddddd"},
    };
    struct arena *a = arena_new();
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct usage u = {.n_facts = 0};
        struct why why = {{0}, {0}};
        enum err e = parse_norms(a, cases[i].json, &u, &why);
        if (e != ERR_INVALID || strcmp(why.pointer, cases[i].pointer) != 0 || !*why.text)
            fail_msg("%s: %s %s %s", cases[i].json, err_name(e), why.pointer, why.text);
    }
    arena_free(a);
}

static void test_there_is_an_end_to_norms(void **state) {
    struct arena *a = arena_new();
    struct usage u = {.n_facts = 0};
    json_auto j = json_object();
    struct why why = {{0}, {0}};
    (void)state;
    for (int i = 0; i <= USAGE_NORMS_MAX; i++)
        json_object_set_new(j, arena_printf(a, "da-x%d", 10 + i), json_real(1.5));
    assert_int_equal(usage_parse_norms(a, j, "/norms", &u, &why), ERR_INVALID);
    assert_string_equal(why.pointer, "/norms");
    arena_free(a);
}

static const struct {
    const char *json, *pointer;
} refused[] = {
    {"[1]", "/facts/0"},
    {"[{}]", "/facts/0/name"},
    {"[{\"name\":\"x\"}]", "/facts/0/pattern"},
    {"[{\"name\":\"x\",\"pattern\":\"###\",\"more\":1}]", "/facts/0/more"},
    {"[{\"name\":\"x\",\"pattern\":\"###\"},{\"name\":\"X\",\"pattern\":\"###\"}]",
     "/facts/1/name"},
    {"[{\"name\":\"1x\",\"pattern\":\"###\"}]", "/facts/0/name"},
    {"[{\"name\":\"phone\",\"pattern\":\"###\"}]", "/facts/0/name"},
    {"[{\"name\":\"x\",\"pattern\":\"##\"}]", "/facts/0/pattern"},
    {"[{\"name\":\"x\",\"pattern\":\"\"}]", "/facts/0/pattern"},
    {"[{\"name\":\"x\",\"pattern\":\"###\",\"separator\":\"--\"}]", "/facts/0/separator"},
    {"[{\"name\":\"x\",\"pattern\":\"###\",\"separator\":\"x\"}]", "/facts/0/separator"},
    {"[{\"name\":\"x\",\"pattern\":\"###\",\"separator\":\"æ\"}]", "/facts/0/separator"},
};

static void test_what_is_wrong_is_refused_by_its_place(void **state) {
    struct arena *a = arena_new();
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct usage u = {.n_facts = 0};
        struct why why = {{0}, {0}};
        enum err e = parse(a, refused[i].json, &u, &why);
        if (e != ERR_INVALID || strcmp(why.pointer, refused[i].pointer) != 0 || !*why.text)
            fail_msg("%s: %s %s %s", refused[i].json, err_name(e), why.pointer, why.text);
    }
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts_keep_their_order_and_outlive_the_text),
        cmocka_unit_test(test_the_longest_name_that_fits_is_the_norm),
        cmocka_unit_test(test_what_is_no_norm_is_refused_by_its_place),
        cmocka_unit_test(test_there_is_an_end_to_norms),
        cmocka_unit_test(test_what_is_wrong_is_refused_by_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
