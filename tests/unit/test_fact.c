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

static struct reading facts(void **state, const char *text) {
    struct scan s;
    struct lexicon_hits hits;
    struct reading r = {0};
    scan_text(*state, text, &s);
    lexicon_find(*state, &s, LEXICON_EVERY_LANGUAGE, &hits);
    fact_read(*state, text, &(struct cue_source){&s, &hits}, &r);
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
