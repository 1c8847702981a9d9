#include "bm25.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* k1 bends the gain of a repeated term, b the loss of a long text (Robertson and Zaragoza 2009). */
#define K1 1.2
static const double b_of[BM25_FIELDS] = {
    [BM25_QUESTION] = 0.4, [BM25_ANSWER] = 0.75, [BM25_TOGETHER] = 0.6};
/* What the questions of an entry say together beside the best of them. */
#define TOGETHER 0.6
static const double weight_of[TERM_KINDS][BM25_FIELDS] = {
    [TERM_WORD] = {1.0, 0.3, 1.0 * TOGETHER},
    [TERM_PIECE] = {0.3, 0.15, 0.3 * TOGETHER},
    [TERM_PAIR] = {0.15, 0.05, 0.15 * TOGETHER},
    [TERM_CONCEPT] = {0.7, 0.2, 0},
};

struct posting {
    int document;
    float weight;
};
struct row {
    uint64_t key; /* 0: free */
    double idf;
    int first, n; /* its postings */
};
struct place {
    int entry;
    enum bm25_field field;
};
struct bm25 {
    struct row *rows; /* open addressing */
    size_t mask;
    struct posting *postings;
    struct place *documents;
    int *first_of; /* document of each entry, and one behind the last */
    int n_postings, n_documents, n_entries;
};

/* One occurrence of a term while the index is built. */
struct occurrence {
    uint64_t key;
    int document;
};

static enum term_kind kind_of(const struct occurrence *o) {
    return term_kind((struct term){o->key});
}

static int compare(const void *left, const void *right) {
    const struct occurrence *l = left, *r = right;
    if (l->key != r->key)
        return l->key < r->key ? -1 : 1;
    return l->document - r->document;
}

/* A few entries cannot tell which words are rare. So they are counted beside an imagined number of
 * others, half of which have every ordinary word; among hundreds of entries that weighs nothing. */
#define IMAGINED 30
#define IMAGINED_SHARE 0.5

/* Never negative: a term that most entries have still counts a little. */
static double idf(int entries_with, int n_entries, bool ordinary) {
    double with = entries_with + (ordinary ? IMAGINED * IMAGINED_SHARE : 0);
    return log(1 + (n_entries + IMAGINED - with + 0.5) / (with + 0.5));
}

static struct row *find_slot(const struct bm25 *b, uint64_t key) {
    size_t i = key >> 2 & b->mask;
    while (b->rows[i].key && b->rows[i].key != key)
        i = (i + 1) & b->mask;
    return &b->rows[i];
}

/* ---- building ---- */

struct builder {
    struct arena *scratch;
    const struct bm25_document *documents;
    int n;
    int (*lengths)[TERM_KINDS]; /* terms of each kind, by document */
    double mean[TERM_KINDS][BM25_FIELDS];
};

static void measure(struct builder *w) {
    int documents[BM25_FIELDS] = {0};
    w->lengths = arena_alloc(w->scratch, sizeof *w->lengths * (size_t)(w->n + 1));
    for (int i = 0; i < w->n; i++) {
        const struct bm25_document *d = &w->documents[i];
        documents[d->field]++;
        for (int t = 0; t < d->terms.n; t++)
            w->lengths[i][term_kind(d->terms.items[t])]++;
        for (int k = 0; k < TERM_KINDS; k++)
            w->mean[k][d->field] += w->lengths[i][k];
    }
    for (int k = 0; k < TERM_KINDS; k++)
        for (int f = 0; f < BM25_FIELDS; f++)
            w->mean[k][f] = documents[f] ? w->mean[k][f] / documents[f] : 0;
}

static struct occurrence *gather(struct builder *w, size_t *count) {
    size_t room = 0, used = 0;
    for (int i = 0; i < w->n; i++)
        room += (size_t)w->documents[i].terms.n;
    struct occurrence *all = arena_alloc(w->scratch, sizeof *all * (room + 1));
    for (int i = 0; i < w->n; i++)
        for (int t = 0; t < w->documents[i].terms.n; t++)
            all[used++] = (struct occurrence){w->documents[i].terms.items[t].key, i};
    qsort(all, used, sizeof *all, compare);
    *count = used;
    return all;
}

