#include "../../common/decide/rules.h"

#include <string.h>

#include "cases.h"

static enum err parse(struct arena *a, const char *json, struct rules *out, struct why *why) {
    json_auto j = json_loads(json, JSON_DECODE_ANY, NULL);
    assert_non_null(j);
    return rules_parse(a, j, "/rules", out, why);
}

/* The verdict on a condition, with bot_failures 2, wants_human 0.6, intent refund; all else
 * unknown. */
static enum verdict judge(const char *when) {
    struct arena *a = arena_new();
    struct rules r;
    struct why why = {{0}, {0}};
    struct signals s = {.known = 0};
    signals_set(&s, SIGNAL_bot_failures, 2);
    signals_set(&s, SIGNAL_wants_human, 0.6);
    signals_set(&s, SIGNAL_deadline, 1);
    s.text[SIGNAL_intent] = "refund";
    const char *json =
        arena_printf(a, "[{\"name\":\"x\",\"when\":%s,\"then\":{\"mode\":\"human\"}}]", when);
    if (parse(a, json, &r, &why) != OK)
        fail_msg("%s: %s %s", when, why.pointer, why.text);
    enum verdict v = rules_judge(r.items[0].when, &s);
    arena_free(a);
    return v;
}

static const struct {
    const char *when;
    enum verdict expected;
} conditions[] = {
    {"{}", VERDICT_YES},
    {"{\"bot_failures\":2}", VERDICT_YES},
    {"{\"bot_failures\":1}", VERDICT_NO},
    {"{\"bot_failures\":[1,2]}", VERDICT_YES},
    {"{\"bot_failures\":{\"is\":2}}", VERDICT_YES},
    {"{\"bot_failures\":{\"in\":[0,1]}}", VERDICT_NO},
    {"{\"bot_failures\":{\"not_in\":[0,1]}}", VERDICT_YES},
    {"{\"bot_failures\":{\"not_in\":2}}", VERDICT_NO},
    {"{\"bot_failures\":{\"at_least\":2}}", VERDICT_YES},
    {"{\"bot_failures\":{\"below\":2}}", VERDICT_NO},
    {"{\"bot_failures\":{\"at_least\":1,\"below\":3}}", VERDICT_YES},
    {"{\"wants_human\":{\"at_least\":0.6}}", VERDICT_YES}, /* as floats both */
    {"{\"wants_human\":0.6}", VERDICT_YES},
    {"{\"wants_human\":{\"below\":0.6}}", VERDICT_NO},
    {"{\"deadline\":true}", VERDICT_YES},
    {"{\"deadline\":false}", VERDICT_NO},
    {"{\"intent\":\"refund\"}", VERDICT_YES},
    {"{\"intent\":[\"other\",\"refund\"]}", VERDICT_YES},
    {"{\"intent\":{\"not_in\":[\"refund\"]}}", VERDICT_NO},
    {"{\"intent\":{\"not_in\":[\"other\"]}}", VERDICT_YES},
    {"{\"tier\":\"vip\"}", VERDICT_UNKNOWN},
    {"{\"urgency\":{\"at_least\":0}}", VERDICT_UNKNOWN},
    {"{\"tier\":\"vip\",\"bot_failures\":1}", VERDICT_NO},
    {"{\"tier\":\"vip\",\"bot_failures\":2}", VERDICT_UNKNOWN},
    {"{\"any\":[{\"tier\":\"vip\"},{\"bot_failures\":2}]}", VERDICT_YES},
    {"{\"any\":[{\"tier\":\"vip\"},{\"bot_failures\":1}]}", VERDICT_UNKNOWN},
    {"{\"any\":[{\"bot_failures\":0},{\"bot_failures\":1}]}", VERDICT_NO},
    {"{\"all\":[{\"intent\":\"refund\"},{\"bot_failures\":2}]}", VERDICT_YES},
    {"{\"not\":{\"intent\":\"refund\"}}", VERDICT_NO},
    {"{\"not\":{\"intent\":\"other\"}}", VERDICT_YES},
    {"{\"not\":{\"tier\":\"vip\"}}", VERDICT_UNKNOWN},
    {"{\"not\":{\"any\":[{\"bot_failures\":2},{\"tier\":\"vip\"}]}}", VERDICT_NO},
};

