#include "../../common/nlu/feature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
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

static struct features features_of(void **state, const char *text) {
    struct scan s;
    struct features f;
    scan_text(*state, text, &s);
    feature_extract(*state, &s, 7, &f);
    return f;
}

static bool has(const struct features *f, uint32_t key) {
    for (int i = 0; i < f->n; i++)
        if (f->items[i].key == key)
            return true;
    return false;
}

static void test_every_feature_stands_once(void **state) {
    struct features f = features_of(state, "again and again and again");
    for (int i = 0; i < f.n; i++)
        for (int k = 0; k < i; k++)
            assert_true(f.items[i].key != f.items[k].key);
}

static void test_numbers_look_alike(void **state) {
    struct features a = features_of(state, "order 12345"), b = features_of(state, "order 987");
    assert_int_equal(a.n, b.n);
    for (int i = 0; i < a.n; i++)
        assert_true(has(&b, a.items[i].key));
}

static void test_case_and_marks_do_not_matter(void **state) {
    struct features a = features_of(state, "Where is it?"), b = features_of(state, "where IS it");
    assert_int_equal(a.n, b.n);
    assert_memory_equal(a.items, b.items, sizeof *a.items * (size_t)a.n);
}

static void test_the_seed_changes_every_key(void **state) {
    struct scan s;
    struct features a, b;
    scan_text(*state, "refund", &s);
    feature_extract(*state, &s, 1, &a);
    feature_extract(*state, &s, 2, &b);
    for (int i = 0; i < a.n; i++)
        assert_false(has(&b, a.items[i].key));
}

static void test_ideographs_give_ngrams_over_their_run(void **state) {
    struct features f = features_of(state, "退款");
    assert_int_equal(f.n, 3);
    assert_int_equal(feature_kind(f.items[1].key), FEATURE_PAIR);
}

static void test_a_huge_text_stays_within_the_limit(void **state) {
    char *text = arena_alloc(*state, 60001);
    for (int i = 0; i < 60000; i++)
        text[i] = i % 9 == 8 ? ' ' : (char)('a' + (i * 7919 / 13) % 26);
    assert_in_range(features_of(state, text).n, 1000, FEATURE_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_feature_stands_once, with_arena, without_arena),
        cmocka_unit_test_setup_teardown(test_numbers_look_alike, with_arena, without_arena),
        cmocka_unit_test_setup_teardown(test_case_and_marks_do_not_matter, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_the_seed_changes_every_key, with_arena, without_arena),
        cmocka_unit_test_setup_teardown(test_ideographs_give_ngrams_over_their_run, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_a_huge_text_stays_within_the_limit, with_arena,
                                        without_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
