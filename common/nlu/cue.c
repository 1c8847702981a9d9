#include "cue.h"

double cue_strength(const struct lexicon_hits *hits, uint64_t labels) {
    double none = 1;
    if (!(hits->labels & labels))
        return 0;
    for (int i = 0; i < hits->n; i++)
        if (cue_has(&hits->items[i], labels))
            none *= 1 - (double)hits->items[i].entry->weight;
    return 1 - none;
}

static int weakest(const int *kept, int n, const struct lexicon_hits *hits) {
    int at = 0;
    for (int i = 1; i < n; i++)
        if (hits->items[kept[i]].entry->weight < hits->items[kept[at]].entry->weight)
            at = i;
    return at;
}

void cue_collect_marked(struct arena *a, const struct cue_source *from, const bool *marked,
                        struct cues *out) {
    int kept[READING_CUES_MAX + 1], n = 0;
    for (int i = 0; i < from->hits->n; i++) {
        if (!marked[i])
            continue;
        kept[n++] = i;
        if (n <= READING_CUES_MAX)
            continue;
        for (int k = weakest(kept, n, from->hits); k + 1 < n; k++)
            kept[k] = kept[k + 1];
        n--;
    }
    *out = (struct cues){ARENA_ARRAY(a, struct cue, n + 1), n};
    for (int i = 0; i < n; i++) {
        const struct lexicon_hit *h = &from->hits->items[kept[i]];
        out->items[i] = (struct cue){from->scan->items[h->from].start,
                                     from->scan->items[h->to - 1].end, lexicon_phrase(a, h)};
    }
}

void cue_collect(struct arena *a, const struct cue_source *from, uint64_t labels,
                 struct cues *out) {
    bool *marked = ARENA_ARRAY(a, bool, from->hits->n + 1);
    for (int i = 0; i < from->hits->n; i++)
        marked[i] = cue_has(&from->hits->items[i], labels);
    cue_collect_marked(a, from, marked, out);
}