/* What a term that stands `times` times in a document adds, before its rarity. */
static double gain(const struct builder *w, const struct occurrence *o, int times) {
    enum bm25_field field = w->documents[o->document].field;
    enum term_kind kind = kind_of(o);
    double relative = w->lengths[o->document][kind] / w->mean[kind][field], b = b_of[field];
    return weight_of[kind][field] * times * (K1 + 1) / (times + K1 * (1 - b + b * relative));
}

/* How many entries have the term: concepts are counted in questions only, because long answers
 * touch nearly all of them. Documents come in the order of their entries. */
static int count_entries(const struct builder *w, const struct occurrence *o, size_t n) {
    bool questions_only = kind_of(o) == TERM_CONCEPT;
    int last = -1, count = 0;
    for (size_t i = 0; i < n; i++) {
        const struct bm25_document *one = &w->documents[o[i].document];
        if (one->entry == last || (questions_only && one->field != BM25_QUESTION))
            continue;
        last = one->entry;
        count++;
    }
    return count;
}

/* One row for the n occurrences of one key; its postings go behind those already there. */
static void add_row(struct bm25 *b, const struct builder *w, const struct occurrence *o, size_t n) {
    struct row *row = find_slot(b, o->key);
    bool ordinary = row->key != 0;
    *row =
        (struct row){o->key, idf(count_entries(w, o, n), b->n_entries, ordinary), b->n_postings, 0};
    for (size_t i = 0, times; i < n; i += times) {
        for (times = 1; i + times < n && o[i + times].document == o[i].document;)
            times++;
        float weight = (float)(row->idf * gain(w, &o[i], (int)times));
        b->postings[b->n_postings++] = (struct posting){o[i].document, weight};
    }
    row->n = b->n_postings - row->first;
}

