/*
 * corpus: labelled examples made ready to learn from: intents numbered in the order of their names,
 * texts as feature keys, and a stratified, seeded split into folds. Pure.
 */
#pragma once
#include "../base/arena.h"
#include "../model/knowledge.h"
#include "gate.h"
#include "vocabulary.h"

#define CORPUS_OUTSIDE "oos"

struct corpus {
    const char **names;       /* of the intents, ascending; without CORPUS_OUTSIDE */
    int n_intents, n_outside; /* n_outside: examples that are out of scope */
    int n;                    /* texts, and behind them one row an intent: the words of its name */
    int n_texts;
    const char **texts; /* borrowed from the examples */
    int *labels;        /* index of the intent, or GATE_OUTSIDE */
    struct vocabulary_row *rows;
    int *folds; /* 0 .. n_folds - 1 of each text; a name is in none and always learned from */
    int n_folds;
    struct vocabulary_row *strangers; /* texts of our own that are hardly anybody's matter */
    int n_strangers;
    uint64_t seed;
};

/* seed and n_folds are the caller's. ERR_INVALID with why: fewer than two intents. Names are
 * borrowed from the examples. */
MUST_CHECK enum err corpus_build(struct arena *a, const struct example *examples, int n,
                                 struct corpus *out, struct why *why);
