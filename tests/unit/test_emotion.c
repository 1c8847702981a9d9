#include "../../common/nlu/emotion.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "apart.h"

static int with_arena(void **state) {
    *state = arena_new();
    return 0;
}

static int without_arena(void **state) {
    arena_free(*state);
    return 0;
}

static struct reading mood_by(void **state, const char *language, const char *text, double norm) {
    struct scan s;
    struct lexicon_hits hits;
    struct reading r = {.language = language, .norm = norm};
    scan_text(*state, text, &s);
    lexicon_find(*state, &s, lexicon_language(language), &hits);
    emotion_read(*state, &(struct cue_source){&s, &hits}, &r);
    return r;
}

static struct reading mood(void **state, const char *language, const char *text) {
    return mood_by(state, language, text, 1);
}

static void test_the_norm_makes_the_same_words_weigh_more_or_less(void **state) {
    double plain = mood(state, "da", "lidt skuffet").intensity;
    assert_true(plain > 0.2 && plain < 0.6);
    assert_true(mood_by(state, "da", "lidt skuffet", 1.5).intensity > plain * 1.4);
    assert_true(mood_by(state, "da", "lidt skuffet", 0.5).intensity < plain * 0.6);
    assert_true(mood_by(state, "da", "jeg er rasende", 2).intensity <= 1);
}

static void test_negation_turns_praise_into_blame(void **state) {
    assert_true(mood(state, "en", "I am happy").valence > 0.2);
    assert_true(mood(state, "en", "I am not really happy").valence < -0.1);
    assert_true(mood(state, "de", "Ich bin nicht glücklich").valence < -0.1);
}

static void test_negation_ends_at_a_mark(void **state) {
    assert_true(mood(state, "en", "Not today, great service").valence > 0);
}

static void test_degree_strengthens_and_weakens(void **state) {
    double plain = mood(state, "en", "disappointed").intensity;
    assert_true(mood(state, "en", "extremely disappointed").intensity > plain);
    assert_true(mood(state, "en", "slightly disappointed").intensity < plain);
}

static void test_capitals_and_exclamations_raise_the_voice(void **state) {
    double plain = mood(state, "en", "this is a disappointing answer").intensity;
    assert_true(mood(state, "en", "this is a DISAPPOINTING answer").intensity > plain);
    assert_true(mood(state, "en", "this is a disappointing answer!!!").intensity > plain);
    assert_int_equal(mood(state, "en", "WHERE IS MY ORDER NOW").emotion, EMOTION_ANGER);
}

static void test_what_follows_but_is_what_is_meant(void **state) {
    assert_true(mood(state, "en", "good food but bad service").valence < 0);
    assert_true(mood(state, "en", "bad service but good food").valence > 0);
}

static void test_emoji_speak_in_every_language(void **state) {
    assert_int_equal(mood(state, "da", "😡").emotion, EMOTION_ANGER);
    assert_true(mood(state, "zh", "😍").valence > 0);
}

static void test_a_plain_question_is_neutral(void **state) {
    struct reading r = mood(state, "en", "What time do you open?");
    assert_int_equal(r.emotion, EMOTION_NEUTRAL);
    assert_true(r.valence >= 0 && r.valence <= 0);
    assert_int_equal(r.emotion_evidence.n, 0);
}

#define BAD (-0.05)

static bool is_negative(const struct reading *r) { return r->valence <= BAD; }

static void test_a_negative_mood_is_felt(void **state) {
    (void)state;
    apart_check_f1("mood", is_negative, 0.85);
}

static void test_negation_moves_the_mood(void **state) {
    static const char *const pairs[][2] = {
        {"I am happy with the bike", "I am not happy with the bike"},
        {"This works well", "This does not work well"},
        {"I am angry", "I'm not angry at all"},
        {"I was disappointed", "I was never disappointed"},
        {"Ik ben blij met de fiets", "Ik ben niet blij met de fiets"},
        {"Het werkt goed", "Het werkt niet goed"},
        {"Ik ben boos", "Ik ben helemaal niet boos"},
        {"Ik was teleurgesteld", "Ik was niet teleurgesteld"},
        {"Jeg er glad for cyklen", "Jeg er ikke glad for cyklen"},
        {"Det er godt", "Det er ikke godt"},
        {"Jeg er vred", "Jeg er slet ikke vred"},
        {"Jeg var skuffet", "Jeg var ikke skuffet"},
        {"Ich bin zufrieden mit dem Rad", "Ich bin nicht zufrieden mit dem Rad"},
        {"Das ist gut", "Das ist nicht gut"},
        {"Ich bin wütend", "Ich bin gar nicht wütend"},
        {"Ich war enttäuscht", "Ich war nicht enttäuscht"},
        {"我很满意", "我不满意"},
        {"质量好", "质量不好"},
        {"我很生气", "我没有生气"},
        {"我很失望", "我不失望"},
    };
    (void)state;
    struct arena *a = arena_new();
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct reading plain = apart_read(a, pairs[i][0]), negated = apart_read(a, pairs[i][1]);
        bool was_good = plain.valence > 0;
        if (plain.valence == 0 ||
            (was_good ? negated.valence >= 0 : negated.valence <= plain.valence))
            fail_msg("%s %.2f, %s %.2f", pairs[i][0], plain.valence, pairs[i][1], negated.valence);
    }
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_norm_makes_the_same_words_weigh_more_or_less,
                                        with_arena, without_arena),
        cmocka_unit_test_setup_teardown(test_negation_turns_praise_into_blame, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_negation_ends_at_a_mark, with_arena, without_arena),
        cmocka_unit_test_setup_teardown(test_degree_strengthens_and_weakens, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_capitals_and_exclamations_raise_the_voice, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_what_follows_but_is_what_is_meant, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_emoji_speak_in_every_language, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_a_plain_question_is_neutral, with_arena,
                                        without_arena),
        cmocka_unit_test(test_a_negative_mood_is_felt),
        cmocka_unit_test(test_negation_moves_the_mood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
