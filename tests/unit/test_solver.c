#include "../../common/nlu/solver.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int with_arena(void **state) {
    *state = arena_new();
    return 0;
}

static int without_arena(void **state) {
    arena_free(*state);
    return 0;
}

/* Two texts a label with a feature of their own, and one feature that all share. */
static struct solver_task task(void) {
    static const int at[4][2] = {{0, 4}, {1, 4}, {2, 4}, {3, 4}};
    static const float values[2] = {0.8f, 0.6f};
    static struct solver_row rows[4];
    for (int i = 0; i < 4; i++)
        rows[i] = (struct solver_row){at[i], values, 2, i / 2};
    return (struct solver_task){rows, 4, 5, 2, 16, 1.0, 7};
}

static void test_each_label_scores_its_own_texts_highest(void **state) {
    struct solver_task t = task();
    float *w = ARENA_ARRAY(*state, float, 6 * 16);
    solver_fit(&t, w);
    for (int i = 0; i < 4; i++) {
        double score[2];
        for (int k = 0; k < 2; k++)
            score[k] =
                0.8 * (double)w[i * 16 + k] + 0.6 * (double)w[4 * 16 + k] + (double)w[5 * 16 + k];
        assert_true(score[i / 2] > 0.3);
        assert_true(score[1 - i / 2] < -0.3);
    }
}

static void test_the_same_seed_gives_the_same_weights(void **state) {
    struct solver_task t = task();
    float *one = ARENA_ARRAY(*state, float, 6 * 16), *two = ARENA_ARRAY(*state, float, 6 * 16);
    solver_fit(&t, one);
    solver_fit(&t, two);
    assert_memory_equal(one, two, 6 * 16 * sizeof *one);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_label_scores_its_own_texts_highest, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_the_same_seed_gives_the_same_weights, with_arena,
                                        without_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
