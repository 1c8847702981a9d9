#include "../../common/nlu/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../common/base/arena.h"

static int with_arena(void **state) {
    *state = arena_new();
    return 0;
}

static int without_arena(void **state) {
    arena_free(*state);
    return 0;
}

#define TEXTS 300

/* Three intents; a third of the texts come from outside, with low scores all round. */
static struct gate_observation *observations(struct arena *a, bool with_outside) {
    struct gate_observation *seen = ARENA_ARRAY(a, struct gate_observation, TEXTS);
    for (int i = 0; i < TEXTS; i++) {
        float *scores = ARENA_ARRAY(a, float, 3);
        bool outside = with_outside && i % 3 == 0;
        bool misled = i % 10 == 1;
        for (int k = 0; k < 3; k++)
            scores[k] = -1;
        int truth = i % 7 % 3;
        scores[misled ? (truth + 1) % 3 : truth] = outside ? -0.7f : misled ? 0.1f : 1;
        seen[i] = (struct gate_observation){{scores, 3, 0, outside ? 0.3 : 0.9},
                                            outside ? GATE_OUTSIDE : truth};
    }
    return seen;
}

static struct gate_verdict judge(const struct gate *g, const float *scores, double coverage) {
    float probabilities[3];
    struct gate_verdict v;
    gate_judge(g, &(struct gate_scores){scores, 3, 0, coverage}, probabilities, &v);
    float sum = probabilities[0] + probabilities[1] + probabilities[2];
    assert_true(sum > 0.999f && sum < 1.001f);
    return v;
}

static void test_strangers_are_told_from_acquaintances(void **state) {
    struct gate g;
    gate_fit(observations(*state, true), TEXTS, 0.05, &g);
    struct gate_verdict known = judge(&g, (float[]){-1, 1, -1}, 0.9);
    struct gate_verdict strange = judge(&g, (float[]){-1, -0.7f, -1}, 0.3);
    assert_int_equal(known.best, 1);
    assert_true(known.in_scope >= g.threshold);
    assert_true(strange.in_scope < g.threshold);
}

static void test_confidence_is_how_often_the_name_is_right(void **state) {
    struct gate g;
    gate_fit(observations(*state, false), TEXTS, 0.05, &g);
    assert_true(judge(&g, (float[]){1, -1, -1}, 0.9).confidence > 0.95);
    assert_true(judge(&g, (float[]){0.1f, -1, -1}, 0.9).confidence < 0.2);
}

static void test_without_strangers_confidence_decides(void **state) {
    struct gate g;
    gate_fit(observations(*state, false), TEXTS, 0.05, &g);
    assert_true(g.threshold > 0.49 && g.threshold < 0.51);
    assert_true(judge(&g, (float[]){1, -1, -1}, 0.9).in_scope >= g.threshold);
}

static void test_no_more_right_answers_are_refused_than_allowed(void **state) {
    struct gate g;
    struct gate_observation *seen = observations(*state, true);
    gate_fit(seen, TEXTS, 0.0, &g);
    for (int i = 0; i < TEXTS; i++) {
        struct gate_verdict v = judge(&g, seen[i].scores.intents, seen[i].scores.coverage);
        if (v.best == seen[i].truth)
            assert_true(v.in_scope >= g.threshold);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_strangers_are_told_from_acquaintances, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_confidence_is_how_often_the_name_is_right, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_without_strangers_confidence_decides, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_no_more_right_answers_are_refused_than_allowed,
                                        with_arena, without_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
