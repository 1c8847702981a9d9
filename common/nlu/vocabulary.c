#include "vocabulary.h"

#include <math.h>
#include <stdlib.h>

struct count {
    uint32_t key, texts;
};

/* What a kind of feature counts for beside its rarity; chosen on validation parts. */
static const float kind_weight[FEATURE_KINDS] = {
    [FEATURE_WORD] = 1.0f, [FEATURE_PAIR] = 0.8f, [FEATURE_GRAM] = 0.4f};

static int by_frequency(const void *x, const void *y) {
    const struct count *a = x, *b = y;
    if (a->texts != b->texts)
        return a->texts < b->texts ? 1 : -1;
    return a->key < b->key ? -1 : a->key > b->key;
}

static int by_key(const void *x, const void *y) {
    const struct count *a = x, *b = y;
    return a->key < b->key ? -1 : a->key > b->key;
}

static struct count *slot_of(struct count *table, uint32_t mask, uint32_t key) {
    uint32_t at = (key >> 3) & mask;
    while (table[at].key && table[at].key != key)
        at = (at + 1) & mask;
    return &table[at];
}

/* All features with the number of texts they stand in, packed to the front of the table. */
static int count_all(struct count *table, uint32_t size, const struct vocabulary_row *const *rows,
                     int n) {
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < rows[i]->n; k++) {
            struct count *c = slot_of(table, size - 1, rows[i]->keys[k]);
            c->key = rows[i]->keys[k];
            c->texts++;
        }
    }
    int used = 0;
    for (uint32_t i = 0; i < size; i++)
        if (table[i].key)
            table[used++] = table[i];
    return used;
}

void vocabulary_index(struct arena *a, struct vocabulary *v) {
    uint32_t size = 64;
    while (size < 2u * (uint32_t)v->n)
        size *= 2;
    v->slots = ARENA_ARRAY(a, uint32_t, size);
    v->mask = size - 1;
    for (int i = 0; i < v->n; i++) {
        float *strange = &v->strange[feature_kind(v->keys[i])];
        *strange = fmaxf(*strange, v->values[i]);
        uint32_t at = (v->keys[i] >> 3) & v->mask;
        while (v->slots[at])
            at = (at + 1) & v->mask;
        v->slots[at] = (uint32_t)i + 1;
    }
}

void vocabulary_count(struct arena *a, const struct vocabulary_row *const *rows, int n, int max,
                      struct vocabulary *out) {
    size_t total = 64;
    for (int i = 0; i < n; i++)
        total += (size_t)rows[i]->n;
    uint32_t size = 64;
    while (size < 2 * total)
        size *= 2;
    struct count *table = calloc(size, sizeof *table);
    if (!table)
        abort();
    int used = count_all(table, size, rows, n);
    qsort(table, (size_t)used, sizeof *table, by_frequency);
    out->n = used < max ? used : max;
    qsort(table, (size_t)out->n, sizeof *table, by_key);
    uint32_t *keys = ARENA_ARRAY(a, uint32_t, out->n + 1);
    float *values = ARENA_ARRAY(a, float, out->n + 1);
    for (int i = 0; i < out->n; i++) {
        double rarity = sqrt(log((1.0 + n) / (1.0 + table[i].texts)) + 1);
        keys[i] = table[i].key;
        values[i] = (float)rarity * kind_weight[feature_kind(table[i].key)];
    }
    free(table);
    out->keys = keys;
    out->values = values;
    vocabulary_index(a, out);
}
