#include "corpus.h"

#include <stdlib.h>
#include <string.h>

#include "../base/span.h"
#include "draw.h"

extern const char corpus_strangers[];
__asm__(".pushsection .rodata\n.globl corpus_strangers\n.hidden corpus_strangers\n"
        "corpus_strangers:\n.incbin \"common/nlu/lexicon/stranger.tsv\"\n.byte 0\n.popsection\n");

#define STRANGERS_MAX 256

static int by_name(const void *x, const void *y) {
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static int name_index(const struct corpus *c, const char *name) {
    const char **at = bsearch(&name, c->names, (size_t)c->n_intents, sizeof *c->names, by_name);
    return at ? (int)(at - c->names) : GATE_OUTSIDE;
}

static void number_names(struct arena *a, const struct example *examples, int n, struct corpus *c) {
    c->names = ARENA_ARRAY(a, const char *, n + 1);
    int all = 0;
    for (int i = 0; i < n; i++)
        if (strcmp(examples[i].intent, CORPUS_OUTSIDE) != 0)
            c->names[all++] = examples[i].intent;
    c->n_outside = n - all;
    qsort(c->names, (size_t)all, sizeof *c->names, by_name);
    for (int i = 0; i < all; i++)
        if (c->n_intents == 0 || strcmp(c->names[c->n_intents - 1], c->names[i]) != 0)
            c->names[c->n_intents++] = c->names[i];
}

static struct vocabulary_row row_of(struct arena *a, struct arena *scratch, const char *text,
                                    uint64_t seed) {
    struct scan s;
    struct features f;
    arena_reset(scratch);
    scan_text(scratch, text, &s);
    feature_extract(scratch, &s, seed, &f);
    uint32_t *keys = ARENA_ARRAY(a, uint32_t, f.n + 1);
    for (int k = 0; k < f.n; k++)
        keys[k] = f.items[k].key;
    return (struct vocabulary_row){keys, f.n};
}

/* "card_arrival" reads "card arrival". */
static const char *words_of_name(struct arena *a, const char *name) {
    char *words = arena_strdup(a, name);
    for (char *c = words; *c; c++)
        if (strchr("_-./", *c))
            *c = ' ';
    return words;
}

static void read_rows(struct arena *a, const struct example *examples, struct corpus *c) {
    struct arena *scratch = arena_new();
    for (int i = 0; i < c->n_texts; i++)
        c->rows[i] = row_of(a, scratch, examples[i].text, c->seed);
    for (int i = 0; i < c->n_intents; i++) {
        c->rows[c->n_texts + i] = row_of(a, scratch, words_of_name(a, c->names[i]), c->seed);
        c->labels[c->n_texts + i] = i;
        c->folds[c->n_texts + i] = c->n_folds;
    }
    arena_free(scratch);
}

static void read_strangers(struct arena *a, struct corpus *c) {
    struct arena *scratch = arena_new();
    struct span rest = span_of(corpus_strangers), line;
    c->strangers = ARENA_ARRAY(a, struct vocabulary_row, STRANGERS_MAX);
    while (c->n_strangers < STRANGERS_MAX && span_split(&rest, '\n', &line))
        if (line.n && line.p[0] != '#')
            c->strangers[c->n_strangers++] =
                row_of(a, scratch, arena_strndup(a, line.p, line.n), c->seed);
    arena_free(scratch);
}

/* A random order, then each intent dealt out in turn: every fold has its share of every intent. */
static void deal_folds(struct arena *a, struct corpus *c) {
    int *order = ARENA_ARRAY(a, int, c->n_texts), *dealt = ARENA_ARRAY(a, int, c->n_intents + 1);
    uint64_t state = c->seed ^ 0x5EED;
    for (int i = 0; i < c->n_texts; i++)
        order[i] = i;
    draw_order(&state, order, c->n_texts);
    for (int i = 0; i < c->n_texts; i++) {
        int label = c->labels[order[i]];
        int *turn = &dealt[label == GATE_OUTSIDE ? c->n_intents : label];
        c->folds[order[i]] = (*turn + label + 1) % c->n_folds;
        ++*turn;
    }
}

enum err corpus_build(struct arena *a, const struct example *examples, int n, struct corpus *out,
                      struct why *why) {
    number_names(a, examples, n, out);
    if (out->n_intents < 2)
        return why_set(why, ERR_INVALID, "", "at least two intents are needed");
    out->n_texts = n;
    out->n = n + out->n_intents;
    out->labels = ARENA_ARRAY(a, int, out->n + 1);
    out->rows = ARENA_ARRAY(a, struct vocabulary_row, out->n + 1);
    out->folds = ARENA_ARRAY(a, int, out->n + 1);
    out->texts = ARENA_ARRAY(a, const char *, n + 1);
    for (int i = 0; i < n; i++) {
        out->labels[i] = name_index(out, examples[i].intent);
        out->texts[i] = examples[i].text;
    }
    read_rows(a, examples, out);
    read_strangers(a, out);
    deal_folds(a, out);
    return OK;
}
