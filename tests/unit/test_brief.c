#include "../../common/decide/brief.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../common/codec/json.h"

#define NOW INT64_C(1800000000000)

static struct conversation angry(void) {
    struct conversation c = {.language = "da",
                             .topic = "where_is_my_order",
                             .customer_name = "Mette",
                             .episode = {.number = 2},
                             .emotion = {EMOTION_ANGER, 0.9, 0.1, 0.8},
                             .effort = {.repeats = 2, .waiting_since_ms = NOW - 5 * 60000}};
    c.facts[c.n_facts++] = (struct fact){"order_number", "48213", "customer", 1, NOW, 0};
    c.facts[c.n_facts++] = (struct fact){"phone", "+4512345678", "customer", 1, NOW, NOW - 1};
    c.promises[c.n_promises++] = (struct promise){.no = 1, .text = "kept", .kept_ms = NOW};
    c.promises[c.n_promises++] =
        (struct promise){.no = 2, .text = "a call", .by = {PARTY_AGENT, "anna"}, .due_ms = NOW};
    return c;
}

static json_t *brief_of(const struct conversation *c, const struct decision *d) {
    json_t *j = NULL;
    buf_auto b;
    buf_init(&b, 65536);
    brief_render(c, d, NOW, &b);
    assert_int_equal(json_load_span(buf_span(&b), &j, NULL), OK);
    return j;
}

static const char *text_at(const json_t *j, const char *name) {
    return json_string_value(json_object_get(j, name));
}

static void what_is_known_and_promised_is_told_and_what_is_over_is_not(void **state) {
    (void)state;
    struct conversation c = angry();
    json_auto j = brief_of(&c, NULL);
    json_t *known = json_object_get(j, "known"), *promised = json_object_get(j, "promised");
    assert_string_equal(text_at(known, "order_number"), "48213");
    assert_null(json_object_get(known, "phone"));
    assert_int_equal(json_array_size(promised), 1);
    assert_string_equal(text_at(json_array_get(promised, 0), "text"), "a call");
    json_t *tried = json_object_get(j, "tried");
    assert_int_equal(json_integer_value(json_object_get(tried, "minutes_waited")), 5);
}

static void you_language_asks_to_own_it_in_the_customers_language(void **state) {
    (void)state;
    struct conversation c = angry();
    struct cue cue = {0, 4, "aldrig"};
    struct decision d = {.evidence = {&cue, 1}};
    d.signals.text[SIGNAL_stance] = "own";
    json_auto j = brief_of(&c, &d);
    assert_string_equal(text_at(j, "stance"), "own");
    assert_int_equal(json_array_size(json_object_get(j, "phrases")), 3);
    assert_non_null(
        strstr(json_string_value(json_array_get(json_object_get(j, "phrases"), 0)), "vores fejl"));
    json_t *mood = json_object_get(j, "mood");
    assert_string_equal(text_at(mood, "direction"), "worse");
    assert_string_equal(json_string_value(json_array_get(json_object_get(mood, "evidence"), 0)),
                        "aldrig");
}

static void without_a_stance_there_are_no_phrases_to_parrot(void **state) {
    (void)state;
    struct conversation c = angry();
    json_auto j = brief_of(&c, NULL);
    assert_string_equal(text_at(j, "stance"), "none");
    assert_int_equal(json_array_size(json_object_get(j, "phrases")), 0);
}

static void every_language_has_three_phrases_a_stance(void **state) {
    (void)state;
    static const char *const languages[] = {"en", "nl", "da", "de", "zh"};
    static const char *const stances[] = {"validate", "own"};
    for (size_t i = 0; i < 10; i++) {
        struct conversation c = angry();
        struct decision d = {0};
        c.language = languages[i / 2];
        d.signals.text[SIGNAL_stance] = stances[i % 2];
        json_auto j = brief_of(&c, &d);
        assert_int_equal(json_array_size(json_object_get(j, "phrases")), 3);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_known_and_promised_is_told_and_what_is_over_is_not),
        cmocka_unit_test(you_language_asks_to_own_it_in_the_customers_language),
        cmocka_unit_test(without_a_stance_there_are_no_phrases_to_parrot),
        cmocka_unit_test(every_language_has_three_phrases_a_stance)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
