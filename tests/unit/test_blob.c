#include "../../common/nlu/blob.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../common/codec/text.h"

static int with_arena(void **state) {
    *state = arena_new();
    return 0;
}

static int without_arena(void **state) {
    arena_free(*state);
    return 0;
}

static struct blob small(struct arena *a) {
    static const char *names[] = {"one", "two"};
    struct blob b = {.seed = 42, .n_intents = 2, .names = names, .report = "{}"};
    b.vocabulary.n = 2;
    static const uint32_t keys[] = {8, 16};
    static const float values[] = {1, 1};
    b.vocabulary.keys = keys;
    b.vocabulary.values = values;
    vocabulary_index(a, &b.vocabulary);
    int width = rows_width(2);
    float *linear = ARENA_ARRAY(a, float, 2 * width);
    linear[0] = 3;
    linear[width + 1] = -2;
    b.linear = (struct rows){.n = 2, .width = width};
    rows_pack(a, linear, width, b.vocabulary.values, &b.linear);
    b.hidden = (struct rows){.n = 2, .width = NETWORK_HIDDEN};
    float *first = ARENA_ARRAY(a, float, 2 * NETWORK_HIDDEN);
    first[5] = 1;
    rows_pack(a, first, NETWORK_HIDDEN, b.vocabulary.values, &b.hidden);
    b.floors = ARENA_ARRAY(a, float, NETWORK_HIDDEN);
    float *second = ARENA_ARRAY(a, float, NETWORK_HIDDEN *width),
          *biases = ARENA_ARRAY(a, float, width);
    second[5 * width + 1] = 0.25f;
    biases[1] = 0.5f;
    b.second = second;
    b.biases = biases;
    b.gate.sharpness = 2;
    b.gate.threshold = 0.25;
    return b;
}

static void test_what_was_written_is_read(void **state) {
    struct blob b = small(*state), again;
    buf_auto bytes;
    buf_init(&bytes, 1 << 16);
    blob_write(&b, &bytes);
    assert_int_equal(blob_read(*state, buf_span(&bytes), &again), OK);
    assert_int_equal(again.seed, 42);
    assert_string_equal(again.names[1], "two");
    assert_true(again.gate.threshold == 0.25);
    assert_string_equal(again.report, "{}");
    assert_true(fabs(rows_weight(&again.linear, 1, 1) + 2) < 0.01);
    assert_int_equal(vocabulary_find(&again.vocabulary, 16), 1);
}

static void test_nothing_is_copied_and_any_address_will_do(void **state) {
    struct blob b = small(*state), again;
    buf_auto bytes;
    buf_init(&bytes, 1 << 16);
    blob_write(&b, &bytes);
    char *room = arena_alloc(*state, bytes.len + 1);
    for (int off = 0; off < 2; off++) {
        memcpy(room + off, bytes.p, bytes.len);
        assert_int_equal(blob_read(*state, (struct span){room + off, bytes.len}, &again), OK);
        const char *weights = (const char *)again.linear.weights;
        assert_true((weights >= room && weights < room + bytes.len) == (off == 0));
        assert_true(fabs(rows_weight(&again.linear, 1, 1) + 2) < 0.01);
    }
}

static void test_any_damaged_or_missing_byte_is_refused(void **state) {
    struct blob b = small(*state), again;
    buf_auto bytes;
    buf_init(&bytes, 1 << 16);
    blob_write(&b, &bytes);
    for (size_t i = 0; i < bytes.len; i++) {
        bytes.p[i] ^= 0x10;
        assert_int_equal(blob_read(*state, buf_span(&bytes), &again), ERR_MALFORMED);
        bytes.p[i] ^= 0x10;
        assert_int_equal(blob_read(*state, (struct span){bytes.p, i}, &again), ERR_MALFORMED);
    }
}

static void test_counts_that_promise_too_much_are_refused(void **state) {
    struct blob b = small(*state), again;
    buf_auto bytes;
    buf_init(&bytes, 1 << 16);
    blob_write(&b, &bytes);
    uint32_t features = 1 << 17;
    memcpy(bytes.p + 24 + 16, &features, sizeof features);
    uint64_t sum = text_hash(bytes.p + 24, bytes.len - 24, 3);
    memcpy(bytes.p + 16, &sum, sizeof sum);
    assert_int_equal(blob_read(*state, buf_span(&bytes), &again), ERR_MALFORMED);
}

static void test_scores_are_weights_over_length_and_what_the_network_adds(void **state) {
    struct blob b = small(*state);
    struct feature items[] = {{8, 0}, {24, 0}};
    struct gate_scores scores;
    int known[2];
    blob_score(*state, &b, &(struct features){items, 2}, known, &scores);
    assert_true(fabs(scores.intents[0] - 3) < 0.01);
    assert_true(fabs(scores.intents[1] - 0.75) < 0.01);
    assert_int_equal(known[0], 0);
    assert_int_equal(known[1], -1);
    assert_true(scores.coverage > 0 && scores.coverage < 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_was_written_is_read, with_arena, without_arena),
        cmocka_unit_test_setup_teardown(test_nothing_is_copied_and_any_address_will_do, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_any_damaged_or_missing_byte_is_refused, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_counts_that_promise_too_much_are_refused, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(
            test_scores_are_weights_over_length_and_what_the_network_adds, with_arena,
            without_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