static void test_conditions_are_yes_no_or_unknown(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++)
        if (judge(conditions[i].when) != conditions[i].expected)
            fail_msg("%s", conditions[i].when);
}

static const struct {
    const char *rule, *pointer;
} refused[] = {
    {"1", "/rules/0"},
    {"{\"when\":{},\"then\":{\"mode\":\"human\"}}", "/rules/0/name"},
    {"{\"name\":\"X\",\"when\":{},\"then\":{\"mode\":\"human\"}}", "/rules/0/name"},
    {"{\"name\":\"x\",\"then\":{\"mode\":\"human\"}}", "/rules/0/when"},
    {"{\"name\":\"x\",\"when\":{}}", "/rules/0/then"},
    {"{\"name\":\"x\",\"when\":{},\"then\":{}}", "/rules/0/then"},
    {"{\"name\":\"x\",\"when\":{},\"then\":{\"mode\":\"robot\"}}", "/rules/0/then/mode"},
    {"{\"name\":\"x\",\"when\":{},\"then\":{\"mode\":\"none\"}}", "/rules/0/then/mode"},
    {"{\"name\":\"x\",\"when\":{},\"then\":{\"priority\":6}}", "/rules/0/then/priority"},
    {"{\"name\":\"x\",\"when\":{},\"then\":{\"review\":\"none\"}}", "/rules/0/then/review"},
    {"{\"name\":\"x\",\"when\":{},\"then\":{\"reason\":\"why\"}}", "/rules/0/then/reason"},
    {"{\"name\":\"x\",\"when\":{},\"then\":{\"mode\":\"human\"},\"unknown\":\"maybe\"}",
     "/rules/0/unknown"},
    {"{\"name\":\"x\",\"when\":{},\"then\":{\"mode\":\"human\"},\"more\":1}", "/rules/0/more"},
    {"{\"name\":\"x\",\"when\":{\"intentt\":\"a\"},\"then\":{\"mode\":\"human\"}}",
     "/rules/0/when/intentt"},
    {"{\"name\":\"x\",\"when\":{\"a/b~\":1},\"then\":{\"mode\":\"human\"}}",
     "/rules/0/when/a~1b~0"},
    {"{\"name\":\"x\",\"when\":{\"intent\":1},\"then\":{\"mode\":\"human\"}}",
     "/rules/0/when/intent"},
    {"{\"name\":\"x\",\"when\":{\"intent\":[\"a\",1]},\"then\":{\"mode\":\"human\"}}",
     "/rules/0/when/intent/1"},
    {"{\"name\":\"x\",\"when\":{\"intent\":[]},\"then\":{\"mode\":\"human\"}}",
     "/rules/0/when/intent"},
    {"{\"name\":\"x\",\"when\":{\"intent\":{}},\"then\":{\"mode\":\"human\"}}",
     "/rules/0/when/intent"},
    {"{\"name\":\"x\",\"when\":{\"intent\":{\"at_least\":1}},\"then\":{\"mode\":\"human\"}}",
     "/rules/0/when/intent/at_least"},
    {"{\"name\":\"x\",\"when\":{\"urgency\":\"a\"},\"then\":{\"mode\":\"human\"}}",
     "/rules/0/when/urgency"},
    {"{\"name\":\"x\",\"when\":{\"urgency\":{\"over\":1}},\"then\":{\"mode\":\"human\"}}",
     "/rules/0/when/urgency/over"},
    {"{\"name\":\"x\",\"when\":{\"any\":{}},\"then\":{\"mode\":\"human\"}}", "/rules/0/when/any"},
    {"{\"name\":\"x\",\"when\":{\"any\":[{},{\"not\":[]}]},\"then\":{\"mode\":\"human\"}}",
     "/rules/0/when/any/1/not"},
};

