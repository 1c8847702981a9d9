/*
 * trie: which sequences of symbols are known, and a number for each of them. It is built once and
 * then read by all threads. A node is named by its index, the root is 0. A symbol is 64 well mixed
 * bits, of which the upper 44 tell it from others. It forgets nothing.
 *
 * Most questions are answered by the node one stands on: a word that follows nothing costs no look
 * into the table, which is larger than a processor's nearer caches.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct trie_node {
    uint64_t edge;    /* that leads here: the symbol, in its lower bits the node it comes from */
    uint32_t follows; /* a bit for each symbol that leads on: no bit, no such edge */
    uint32_t value;   /* the user's; 0 at first */
};

struct trie {
    struct trie_node *nodes;
    uint32_t *slots; /* a node each, above it a few bits of its edge's hash; 0: free */
    uint32_t n, room, slot_mask;
};

#define TRIE_NODE_BITS 20
#define TRIE_NODES_MAX (1u << TRIE_NODE_BITS)

void trie_open(struct trie *t);
/* The node behind this one by the symbol, made if there is none; nodes may move. More than
 * TRIE_NODES_MAX, or than there is memory for, end the program: what is built in is known
 * beforehand. */
uint32_t trie_add(struct trie *t, uint32_t node, uint64_t symbol);
/* Nothing is added any more: gives back the room kept for it. */
void trie_shut(struct trie *t);
void trie_free(struct trie *t);

static inline bool trie_leads_on(const struct trie *t, uint32_t node) {
    return t->nodes[node].follows != 0;
}

/* 0: none. */
uint32_t trie_look(const struct trie *t, uint32_t node, uint64_t symbol);

static inline uint32_t trie_next(const struct trie *t, uint32_t node, uint64_t symbol) {
    bool may = t->nodes[node].follows >> (symbol >> 59) & 1;
    return may ? trie_look(t, node, symbol) : 0;
}
