#include "../../common/nlu/tone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "apart.h"
#include "setting.h"

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

#define SAID 0.5

static bool wants_human(const struct reading *r) { return r->wants_human >= SAID; }
static bool is_urgent(const struct reading *r) { return r->urgency >= SAID; }
static const char *stance_of(const struct reading *r) { return stance_text(r->stance); }

static void test_the_wish_for_a_person_is_heard_and_not_imagined(void **state) {
    (void)state;
    apart_check_f1("wish", wants_human, 0.85);
    apart_check_f1("wish_later", wants_human, 0.85);
    apart_check_f1("wish_last", wants_human, 0.8);
    apart_check_f1("wish_plain", wants_human, 0.85);
    apart_check_f1("wish_fresh", wants_human, 0.85);
}

static void test_urgency_is_more_than_the_word(void **state) {
    (void)state;
    apart_check_f1("urgency", is_urgent, 0.85);
    apart_check_f1("urgency_last", is_urgent, 0.85);
    apart_check_f1("urgency_plain", is_urgent, 0.85);
    apart_check_f1("urgency_fresh", is_urgent, 0.85);
}

static void test_stance_follows_whom_the_text_speaks_of(void **state) {
    (void)state;
    struct arena *a = arena_new();
    struct apart_list *all = ARENA_ARRAY(a, struct apart_list, 1);
    apart_load(a, "stance", all);
    for (size_t i = 0; i < APART_LANGUAGES; i++)
        assert_true(apart_accuracy(all, apart_languages[i], stance_of) >= 0.85);
    arena_free(a);
}

/* What is asked for stays, in all but a few of a thousand (a title in capitals can change the
 * language that is guessed). */
static void test_wish_and_urgency_stay_however_the_text_is_set(void **state) {
    (void)state;
    struct arena *a = arena_new(), *scratch = arena_new();
    struct apart_list *all = ARENA_ARRAY(a, struct apart_list, 1);
    int changed = 0, n = 0;
    apart_load(a, "wish", all);
    for (int i = 0; i < all->n; i++)
        for (size_t k = 0; k < SETTINGS; k++) {
            const char *text = all->items[i].text;
            arena_reset(scratch);
            struct reading r = apart_read(scratch, text);
            struct reading s = apart_read(scratch, settings[k](scratch, text));
            changed += (r.wants_human >= SAID) != (s.wants_human >= SAID);
            changed += (r.urgency >= SAID) != (s.urgency >= SAID);
            n += 2;
        }
    if (changed * 200 > n)
        fail_msg("%d of %d changed", changed, n);
    arena_free(scratch);
    arena_free(a);
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
        cmocka_unit_test(test_the_wish_for_a_person_is_heard_and_not_imagined),
        cmocka_unit_test(test_urgency_is_more_than_the_word),
        cmocka_unit_test(test_stance_follows_whom_the_text_speaks_of),
        cmocka_unit_test(test_wish_and_urgency_stay_however_the_text_is_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
