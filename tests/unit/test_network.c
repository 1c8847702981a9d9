#include "../../common/nlu/network.h"

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

static void test_it_learns_what_is_there(void **state) {
    struct solver_task t = task();
    struct network net;
    network_fit(*state, &t, &net);
    for (int i = 0; i < 4; i++) {
        float hidden[NETWORK_HIDDEN], out[16];
        for (int k = 0; k < NETWORK_HIDDEN; k++)
            hidden[k] = net.floors[k] + 0.8f * net.first[i * NETWORK_HIDDEN + k] +
                        0.6f * net.first[4 * NETWORK_HIDDEN + k];
        network_finish(&(struct network_rest){net.second, net.biases}, hidden, 16, out);
        assert_true(out[i / 2] > out[1 - i / 2]);
        assert_true(out[2] < -20);
    }
}

static void test_the_same_seed_gives_the_same_network(void **state) {
    struct solver_task t = task();
    struct network one, two;
    network_fit(*state, &t, &one);
    network_fit(*state, &t, &two);
    assert_memory_equal(one.first, two.first, 5 * NETWORK_HIDDEN * sizeof(float));
    assert_memory_equal(one.second, two.second, 16 * NETWORK_HIDDEN * sizeof(float));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_it_learns_what_is_there, with_arena, without_arena),
        cmocka_unit_test_setup_teardown(test_the_same_seed_gives_the_same_network, with_arena,
                                        without_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
