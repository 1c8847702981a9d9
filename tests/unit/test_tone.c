#include "../../common/nlu/tone.h"

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

static struct reading tone(void **state, const char *text, double valence) {
    struct scan s;
    struct lexicon_hits hits;
    struct reading r = {.language = "en", .valence = valence};
    scan_text(*state, text, &s);
    lexicon_find(*state, &s, lexicon_language("en"), &hits);
    tone_read(*state, &(struct cue_source){&s, &hits}, &r);
    return r;
}

static void test_a_refused_wish_is_no_wish(void **state) {
    assert_true(tone(state, "I want to talk to a human", 0).wants_human > 0.5);
    assert_true(tone(state, "I don't need to talk to a human", 0).wants_human <= 0);
}

static void test_stance_needs_something_to_answer_for(void **state) {
    assert_int_equal(tone(state, "you never call", -0.5).stance, STANCE_OWN);
    assert_int_equal(tone(state, "you never disappoint", 0.8).stance, STANCE_NONE);
}

static void test_a_deadline_is_urgent(void **state) {
    struct reading r = tone(state, "I need it before friday", 0);
    assert_true(r.deadline && r.urgency > 0.5 && r.urgency_evidence.n > 0);
    assert_true(tone(state, "no rush", 0).urgency <= 0);
}

static void test_the_strongest_subject_is_named(void **state) {
    struct reading r = tone(state, "my lawyer and my attorney say this is fraud", 0);
    assert_int_equal(r.subject, SUBJECT_LEGAL);
    assert_int_equal(r.subject_evidence.n, 2);
}

static void test_a_greeting_or_a_question_is_no_complaint_first(void **state) {
    assert_true(tone(state, "This is broken. Hi.", -0.5).complaint_first);
    assert_false(tone(state, "Hi. This is broken.", -0.5).complaint_first);
    assert_false(tone(state, "Why is it broken?", -0.5).complaint_first);
}

static void test_a_greeting_may_carry_a_name_but_no_question(void **state) {
    assert_true(tone(state, "Hi Anna", 0).greeting_only);
    assert_false(tone(state, "Hi, refund?", 0).greeting_only);
    assert_false(tone(state, "refund", 0).greeting_only);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_refused_wish_is_no_wish, with_arena, without_arena),
        cmocka_unit_test_setup_teardown(test_stance_needs_something_to_answer_for, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_a_deadline_is_urgent, with_arena, without_arena),
        cmocka_unit_test_setup_teardown(test_the_strongest_subject_is_named, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_a_greeting_or_a_question_is_no_complaint_first,
                                        with_arena, without_arena),
        cmocka_unit_test_setup_teardown(test_a_greeting_may_carry_a_name_but_no_question,
                                        with_arena, without_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
