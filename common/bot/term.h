/* term: what a text is searched by: its words, pieces of its words (so that a typing error or
 * another ending still meets), pairs of neighbours, and the concepts of the thesaurus. For index
 * and query alike. */
#pragma once
#include <stdint.h>

#include "../base/arena.h"
#include "thesaurus.h"

enum term_kind { TERM_WORD, TERM_PIECE, TERM_PAIR, TERM_CONCEPT, TERM_KINDS };

/* A hash whose two lowest bits are the kind. */
struct term {
    uint64_t key;
};

static inline enum term_kind term_kind(struct term t) { return (enum term_kind)(t.key & 3); }

struct terms {
    struct term *items;
    int n;
};

/* Terms of at most max_words words, in the arena. */
struct terms term_list(struct arena *a, const struct thesaurus *t, const char *text, int max_words);
