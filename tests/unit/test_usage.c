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
        cmocka_unit_test(test_what_is_wrong_is_refused_by_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
