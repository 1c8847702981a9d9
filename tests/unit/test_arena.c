#include "../../common/base/arena.h"

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

static void test_pieces_are_zeroed_aligned_and_apart(void **state) {
    struct arena *a = *state;
    unsigned char *before = NULL;
    for (size_t size = 0; size < 300; size++) {
        unsigned char *p = arena_alloc(a, size);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xA5, size);
        if (before)
            assert_int_equal(before[size - 2], 0xA5);
        before = size ? p : NULL;
    }
}

static void test_room_is_aligned_and_apart(void **state) {
    struct arena *a = *state;
    char *first = ARENA_ROOM(a, char, 33), *second = ARENA_ROOM(a, char, 33);
    assert_int_equal((uintptr_t)second % _Alignof(max_align_t), 0);
    memset(first, 'a', 33);
    memset(second, 'b', 33);
    assert_int_equal(first[32], 'a');
    assert_int_equal(arena_used(a), 66);
}

static void test_reused_memory_is_zeroed_again(void **state) {
    struct arena *a = *state;
    memset(arena_alloc(a, 10000), 0xFF, 10000);
    arena_reset(a);
    const unsigned char *p = arena_alloc(a, 10000);
    for (int i = 0; i < 10000; i++)
        assert_int_equal(p[i], 0);
}

static void test_used_counts_until_reset(void **state) {
    struct arena *a = *state;
    assert_int_equal(arena_used(a), 0);
    (void)arena_alloc(a, 100);
    (void)arena_alloc(a, 3 << 20);
    assert_int_equal(arena_used(a), 100 + (3 << 20));
    arena_reset(a);
    assert_int_equal(arena_used(a), 0);
}

static void test_a_big_piece_leaves_the_small_ones_whole(void **state) {
    struct arena *a = *state;
    char *small = arena_strdup(a, "small");
    char *big = arena_alloc(a, 5 << 20);
    memset(big, 'b', 5 << 20);
    char *next = arena_strdup(a, "next");
    memset(big, 'c', 5 << 20);
    assert_string_equal(small, "small");
    assert_string_equal(next, "next");
}

static void test_many_rounds_hold_what_was_written(void **state) {
    struct arena *a = *state;
    for (int round = 0; round < 20; round++) {
        int *pieces[500];
        for (int i = 0; i < 500; i++) {
            pieces[i] = ARENA_ARRAY(a, int, 1 + i * 7);
            pieces[i][i * 7] = i;
        }
        for (int i = 0; i < 500; i++)
            assert_int_equal(pieces[i][i * 7], i);
        arena_reset(a);
    }
}

static void test_copies_are_copies(void **state) {
    struct arena *a = *state;
    char original[] = "abc\0def";
    char *copy = arena_copy(a, original, sizeof original);
    char *text = arena_strdup(a, original);
    original[0] = 'x';
    assert_memory_equal(copy, "abc\0def", 8);
    assert_string_equal(text, "abc");
    assert_null(arena_strdup(a, NULL));
    assert_non_null(arena_copy(a, NULL, 0));
}

static void test_strndup_ends_the_text(void **state) {
    struct arena *a = *state;
    assert_string_equal(arena_strndup(a, "abcdef", 3), "abc");
    assert_string_equal(arena_strndup(a, NULL, 0), "");
    assert_memory_equal(arena_strndup(a, "a\0b", 3), "a\0b", 4);
}

static void test_printf_takes_any_length(void **state) {
    struct arena *a = *state;
    assert_string_equal(arena_printf(a, "%s-%d", "x", 5), "x-5");
    char *wide = arena_printf(a, "%40000d|", 7);
    assert_int_equal(strlen(wide), 40001);
    assert_string_equal(wide + 39999, "7|");
}

static void test_join_takes_texts_as_they_are(void **state) {
    struct arena *a = *state;
    assert_string_equal(ARENA_JOIN(a, "a:", "", "%s", "c"), "a:%sc");
    assert_string_equal(ARENA_JOIN(a, ""), "");
    assert_string_equal(ARENA_JOIN(a, arena_printf(a, "%9000d", 1), "2") + 8999, "12");
}

static void test_free_accepts_null(void **state) {
    (void)state;
    arena_free(NULL);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, with_arena, without_arena)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(test_pieces_are_zeroed_aligned_and_apart),
        CASE(test_room_is_aligned_and_apart),
        CASE(test_reused_memory_is_zeroed_again),
        CASE(test_used_counts_until_reset),
        CASE(test_a_big_piece_leaves_the_small_ones_whole),
        CASE(test_many_rounds_hold_what_was_written),
        CASE(test_copies_are_copies),
        CASE(test_strndup_ends_the_text),
        CASE(test_printf_takes_any_length),
        CASE(test_join_takes_texts_as_they_are),
        cmocka_unit_test(test_free_accepts_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
