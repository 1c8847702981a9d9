#include "../../common/decide/lesson.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SECOND INT64_C(1000)
#define START INT64_C(1763719200000)

/* A conversation as a word, one letter a turn, ten seconds apart:
 *   b  the bot answers            t  the same, then a person takes over
 *   g  the same, then the bot gives up      l  the same, a person comes two days later
 *   w  a wish for a person, which goes to people      m  the machine gives it to people
 *   h  written while people hold it       n  the bot answers, a new episode      a  an auto-reply
 * and what is learned of it, one letter a row: 0 no, 1 yes, L yes and the last of its course. */
static const struct {
    const char *turns, *rows;
    int taken, given_up, asked, courses;
} cases[] = {
    {"bbb", "000", 0, 0, 0, 1},    {"bbt", "00L", 1, 0, 0, 1}, {"bbthb", "00L0", 1, 0, 0, 2},
    {"bg", "0L", 0, 1, 0, 1},      {"bbw", "0L", 0, 0, 1, 1},  {"w", "", 0, 0, 0, 0},
    {"bm", "0", 0, 0, 0, 1},       {"mhh", "", 0, 0, 0, 0},    {"bl", "00", 0, 0, 0, 1},
    {"bnw", "0L", 0, 0, 1, 2},     {"bat", "0L", 1, 0, 0, 1},  {"bab", "00", 0, 0, 0, 1},
    {"tt", "LL", 2, 0, 0, 2},      {"twb", "L0", 1, 0, 0, 2},  {"bnb", "000", 0, 0, 0, 2},
    {"bmwhbb", "000", 0, 0, 0, 2}, {"a", "", 0, 0, 0, 0},      {"btbbg", "0L00L", 1, 1, 0, 2},
};

static struct lesson_turn turn_of(char letter, int number, struct decision *d) {
    int64_t at = START + number * 10 * SECOND, came = at + 5 * SECOND;
    *d = (struct decision){.mode = strchr("wmh", letter) ? MODE_HUMAN : MODE_SELF_SERVICE};
    signals_set(&d->signals, SIGNAL_repeats, number);
    signals_set(&d->signals, SIGNAL_wants_human, letter == 'w');
    signals_set(&d->signals, SIGNAL_human_stretch, letter == 'h');
    signals_set(&d->signals, SIGNAL_episode_new, letter == 'n');
    signals_set(&d->signals, SIGNAL_auto_message, letter == 'a');
    enum lesson_cause cause = letter == 't' || letter == 'l' ? LESSON_TOOK_OVER
                              : letter == 'g'                ? LESSON_GAVE_UP
                                                             : LESSON_NOBODY;
    came = letter == 'l' ? came + 2 * 86400 * SECOND : came;
    return (struct lesson_turn){{{1}}, at, d, cause, cause == LESSON_NOBODY ? 0 : came};
}

static void play(struct lesson *l, const char *turns, uint8_t conversation) {
    for (int i = 0; turns[i]; i++) {
        struct decision d;
        struct lesson_turn t = turn_of(turns[i], i, &d);
        t.conversation_id.b[0] = conversation;
        assert_true(lesson_take(l, &t));
    }
}

static void assert_rows(const struct lesson *l, const char *rows) {
    char seen[64] = "";
    for (int i = 0; i < l->n; i++)
        seen[i] = l->rows[i].last ? 'L' : l->rows[i].should ? '1' : '0';
    assert_string_equal(seen, rows);
}

static void test_what_a_conversation_teaches(void **state) {
    (void)state;
    struct arena *a = arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lesson l;
        lesson_open(a, &l);
        play(&l, cases[i].turns, 1);
        lesson_close(&l);
        if (l.taken != cases[i].taken || l.given_up != cases[i].given_up ||
            l.asked != cases[i].asked || l.courses != cases[i].courses)
            fail_msg("%s: %d %d %d, %d courses", cases[i].turns, l.taken, l.given_up, l.asked,
                     l.courses);
        assert_rows(&l, cases[i].rows);
        arena_reset(a);
    }
    arena_free(a);
}

static void test_conversations_do_not_touch(void **state) {
    (void)state;
    struct arena *a = arena_new();
    struct lesson l;
    lesson_open(a, &l);
    play(&l, "bb", 1);
    play(&l, "wb", 2); /* the wish is another customer's */
    play(&l, "bt", 3);
    play(&l, "b", 4);
    lesson_close(&l);
    assert_rows(&l, "0000L0");
    assert_int_equal(l.conversations, 4);
    assert_int_equal(l.rows[4].conversation, 2);
    assert_true(l.rows[3].course == l.rows[4].course && l.rows[4].course != l.rows[5].course);
    arena_free(a);
}

/* Somebody came for a later turn: the earlier one did not need them. */
static void test_who_comes_after_the_next_turn_came_for_that(void **state) {
    (void)state;
    struct arena *a = arena_new();
    struct lesson l;
    struct decision d;
    lesson_open(a, &l);
    for (int i = 0; i < 3; i++) {
        struct lesson_turn t = turn_of('t', i, &d);
        t.came_ms = START + 25 * SECOND;
        assert_true(lesson_take(&l, &t));
    }
    lesson_close(&l);
    assert_rows(&l, "00L");
    arena_free(a);
}

static void test_the_inputs_are_those_of_the_sum(void **state) {
    (void)state;
    struct arena *a = arena_new();
    struct lesson l;
    struct decision d;
    lesson_open(a, &l);
    struct lesson_turn t = turn_of('b', 2, &d);
    signals_set(&d.signals, SIGNAL_negative, 1);
    signals_set(&d.signals, SIGNAL_emotion_intensity, NAN);
    assert_true(lesson_take(&l, &t));
    for (int i = 0; i < HANDOVER_INPUTS; i++)
        assert_true(l.rows[0].x[i] == (strcmp(handover_input_name(i), "repeats") == 0 ? 2 : 0));
    arena_free(a);
}

static void test_a_full_lesson_takes_no_more(void **state) {
    (void)state;
    struct arena *a = arena_new();
    struct lesson l;
    struct decision d;
    lesson_open(a, &l);
    struct lesson_turn t = turn_of('b', 0, &d);
    for (int i = 0; i < LESSON_ROWS_MAX; i++)
        assert_true(lesson_take(&l, &t));
    assert_false(lesson_take(&l, &t));
    lesson_close(&l);
    assert_int_equal(l.n, LESSON_ROWS_MAX);
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_conversation_teaches),
        cmocka_unit_test(test_conversations_do_not_touch),
        cmocka_unit_test(test_who_comes_after_the_next_turn_came_for_that),
        cmocka_unit_test(test_the_inputs_are_those_of_the_sum),
        cmocka_unit_test(test_a_full_lesson_takes_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
