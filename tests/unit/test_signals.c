#include "../../common/model/signals.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../common/codec/json.h"
#include "random_signals.h"

static void assert_same(const struct signals *a, const struct signals *b) {
    assert_true(a->known == b->known);
    assert_memory_equal(a->number, b->number, sizeof a->number);
    for (int i = 0; i < SIGNAL_TEXTS_; i++) {
        assert_int_equal(!a->text[i], !b->text[i]);
        if (a->text[i])
            assert_string_equal(a->text[i], b->text[i]);
    }
}

static void test_any_vector_reads_back_bit_for_bit(void **state) {
    (void)state;
    struct arena *a = arena_new();
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        struct chance c = chance_of(seed);
        struct signals s = random_signals(&c), back;
        buf_auto b;
        buf_init(&b, 4096);
        signals_pack(&s, &b);
        buf_adds(&b, "tail");
        struct span in = buf_span(&b);
        assert_int_equal(signals_unpack(a, &in, &back), OK);
        assert_true(span_is(in, "tail"));
        assert_same(&s, &back);
        arena_reset(a);
    }
    arena_free(a);
}

static void test_calm_vector_is_small(void **state) {
    (void)state;
    struct signals s = {.known = 0};
    for (int i = 0; i < SIGNAL_NUMBERS_; i++)
        signals_set(&s, (enum signal_number)i, 0);
    for (int i = 0; i < SIGNAL_TEXTS_; i++)
        s.text[i] = "none";
    buf_auto b;
    buf_init(&b, 4096);
    signals_pack(&s, &b);
    assert_true(b.len < SIGNAL_NUMBERS_); /* less than a byte a signal */
}

static void test_every_cut_of_a_record_is_refused(void **state) {
    (void)state;
    struct arena *a = arena_new();
    struct chance c = chance_of(5);
    struct signals s = random_signals(&c), back;
    buf_auto b;
    buf_init(&b, 4096);
    signals_pack(&s, &b);
    for (size_t n = 0; n < b.len; n++) {
        char *cut = malloc(n + 1);
        memcpy(cut, b.p, n);
        struct span in = {cut, n};
        assert_int_equal(signals_unpack(a, &in, &back), ERR_MALFORMED);
        free(cut);
    }
    arena_free(a);
}

static void test_names_lead_to_their_rows(void **state) {
    (void)state;
    for (int i = 0; i < SIGNAL_NUMBERS_; i++) {
        enum signal_number n;
        assert_true(signals_find_number(signals_number_name((enum signal_number)i), &n));
        assert_int_equal(n, i);
    }
    enum signal_text t;
    enum signal_number n;
    assert_true(signals_find_text("intent", &t));
    assert_int_equal(t, SIGNAL_intent);
    assert_false(signals_find_text("confidence", &t));
    assert_false(signals_find_number("intent", &n));
}

static void test_unknown_is_left_out_and_floats_are_shown_as_they_were_meant(void **state) {
    (void)state;
    struct signals s = {.known = 0};
    signals_set(&s, SIGNAL_confidence, 0.9);
    signals_set(&s, SIGNAL_repeats, 2);
    s.text[SIGNAL_intent] = "a\"b";
    buf_auto b;
    buf_init(&b, 4096);
    signals_render(&s, &b);
    assert_string_equal(b.p, "{\"confidence\":0.9,\"repeats\":2,\"intent\":\"a\\\"b\"}");
}

static void test_shown_floats_read_back_equal(void **state) {
    (void)state;
    struct chance c = chance_of(11);
    for (int i = 0; i < 20000; i++) {
        float v = random_number(&c);
        buf_auto b;
        buf_init(&b, 100);
        signals_put_float(&b, v);
        if (v - v == 0)
            assert_true(strtof(b.p, NULL) == v);
        else
            assert_string_equal(b.p, "null");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_vector_reads_back_bit_for_bit),
        cmocka_unit_test(test_calm_vector_is_small),
        cmocka_unit_test(test_every_cut_of_a_record_is_refused),
        cmocka_unit_test(test_names_lead_to_their_rows),
        cmocka_unit_test(test_unknown_is_left_out_and_floats_are_shown_as_they_were_meant),
        cmocka_unit_test(test_shown_floats_read_back_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
