#include "trie.h"

#include <stdlib.h>

#define ROOM_MIN 1024u
#define FROM_BITS ((uint64_t)TRIE_NODES_MAX - 1)

static uint64_t edge_of(uint32_t from, uint64_t symbol) { return (symbol & ~FROM_BITS) | from; }

static uint64_t edge_hash(uint64_t edge) { return edge * 0x9E3779B97F4A7C15ull; }

static uint32_t hash_slot(const struct trie *t, uint64_t hash) {
    return (uint32_t)(hash >> 32) & t->slot_mask;
}

/* So that another edge in the slot is seldom taken for ours before its node is looked at. */
static uint32_t hash_check(uint64_t hash) { return (uint32_t)hash & ~(TRIE_NODES_MAX - 1); }

static uint32_t slot_node(uint32_t slot) { return slot & (TRIE_NODES_MAX - 1); }

/* The slot that leads by the edge, or the free one where it belongs. */
static uint32_t *slot_of(const struct trie *t, uint64_t edge) {
    uint64_t hash = edge_hash(edge);
    uint32_t check = hash_check(hash), at = hash_slot(t, hash);
    for (; t->slots[at]; at = (at + 1) & t->slot_mask)
        if (hash_check(t->slots[at]) == check && t->nodes[slot_node(t->slots[at])].edge == edge)
            break;
    return &t->slots[at];
}

uint32_t trie_look(const struct trie *t, uint32_t node, uint64_t symbol) {
    return slot_node(*slot_of(t, edge_of(node, symbol)));
}

static void *sized(void *table, uint32_t n, size_t size) {
    void *moved = realloc(table, n * size);
    if (!moved)
        abort();
    return moved;
}

static void fill_slot(struct trie *t, uint32_t node) {
    uint64_t edge = t->nodes[node].edge;
    *slot_of(t, edge) = hash_check(edge_hash(edge)) | node;
}

/* Three quarters full at most: a slot tells nearly always by itself whose it is not. */
static void grow_slots(struct trie *t) {
    if (t->n < (t->slot_mask + 1) / 4 * 3)
        return;
    t->slot_mask = t->slot_mask * 2 + 1;
    free(t->slots);
    t->slots = calloc(t->slot_mask + 1, sizeof *t->slots);
    if (!t->slots)
        abort();
    for (uint32_t node = 1; node < t->n; node++)
        fill_slot(t, node);
}

static void grow_nodes(struct trie *t) {
    if (t->n < t->room)
        return;
    t->room *= 2;
    t->nodes = sized(t->nodes, t->room, sizeof *t->nodes);
}

void trie_open(struct trie *t) {
    *t = (struct trie){.room = ROOM_MIN, .slot_mask = ROOM_MIN * 2 - 1, .n = 1};
    t->nodes = sized(NULL, t->room, sizeof *t->nodes);
    t->slots = calloc(t->slot_mask + 1, sizeof *t->slots);
    if (!t->slots)
        abort();
    t->nodes[0] = (struct trie_node){0};
}

uint32_t trie_add(struct trie *t, uint32_t node, uint64_t symbol) {
    uint32_t to = trie_next(t, node, symbol);
    if (to)
        return to;
    if (t->n == TRIE_NODES_MAX)
        abort();
    grow_nodes(t);
    grow_slots(t);
    to = t->n++;
    t->nodes[to] = (struct trie_node){.edge = edge_of(node, symbol)};
    t->nodes[node].follows |= 1u << (symbol >> 59);
    fill_slot(t, to);
    return to;
}

void trie_shut(struct trie *t) { t->nodes = sized(t->nodes, t->room = t->n, sizeof *t->nodes); }

void trie_free(struct trie *t) {
    free(t->nodes);
    free(t->slots);
}
