#include "../../common/bot/fill.h"

#include "cases.h"

#define NOW_MS 1000000

static void learn(struct conversation *c, const json_t *facts, int64_t expires_ms) {
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)facts, name, value) {
        c->facts[c->n_facts++] = (struct fact){.name = name,
                                               .value = json_string_value(value),
                                               .source = "customer",
                                               .expires_ms = expires_ms};
    }
}

static void check(struct arena *a, const json_t *one) {
    struct conversation c = {0};
    const char *missing = NULL;
    learn(&c, json_object_get(one, "facts"), 0);
    learn(&c, json_object_get(one, "expired"), NOW_MS);
    const char *result = fill_facts(a, cases_text(one, "text", ""), &c, NOW_MS, &missing);
    print_message("%s\n", cases_text(one, "name", ""));
    if (json_is_null(json_object_get(one, "result"))) {
        assert_null(result);
        assert_string_equal(missing, cases_text(one, "missing", ""));
        return;
    }
    assert_non_null(result);
    assert_null(missing);
    assert_string_equal(result, cases_text(one, "result", "(none)"));
}

static void test_placeholders_and_optional_parts(void **state) {
    json_auto all = cases_load("bot/fill");
    struct arena *a = arena_new();
    (void)state;
    for (size_t i = 0; i < json_array_size(all); i++)
        check(a, json_array_get(all, i));
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_placeholders_and_optional_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