static void test_what_is_no_rule_is_refused_by_its_place(void **state) {
    (void)state;
    struct arena *a = arena_new();
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct rules r;
        struct why why = {{0}, {0}};
        const char *json = arena_printf(a, "[%s]", refused[i].rule);
        if (parse(a, json, &r, &why) != ERR_INVALID || strcmp(why.pointer, refused[i].pointer) != 0)
            fail_msg("%s: %s %s", refused[i].rule, why.pointer, why.text);
        assert_true(why.text[0] != '\0');
    }
    arena_free(a);
}

static void test_a_rule_says_what_it_says(void **state) {
    (void)state;
    struct arena *a = arena_new();
    struct rules r;
    assert_int_equal(parse(a,
                           "[{\"name\":\"a\",\"when\":{\"subject\":\"legal\",\"urgency\":0},"
                           "\"then\":{\"mode\":\"human\",\"queue\":\"law\",\"priority\":1,"
                           "\"review\":\"before\",\"reason\":\"sensitive_subject\"},"
                           "\"unknown\":\"yes\"},{\"name\":\"b\",\"when\":{},\"then\":"
                           "{\"priority\":4}}]",
                           &r, NULL),
                     OK);
    assert_int_equal(r.n, 2);
    assert_string_equal(r.items[0].name, "a");
    assert_true(r.items[0].unknown_is_yes && !r.items[1].unknown_is_yes);
    assert_int_equal(r.items[0].mode, MODE_HUMAN);
    assert_string_equal(r.items[0].queue, "law");
    assert_int_equal(r.items[0].review, REVIEW_BEFORE);
    assert_int_equal(r.items[0].reason, REASON_sensitive_subject);
    assert_int_equal(r.items[1].mode, MODE_NONE);
    assert_int_equal(r.items[1].reason, REASON_rule_matched);
    assert_int_equal(r.items[1].priority, 4);
    arena_free(a);
}

static void test_a_reason_shows_the_first_signal(void **state) {
    (void)state;
    struct arena *a = arena_new();
    struct rules r;
    struct signals s = {.known = 0};
    signals_set(&s, SIGNAL_wants_human, 0.75);
    s.text[SIGNAL_subject] = "legal";
    assert_int_equal(parse(a,
                           "[{\"name\":\"a\",\"when\":{\"any\":[{\"subject\":\"legal\"},"
                           "{\"wants_human\":{\"at_least\":0.5}}]},\"then\":{\"priority\":4}},"
                           "{\"name\":\"b\",\"when\":{\"urgency\":1},\"then\":{\"priority\":4}}]",
                           &r, NULL),
                     OK);
    assert_true(rules_strength(r.items[0].when, &s) == 0.75);
    assert_string_equal(rules_seen_text(r.items[0].when, &s), "legal");
    assert_true(rules_strength(r.items[1].when, &s) == 1);
    assert_null(rules_seen_text(r.items[1].when, &s));
    arena_free(a);
}

static void test_too_many_rules_are_refused(void **state) {
    (void)state;
    struct arena *a = arena_new();
    struct rules r;
    struct why why;
    json_auto list = json_array();
    for (int i = 0; i <= RULES_MAX; i++)
        json_array_append_new(
            list, json_pack("{s:s,s:{},s:{s:i}}", "name", "x", "when", "then", "priority", 3));
    assert_int_equal(rules_parse(a, list, "/rules", &r, &why), ERR_INVALID);
    json_array_remove(list, 0);
    assert_int_equal(rules_parse(a, list, "/rules", &r, &why), OK);
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conditions_are_yes_no_or_unknown),
        cmocka_unit_test(test_what_is_no_rule_is_refused_by_its_place),
        cmocka_unit_test(test_a_rule_says_what_it_says),
        cmocka_unit_test(test_a_reason_shows_the_first_signal),
        cmocka_unit_test(test_too_many_rules_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
