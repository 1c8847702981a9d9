#include "../../common/model/packed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chance.h"

static void test_varints_read_back(void **state) {
    (void)state;
    const uint64_t values[] = {0, 1, 127, 128, 300, UINT32_MAX, UINT64_MAX};
    buf_auto b;
    buf_init(&b, 1000);
    for (size_t i = 0; i < 7; i++)
        packed_put_varint(&b, values[i]);
    struct span in = buf_span(&b);
    for (size_t i = 0; i < 7; i++) {
        uint64_t v;
        assert_int_equal(packed_take_varint(&in, &v), OK);
        assert_true(v == values[i]);
    }
    assert_int_equal(in.n, 0);
}

static void test_a_text_is_written_once(void **state) {
    (void)state;
    const char *texts[] = {"where_is_my_order", NULL, "", "neutral", "where_is_my_order", "æøå"};
    struct arena *a = arena_new();
    struct packed_pool out_pool = {.n = 0}, in_pool = {.n = 0};
    buf_auto b;
    buf_init(&b, 1000);
    for (size_t i = 0; i < 6; i++)
        packed_put_text(&b, &out_pool, texts[i]);
    assert_int_equal(b.len, 18 + 1 + 1 + 1 + 1 + 7);
    struct span in = buf_span(&b);
    for (size_t i = 0; i < 6; i++) {
        const char *s = "";
        assert_int_equal(packed_take_text(a, &in, &in_pool, &s), OK);
        if (texts[i])
            assert_string_equal(s, texts[i]);
        else
            assert_null(s);
    }
    arena_free(a);
}

static void test_texts_longer_than_a_byte_counts_and_more_than_the_pool_holds(void **state) {
    (void)state;
    struct arena *a = arena_new();
    struct packed_pool out_pool = {.n = 0}, in_pool = {.n = 0};
    buf_auto b;
    buf_init(&b, 100000);
    char *texts[100];
    for (int i = 0; i < 100; i++) {
        texts[i] = arena_printf(a, "%0*d", 100 + i, i);
        packed_put_text(&b, &out_pool, texts[i]);
    }
    packed_put_text(&b, &out_pool, texts[99]);
    struct span in = buf_span(&b);
    for (int i = 0; i <= 100; i++) {
        const char *s;
        assert_int_equal(packed_take_text(a, &in, &in_pool, &s), OK);
        assert_string_equal(s, texts[i < 100 ? i : 99]);
    }
    assert_int_equal(in.n, 0);
    arena_free(a);
}

static void test_any_bytes_end_in_a_value_or_a_refusal(void **state) {
    (void)state;
    struct chance c = chance_of(7);
    struct arena *a = arena_new();
    for (int round = 0; round < 20000; round++) {
        size_t n = (size_t)chance_below(&c, 40);
        char *bytes = malloc(n + 1);
        for (size_t i = 0; i < n; i++)
            bytes[i] = (char)chance_below(&c, 256);
        struct span in = {bytes, n};
        struct packed_pool pool = {.n = 0};
        const char *s;
        uint64_t v;
        while (packed_take_text(a, &in, &pool, &s) == OK && packed_take_varint(&in, &v) == OK)
            assert_true(in.n < n);
        free(bytes);
        arena_reset(a);
    }
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_varints_read_back),
        cmocka_unit_test(test_a_text_is_written_once),
        cmocka_unit_test(test_texts_longer_than_a_byte_counts_and_more_than_the_pool_holds),
        cmocka_unit_test(test_any_bytes_end_in_a_value_or_a_refusal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
