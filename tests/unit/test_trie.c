#include "../../common/nlu/trie.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define WORDS 20000

static uint64_t mixed(uint64_t n) {
    n = (n + 1) * 0x9E3779B97F4A7C15ull;
    n = (n ^ (n >> 29)) * 0xBF58476D1CE4E5B9ull;
    return n ^ (n >> 32);
}

static struct trie t;

static int open_trie(void **state) {
    (void)state;
    trie_open(&t);
    return 0;
}

static int free_trie(void **state) {
    (void)state;
    trie_free(&t);
    return 0;
}

static void test_an_empty_trie_leads_nowhere(void **state) {
    (void)state;
    assert_false(trie_leads_on(&t, 0));
    for (uint64_t i = 0; i < 100; i++)
        assert_int_equal(trie_next(&t, 0, mixed(i)), 0);
}

static void test_the_same_way_leads_to_the_same_node(void **state) {
    (void)state;
    uint32_t a = trie_add(&t, 0, mixed(1)), b = trie_add(&t, a, mixed(1));
    assert_int_not_equal(a, 0);
    assert_int_not_equal(b, a);
    assert_int_equal(trie_add(&t, 0, mixed(1)), a);
    assert_int_equal(trie_add(&t, a, mixed(1)), b);
    assert_int_equal(trie_next(&t, 0, mixed(1)), a);
    assert_int_equal(trie_next(&t, a, mixed(1)), b);
    assert_int_equal(trie_next(&t, b, mixed(1)), 0);
    assert_true(trie_leads_on(&t, a));
    assert_false(trie_leads_on(&t, b));
}

/* Word i follows word i / 3: a root with many children, nodes with few, many levels. */
static uint32_t parent_of(const uint32_t *nodes, uint32_t i) { return i < 3 ? 0 : nodes[i / 3]; }

static void test_all_that_was_added_is_found_and_nothing_else(void **state) {
    (void)state;
    uint32_t *nodes = calloc(WORDS, sizeof *nodes);
    assert_non_null(nodes);
    for (uint32_t i = 0; i < WORDS; i++) {
        nodes[i] = trie_add(&t, parent_of(nodes, i), mixed(i));
        t.nodes[nodes[i]].value = i;
    }
    trie_shut(&t);
    for (uint32_t i = 0; i < WORDS; i++) {
        uint32_t parent = parent_of(nodes, i);
        assert_int_equal(trie_next(&t, parent, mixed(i)), nodes[i]);
        assert_int_equal(t.nodes[nodes[i]].value, i);
        /* under another node, and another word under this one */
        assert_int_equal(trie_next(&t, nodes[i], mixed(i)), 0);
        assert_int_equal(trie_next(&t, parent, mixed(i + WORDS)), 0);
        assert_int_equal(trie_look(&t, parent, mixed(i + WORDS)), 0);
    }
    free(nodes);
}

/* The upper 44 bits tell symbols apart, wherever they differ. */
static void test_symbols_that_differ_in_one_bit(void **state) {
    (void)state;
    uint64_t symbol = mixed(7);
    uint32_t node = trie_add(&t, 0, symbol);
    for (int bit = TRIE_NODE_BITS; bit < 64; bit++)
        assert_int_equal(trie_look(&t, 0, symbol ^ 1ull << bit), 0);
    for (int bit = TRIE_NODE_BITS; bit < 64; bit++)
        assert_int_not_equal(trie_add(&t, 0, symbol ^ 1ull << bit), node);
    assert_int_equal(trie_next(&t, 0, symbol), node);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, open_trie, free_trie)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(test_an_empty_trie_leads_nowhere),
        CASE(test_the_same_way_leads_to_the_same_node),
        CASE(test_all_that_was_added_is_found_and_nothing_else),
        CASE(test_symbols_that_differ_in_one_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
