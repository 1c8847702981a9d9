/*
 * bm25: an immutable inverted index: which entries a set of terms speaks for, and how strongly.
 * Okapi BM25 over two fields (questions, answers) and four kinds of terms, each with its weight.
 * Knows no texts.
 */
#pragma once
#include "../base/arena.h"
#include "term.h"

/* BM25_TOGETHER: all questions of an entry that has several, as one text. */
enum bm25_field { BM25_QUESTION, BM25_ANSWER, BM25_TOGETHER, BM25_FIELDS };

/* One text of an entry. An entry scores by its best question plus its best answer. */
struct bm25_document {
    int entry;
    enum bm25_field field;
    struct terms terms;
};

struct bm25;

/* Keeps nothing of the documents, which come in the order of their entries. ordinary: terms that
 * say little wherever they stand. The index lives in the arena. */
struct bm25 *bm25_open(struct arena *a, const struct bm25_document *documents, int n, int n_entries,
                       struct terms ordinary);
/* One score for each entry, in the arena. 0: nothing in common; about 1: a question of the entry,
 * word for word. Terms the index does not know count against all entries alike. */
float *bm25_scores(const struct bm25 *b, struct arena *a, struct terms query);
