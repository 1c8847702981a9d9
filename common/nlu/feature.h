/*
 * feature: a text as a set of hashed n-grams: words, word pairs, character n-grams inside words,
 * and n-grams of ideographs. Every feature once, however often it stands in the text. Numbers all
 * look alike: an order number says nothing about the matter. Pure.
 */
#pragma once
#include <stdint.h>

#include "scan.h"

enum feature_kind { FEATURE_WORD, FEATURE_PAIR, FEATURE_GRAM, FEATURE_KINDS };

struct feature {
    uint32_t key; /* never 0; its two lowest bits are the kind */
    int piece;    /* of the scan: where it stood first */
};
struct features {
    struct feature *items;
    int n;
};

#define FEATURE_MAX 4096 /* of one text; the rest is left out */

static inline enum feature_kind feature_kind(uint32_t key) { return (enum feature_kind)(key & 3); }

void feature_extract(struct arena *a, const struct scan *s, uint64_t seed, struct features *out);
