#include "thesaurus.h"

#include <stdlib.h>
#include <string.h>

#include "../base/span.h"

#define X(en, nl, da, de, zh) en " " nl " " da " " de " " zh,
static const char *const concepts[] = {
#include "thesaurus.def"
};
#undef X
#define CONCEPTS ((int)(sizeof concepts / sizeof concepts[0]))

struct entry {
    const char *word;
    int concept;
};
struct thesaurus {
    struct entry *entries; /* sorted by word */
    size_t n;
};

static int compare(const void *left, const void *right) {
    const struct entry *l = left, *r = right;
    return strcmp(l->word, r->word);
}

static size_t count_words(void) {
    size_t n = 0;
    for (int i = 0; i < CONCEPTS; i++) {
        struct span rest = span_of(concepts[i]), word;
        while (span_split(&rest, ' ', &word))
            n++;
    }
    return n;
}

struct thesaurus *thesaurus_open(struct arena *a) {
    struct thesaurus *t = ARENA_NEW(a, struct thesaurus);
    t->entries = ARENA_ARRAY(a, struct entry, count_words());
    for (int i = 0; i < CONCEPTS; i++) {
        struct span rest = span_of(concepts[i]), word;
        while (span_split(&rest, ' ', &word))
            t->entries[t->n++] = (struct entry){arena_strndup(a, word.p, word.n), i};
    }
    qsort(t->entries, t->n, sizeof *t->entries, compare);
    return t;
}

int thesaurus_concept(const struct thesaurus *t, const char *word) {
    struct entry wanted = {word, THESAURUS_NONE};
    const struct entry *found = bsearch(&wanted, t->entries, t->n, sizeof wanted, compare);
    return found ? found->concept : THESAURUS_NONE;
}