/* Rows without postings: a query may have ordinary words that no entry has. */
static void add_ordinary(struct bm25 *b, struct terms ordinary) {
    for (int i = 0; i < ordinary.n; i++) {
        enum term_kind kind = term_kind(ordinary.items[i]);
        uint64_t key = ordinary.items[i].key;
        if (kind == TERM_WORD || kind == TERM_PIECE)
            *find_slot(b, key) = (struct row){.key = key, .idf = idf(0, b->n_entries, true)};
    }
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

static struct bm25 *new_index(struct arena *a, const struct builder *w, size_t keys,
                              size_t occurrences) {
    struct bm25 *b = ARENA_NEW(a, struct bm25);
    b->mask = table_size(keys) - 1;
    b->rows = arena_alloc(a, sizeof *b->rows * (b->mask + 1));
    b->postings = arena_alloc(a, sizeof *b->postings * (occurrences + 1));
    b->documents = arena_alloc(a, sizeof *b->documents * (size_t)(w->n + 1));
    b->n_documents = w->n;
    for (int i = 0; i < w->n; i++)
        b->documents[i] = (struct place){w->documents[i].entry, w->documents[i].field};
    return b;
}

static void find_entries(struct arena *a, struct bm25 *b) {
    b->first_of = ARENA_ARRAY(a, int, b->n_entries + 1);
    for (int e = 0, d = 0; e <= b->n_entries; e++) {
        while (d < b->n_documents && b->documents[d].entry < e)
            d++;
        b->first_of[e] = d;
    }
}

struct bm25 *bm25_open(struct arena *a, const struct bm25_document *documents, int n, int n_entries,
                       struct terms ordinary) {
    struct builder w = {.scratch = arena_new(), .documents = documents, .n = n};
    size_t count;
    measure(&w);
    struct occurrence *all = gather(&w, &count);
    struct bm25 *b = new_index(a, &w, count_keys(all, count) + (size_t)ordinary.n, count);
    b->n_entries = n_entries;
    find_entries(a, b);
    add_ordinary(b, ordinary);
    for (size_t i = 0, run; i < count; i += run) {
        for (run = 1; i + run < count && all[i + run].key == all[i].key;)
            run++;
        add_row(b, &w, all + i, run);
    }
    arena_free(w.scratch);
    return b;
}

/* ---- searching ---- */

/* The unit of the result: what a question with exactly these terms would score, and no less than
 * two rare words, so that ordinary words alone ("where is it") are never a good match. */
static double ideal(const struct bm25 *b, struct terms query) {
    double sum = 0, least = 2 * idf(0, b->n_entries, false);
    for (int i = 0; i < query.n; i++) {
        const struct row *row = find_slot(b, query.items[i].key);
        double weight = weight_of[term_kind(query.items[i])][BM25_QUESTION];
        sum += weight * (row->key ? row->idf : idf(0, b->n_entries, false));
    }
    return sum > least ? sum : least;
}

/* Gains of one document, or the best of an entry's documents, by kind of term. */
struct gains {
    float of[TERM_KINDS];
};

/* Each list of a large index cannot be walked in a millisecond. The short ones, of rare terms, are,
 * as far as this number reaches; the others are only asked about the entries that look best then.
 */
#define WALKED_MAX 10000
#define SMALL_INDEX 8192 /* documents: here every list is walked */
#define CANDIDATES 128

struct word {
    const struct row *row;
    enum term_kind kind;
};
struct hunt {
    const struct bm25 *index;
    struct word *words; /* short lists first */
    int n, n_walked;
    uint32_t *slots;         /* of each document, 0: none; NULL: a small index, by document */
    struct gains *gains;     /* by slot */
    float *scores;           /* of each entry */
    int *touched, n_touched; /* entries that have a score */
    float unit;
};

static int by_length(const void *x, const void *y) {
    const struct word *l = x, *r = y;
    if (l->row->n != r->row->n)
        return l->row->n < r->row->n ? -1 : 1;
    return l->row->key < r->row->key ? -1 : l->row->key > r->row->key;
}

static void look_up(struct arena *a, struct terms query, struct hunt *h) {
    bool small = h->index->n_documents <= SMALL_INDEX;
    int room = 1;
    h->words = ARENA_ARRAY(a, struct word, query.n + 1);
    for (int i = 0; i < query.n; i++)
        h->words[h->n++] =
            (struct word){find_slot(h->index, query.items[i].key), term_kind(query.items[i])};
    qsort(h->words, (size_t)h->n, sizeof *h->words, by_length);
    for (; h->n_walked < h->n && (small || room + h->words[h->n_walked].row->n <= WALKED_MAX);
         h->n_walked++)
        room += h->words[h->n_walked].row->n;
    int documents = h->index->n_documents;
    h->slots = small ? NULL : ARENA_ARRAY(a, uint32_t, documents + 1);
    h->gains = ARENA_ARRAY(a, struct gains, (small || room > documents ? documents : room) + 1);
    h->touched = ARENA_ARRAY(a, int, h->index->n_entries + 1);
    h->scores = ARENA_ARRAY(a, float, h->index->n_entries + 1);
}

static struct gains *gains_at(const struct hunt *h, int document) {
    return &h->gains[h->slots ? h->slots[document] : (uint32_t)document];
}

static void walk_small(struct hunt *h, const struct word *w) {
    const struct posting *p = h->index->postings + w->row->first;
    for (const struct posting *end = p + w->row->n; p < end; p++)
        h->gains[p->document].of[w->kind] += p->weight;
}

static void walk_lists(struct hunt *h) {
    uint32_t used = 0;
    for (int i = 0; i < h->n_walked; i++) {
        const struct word *w = &h->words[i];
        const struct posting *p = h->index->postings + w->row->first;
        if (!h->slots) {
            walk_small(h, w);
            continue;
        }
        for (const struct posting *end = p + w->row->n; p < end; p++) {
            uint32_t *slot = &h->slots[p->document];
            *slot = *slot ? *slot : ++used;
            h->gains[*slot].of[w->kind] += p->weight;
        }
    }
}

static void keep_best(struct gains *best, const struct gains *one) {
    for (int k = 0; k < TERM_KINDS; k++)
        best->of[k] = one->of[k] > best->of[k] ? one->of[k] : best->of[k];
}

static float sum_of(const struct gains by_field[BM25_FIELDS]) {
    float sums[BM25_FIELDS] = {0};
    for (int f = 0; f < BM25_FIELDS; f++)
        for (int k = 0; k < TERM_KINDS; k++)
            sums[f] += by_field[f].of[k];
    float all = sums[BM25_QUESTION] + sums[BM25_TOGETHER] + sums[BM25_ANSWER];
    return sums[BM25_TOGETHER] > 0 ? all / (float)(1 + TOGETHER) : all;
}

/* Each kind may speak through another question of the entry: the words through the one in the
 * customer's language, the concepts through one in another. */
static void score_entry(struct hunt *h, int entry) {
    struct gains best[BM25_FIELDS] = {0};
    const struct bm25 *b = h->index;
    for (int d = b->first_of[entry]; d < b->first_of[entry + 1]; d++)
        keep_best(&best[b->documents[d].field], gains_at(h, d));
    h->scores[entry] = sum_of(best) / h->unit;
}

/* ---- the lists that were not walked ---- */

#define STEPS 256

/* The least score that the CANDIDATES best entries have, give or take a step. */
static float least_of_best(const struct hunt *h) {
    int counts[STEPS] = {0}, step = STEPS - 1;
    float most = 1e-9f;
    for (int i = 0; i < h->n_touched; i++)
        most = h->scores[h->touched[i]] > most ? h->scores[h->touched[i]] : most;
    const float scale = (STEPS - 1) / most;
    for (int i = 0; i < h->n_touched; i++)
        counts[(int)(h->scores[h->touched[i]] * scale)]++;
    for (int seen = counts[step]; step > 1 && seen + counts[step - 1] <= CANDIDATES;)
        seen += counts[--step];
    return (float)step / scale;
}

/* Leaves only the best among the touched. Returns how many documents they have. */
static int keep_candidates(struct hunt *h) {
    float least = least_of_best(h);
    int kept = 0, documents = 0;
    for (int i = 0; i < h->n_touched; i++) {
        int entry = h->touched[i];
        if (h->scores[entry] < least)
            continue;
        h->touched[kept++] = entry;
        documents += h->index->first_of[entry + 1] - h->index->first_of[entry];
    }
    h->n_touched = kept;
    return documents;
}

/* The candidates' documents, ascending, each with its gains in a place of its own. */
static int *spread_out(struct arena *a, struct hunt *h, int n) {
    int *documents = ARENA_ARRAY(a, int, n + 1), used = 0;
    struct gains *gains = ARENA_ARRAY(a, struct gains, n + 1);
    for (int i = 0; i < h->n_touched; i++) {
        int end = h->index->first_of[h->touched[i] + 1];
        for (int d = h->index->first_of[h->touched[i]]; d < end; d++) {
            documents[used] = d;
            gains[++used] = h->gains[h->slots[d]];
            h->slots[d] = (uint32_t)used;
        }
    }
    h->gains = gains;
    return documents;
}

/* The first posting from p on that is of the document or of one behind it: strides that double,
 * then halves. */
static const struct posting *gallop(const struct posting *p, const struct posting *end,
                                    int document) {
    ptrdiff_t stride = 1;
    while (end - p > stride && p[stride].document < document) {
        p += stride;
        stride *= 2;
    }
    const struct posting *high = end - p > stride ? p + stride : end;
    while (p < high) {
        const struct posting *middle = p + (high - p) / 2;
        if (middle->document < document)
            p = middle + 1;
        else
            high = middle;
    }
    return p;
}

static void finish_candidates(struct arena *a, struct hunt *h) {
    int n = keep_candidates(h);
    const int *documents = spread_out(a, h, n);
    for (int i = h->n_walked; i < h->n; i++) {
        const struct row *row = h->words[i].row;
        const struct posting *p = h->index->postings + row->first, *end = p + row->n;
        for (int k = 0; k < n && p < end; k++) {
            p = gallop(p, end, documents[k]);
            if (p < end && p->document == documents[k])
                h->gains[k + 1].of[h->words[i].kind] += p->weight;
        }
    }
    for (int i = 0; i < h->n_touched; i++)
        score_entry(h, h->touched[i]);
}

float *bm25_scores(const struct bm25 *b, struct arena *a, struct terms query) {
    struct hunt h = {.index = b, .unit = (float)ideal(b, query)};
    look_up(a, query, &h);
    walk_lists(&h);
    for (int d = 0; d < b->n_documents; d++) {
        int entry = b->documents[d].entry;
        if (h.slots && !h.slots[d])
            continue;
        score_entry(&h, entry);
        h.touched[h.n_touched++] = entry;
        d = b->first_of[entry + 1] - 1;
    }
    if (h.n_walked < h.n)
        finish_candidates(a, &h);
    return h.scores;
}
