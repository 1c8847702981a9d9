#include "../../common/nlu/rows.h"

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

static void test_a_packed_row_is_what_it_was(void **state) {
    float from[2 * 16] = {0}, values[2] = {1, 0.5f};
    struct rows r = {.n = 2, .width = rows_width(3)};
    from[0] = 1.5f, from[1] = -0.75f, from[16 + 2] = 0.001f;
    rows_pack(*state, from, 16, values, &r);
    assert_int_equal(r.width, 16);
    assert_true(fabs(rows_weight(&r, 0, 0) - 1.5) < 1e-3);
    assert_true(fabs(rows_weight(&r, 0, 1) + 0.75) < 0.01);
    assert_true(fabs(rows_weight(&r, 1, 2) - 0.0005) < 1e-4);
}

static void test_rows_of_nothing_stay_nothing(void **state) {
    float from[16] = {0}, values[1] = {1};
    struct rows r = {.n = 1, .width = 16};
    int32_t sum[16] = {0};
    rows_pack(*state, from, 16, values, &r);
    rows_add(&r, 0, sum);
    assert_int_equal(sum[0], 0);
}

static void test_sums_do_not_depend_on_the_order(void **state) {
    float from[3 * 16], values[3] = {1, 2, 3};
    struct rows r = {.n = 3, .width = 16};
    int32_t forth[16] = {0}, back[16] = {0};
    for (int i = 0; i < 3 * 16; i++)
        from[i] = sinf((float)i);
    rows_pack(*state, from, 16, values, &r);
    for (int i = 0; i < 3; i++) {
        rows_add(&r, i, forth);
        rows_add(&r, 2 - i, back);
    }
    assert_memory_equal(forth, back, sizeof forth);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_packed_row_is_what_it_was, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_rows_of_nothing_stay_nothing, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_sums_do_not_depend_on_the_order, with_arena,
                                        without_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
