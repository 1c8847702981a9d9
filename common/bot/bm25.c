#include "bm25.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* k1 bends the gain of a repeated term, b the loss of a long text (Robertson and Zaragoza 2009). */
#define K1 1.2
static const double b_of[BM25_FIELDS] = {[BM25_QUESTION] = 0.4, [BM25_ANSWER] = 0.75};
static const double weight_of[TERM_KINDS][BM25_FIELDS] = {
    [TERM_WORD] = {1.0, 0.3},
    [TERM_PIECE] = {0.3, 0.15},
    [TERM_CONCEPT] = {0.7, 0.2},
};

struct posting {
    int document;
    float weight;
};
struct row {
    uint64_t key;
    double idf;
    int first, n; /* its postings */
};
struct bm25 {
    struct row *rows; /* open addressing; n == 0: free */
    size_t mask;
    struct posting *postings;
    int *entry_of;
    enum bm25_field *field_of;
    int n_documents, n_entries;
};

/* One occurrence of a term while the index is built. */
struct occurrence {
    uint64_t key;
    int document;
};

static int compare(const void *left, const void *right) {
    const struct occurrence *l = left, *r = right;
    if (l->key != r->key)
        return l->key < r->key ? -1 : 1;
    return l->document - r->document;
}

/* A term that half of the entries have still counts a little: no negative weights. */
static double idf(int entries_with, int n_entries) {
    return log(1 + (n_entries - entries_with + 0.5) / (entries_with + 0.5));
}

static struct row *find_slot(const struct bm25 *b, uint64_t key) {
    size_t i = key >> 2 & b->mask;
    while (b->rows[i].n && b->rows[i].key != key)
        i = (i + 1) & b->mask;
    return &b->rows[i];
}

/* ---- building ---- */

struct lengths {
    int (*of)[TERM_KINDS]; /* by document */
    double mean[TERM_KINDS][BM25_FIELDS];
};

static struct lengths measure(struct arena *a, const struct bm25_document *d, int n) {
    struct lengths l = {.of = arena_alloc(a, sizeof *l.of * (size_t)(n + 1))};
    int documents[BM25_FIELDS] = {0};
    for (int i = 0; i < n; i++) {
        documents[d[i].field]++;
        for (int t = 0; t < d[i].terms.n; t++)
            l.of[i][term_kind(d[i].terms.items[t])]++;
        for (int k = 0; k < TERM_KINDS; k++)
            l.mean[k][d[i].field] += l.of[i][k];
    }
    for (int k = 0; k < TERM_KINDS; k++)
        for (int f = 0; f < BM25_FIELDS; f++)
            l.mean[k][f] = documents[f] ? l.mean[k][f] / documents[f] : 0;
    return l;
}

static double gain(const struct lengths *l, const struct bm25_document *documents,
                   const struct occurrence *o, int times) {
    enum bm25_field field = documents[o->document].field;
    enum term_kind kind = term_kind((struct term){o->key});
    double relative = l->of[o->document][kind] / l->mean[kind][field], b = b_of[field];
    return weight_of[kind][field] * times * (K1 + 1) / (times + K1 * (1 - b + b * relative));
}

static struct occurrence *gather(struct arena *a, const struct bm25_document *d, int n,
                                 size_t *count) {
    size_t room = 0, used = 0;
    for (int i = 0; i < n; i++)
        room += (size_t)d[i].terms.n;
    struct occurrence *all = arena_alloc(a, sizeof *all * (room + 1));
    for (int i = 0; i < n; i++)
        for (int t = 0; t < d[i].terms.n; t++)
            all[used++] = (struct occurrence){d[i].terms.items[t].key, i};
    qsort(all, used, sizeof *all, compare);
    *count = used;
    return all;
}

/* How many entries have the term: concepts are counted in questions only, because long answers
 * touch nearly all of them. Documents come in order of their entries. */
static int count_entries(const struct bm25_document *d, const struct occurrence *o, size_t n) {
    bool questions_only = term_kind((struct term){o->key}) == TERM_CONCEPT;
    int last = -1, count = 0;
    for (size_t i = 0; i < n; i++) {
        const struct bm25_document *one = &d[o[i].document];
        if (one->entry == last || (questions_only && one->field != BM25_QUESTION))
            continue;
        last = one->entry;
        count++;
    }
    return count;
}

