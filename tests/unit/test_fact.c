#include "../../common/nlu/fact.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int with_arena(void **state) {
    *state = arena_new();
    return 0;
}

static int without_arena(void **state) {
    arena_free(*state);
    return 0;
}

static struct usage usage; /* of the tests that name patterns; else none */

static struct reading facts(void **state, const char *text) {
    struct scan s;
    struct lexicon_hits hits;
    struct reading r = {0};
    scan_text(*state, text, &s);
    lexicon_find(*state, &s, LEXICON_EVERY_LANGUAGE, &hits);
    fact_read(*state, text, &(struct cue_source){&s, &hits}, &usage, &r);
    return r;
}

static void check(void **state, const char *text, const char *name, const char *value) {
    struct reading r = facts(state, text);
    if (!name) {
        assert_int_equal(r.n_facts, 0);
        return;
    }
    assert_int_equal(r.n_facts, 1);
    assert_string_equal(r.facts[0].name, name);
    assert_string_equal(r.facts[0].value, value);
}

static void test_order_numbers_by_word_and_by_shape(void **state) {
    check(state, "#12345", "order_number", "12345");
    check(state, "order 1001-22", "order_number", "1001-22");
    check(state, "ordre dk-10023", "order_number", "DK-10023");
    check(state, "100234 is my order number", "order_number", "100234");
    check(state, "about ORD123456", "order_number", "ORD123456");
    check(state, "订单号：20231105001", "order_number", "20231105001");
}

static void test_other_numbers_are_left_alone(void **state) {
    check(state, "I paid 1299.95 for it", NULL, NULL);
    check(state, "order for €1250", NULL, NULL);
    check(state, "ordered 500 pieces", NULL, NULL);
    check(state, "on 2026-11-12 or 12/11/2026", NULL, NULL);
    check(state, "my order from 2024", NULL, NULL);
    check(state, "I waited 300 minutes", NULL, NULL);
}

static void test_phone_numbers_keep_digits_and_plus(void **state) {
    check(state, "+45 12 34 56 78", "phone", "+4512345678");
    check(state, "0031 6 12345678", "phone", "+31612345678");
    check(state, "tlf. 12 34 56 78", "phone", "12345678");
    check(state, "(020) 7946 0958", "phone", "02079460958");
    check(state, "13812345678", "phone", "13812345678");
}

static void test_mail_addresses_are_lower_case_without_what_surrounds_them(void **state) {
    check(state, "<Jane.Doe+x@Mail.Example.COM>.", "email", "jane.doe+x@mail.example.com");
    check(state, "me@nowhere", NULL, NULL);
    check(state, "@AmericanAir", NULL, NULL);
}

static void test_spans_are_code_points(void **state) {
    struct reading r = facts(state, "ærø: order #12345!");
    assert_int_equal(r.facts[0].start, 11);
    assert_int_equal(r.facts[0].end, 17);
}

static void test_no_more_facts_than_there_is_room_for(void **state) {
    struct reading r = facts(state, "#1001 #1002 #1003 #1004 #1005 #1006 #1007 #1008 #1009 #1010");
    assert_int_equal(r.n_facts, READING_FACTS_MAX);
}

/* ---- the operator's patterns ---- */

#define OWN_MAX 3
static struct usage_fact own[OWN_MAX];

static void name_pattern(const char *name, const char *pattern) {
    struct usage_fact *f = &own[usage.n_facts++];
    *f = (struct usage_fact){.name = name, .separator = '-'};
    assert_int_equal(pattern_compile(pattern, "", &f->pattern, NULL), OK);
    usage.facts = own;
}

static int without_patterns(void **state) {
    usage = (struct usage){.n_facts = 0};
    return without_arena(state);
}

static void test_the_operators_pattern_is_the_order_number(void **state) {
    name_pattern("order_number", "DK~#{5}");
    check(state, "dk 10023 of my order 4711", "order_number", "DK-10023");
    check(state, "my order 4711", NULL, NULL);
    check(state, "#4711", NULL, NULL);
    assert_true(facts(state, "DK-10023").facts[0].confidence >= 0.99);
    struct reading r = facts(state, "call +45 12 34 56 78, DK10023, me@shop.example");
    assert_int_equal(r.n_facts, 3);
    assert_string_equal(r.facts[0].name, "phone");
    assert_string_equal(r.facts[1].value, "DK-10023");
    assert_int_equal(r.facts[1].start, 22);
    assert_string_equal(r.facts[2].name, "email");
}

static void test_other_names_stand_beside_the_usual_shapes(void **state) {
    name_pattern("customer_number", "K#{6}");
    struct reading r = facts(state, "order #12345 of customer k123456");
    assert_int_equal(r.n_facts, 2);
    assert_string_equal(r.facts[0].value, "12345");
    assert_string_equal(r.facts[1].name, "customer_number");
    assert_string_equal(r.facts[1].value, "K123456");
}

static void test_the_pattern_wins_over_a_telephone_number(void **state) {
    name_pattern("order_number", "#{10}");
    check(state, "0612345678", "order_number", "0612345678");
    check(state, "+31 0612345678", "phone", "+310612345678");
    check(state, "my phone 0612345678", "phone", "0612345678");
    check(state, "order 0612345678, thanks", "order_number", "0612345678");
    assert_true(facts(state, "order 0612345678").facts[0].confidence >= 0.99);
}

static void test_a_bare_number_is_no_price_and_no_count(void **state) {
    name_pattern("order_number", "#{5}");
    check(state, "€ 12345 or 12345 €", NULL, NULL);
    check(state, "12345 pieces", NULL, NULL);
    check(state, "12345", "order_number", "12345");
}

#define OWN(test) cmocka_unit_test_setup_teardown(test, with_arena, without_patterns)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_order_numbers_by_word_and_by_shape, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_other_numbers_are_left_alone, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_phone_numbers_keep_digits_and_plus, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(
            test_mail_addresses_are_lower_case_without_what_surrounds_them, with_arena,
            without_arena),
        cmocka_unit_test_setup_teardown(test_spans_are_code_points, with_arena, without_arena),
        cmocka_unit_test_setup_teardown(test_no_more_facts_than_there_is_room_for, with_arena,
                                        without_arena),
        OWN(test_the_operators_pattern_is_the_order_number),
        OWN(test_other_names_stand_beside_the_usual_shapes),
        OWN(test_the_pattern_wins_over_a_telephone_number),
        OWN(test_a_bare_number_is_no_price_and_no_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