/* One row for the n occurrences of one key; its postings go behind those already there. */
static int add_row(struct bm25 *b, const struct bm25_document *d, const struct lengths *l,
                   const struct occurrence *o, size_t n, int first) {
    struct row *row = find_slot(b, o->key);
    *row = (struct row){o->key, idf(count_entries(d, o, n), b->n_entries), first, 0};
    for (size_t i = 0, times; i < n; i += times) {
        for (times = 1; i + times < n && o[i + times].document == o[i].document;)
            times++;
        b->postings[first + row->n++] =
            (struct posting){o[i].document, (float)(row->idf * gain(l, d, &o[i], (int)times))};
    }
    return first + row->n;
}

static size_t count_keys(const struct occurrence *o, size_t n) {
    size_t keys = 0;
    for (size_t i = 0; i < n; i++)
        keys += i == 0 || o[i].key != o[i - 1].key;
    return keys;
}

static size_t table_size(size_t keys) {
    size_t size = 16;
    while (size < keys * 2)
        size *= 2;
    return size;
}

static struct bm25 *new_index(struct arena *a, const struct bm25_document *d, int n, size_t keys,
                              size_t occurrences) {
    struct bm25 *b = ARENA_NEW(a, struct bm25);
    b->mask = table_size(keys) - 1;
    b->rows = arena_alloc(a, sizeof *b->rows * (b->mask + 1));
    b->postings = arena_alloc(a, sizeof *b->postings * (occurrences + 1));
    b->entry_of = ARENA_ARRAY(a, int, n + 1);
    b->field_of = ARENA_ARRAY(a, enum bm25_field, n + 1);
    b->n_documents = n;
    for (int i = 0; i < n; i++) {
        b->entry_of[i] = d[i].entry;
        b->field_of[i] = d[i].field;
    }
    return b;
}

struct bm25 *bm25_open(struct arena *a, const struct bm25_document *documents, int n,
                       int n_entries) {
    struct arena *scratch = arena_new();
    size_t count;
    struct lengths lengths = measure(scratch, documents, n);
    struct occurrence *all = gather(scratch, documents, n, &count);
    struct bm25 *b = new_index(a, documents, n, count_keys(all, count), count);
    b->n_entries = n_entries;
    int postings = 0;
    for (size_t i = 0, run; i < count; i += run) {
        for (run = 1; i + run < count && all[i + run].key == all[i].key;)
            run++;
        postings = add_row(b, documents, &lengths, all + i, run, postings);
    }
    arena_free(scratch);
    return b;
}

/* ---- searching ---- */

/* What a question with exactly these terms would score: the unit of the result. */
static double ideal(const struct bm25 *b, struct terms query) {
    double sum = 0;
    for (int i = 0; i < query.n; i++) {
        const struct row *row = find_slot(b, query.items[i].key);
        double weight = weight_of[term_kind(query.items[i])][BM25_QUESTION];
        sum += weight * (row->n ? row->idf : idf(0, b->n_entries));
    }
    return sum;
}

static void add_gains(const struct bm25 *b, struct terms query, float *by_document) {
    for (int i = 0; i < query.n; i++) {
        const struct row *row = find_slot(b, query.items[i].key);
        for (int p = row->first; p < row->first + row->n; p++)
            by_document[b->postings[p].document] += b->postings[p].weight;
    }
}

float *bm25_scores(const struct bm25 *b, struct arena *a, struct terms query) {
    float *by_document = ARENA_ARRAY(a, float, b->n_documents + 1);
    float(*best)[BM25_FIELDS] = arena_alloc(a, sizeof *best * (size_t)(b->n_entries + 1));
    float *scores = ARENA_ARRAY(a, float, b->n_entries + 1);
    double unit = ideal(b, query);
    if (unit <= 0)
        return scores;
    add_gains(b, query, by_document);
    for (int d = 0; d < b->n_documents; d++) {
        float *field = &best[b->entry_of[d]][b->field_of[d]];
        if (by_document[d] > *field)
            *field = by_document[d];
    }
    for (int e = 0; e < b->n_entries; e++)
        scores[e] = (float)((best[e][BM25_QUESTION] + best[e][BM25_ANSWER]) / unit);
    return scores;
}
