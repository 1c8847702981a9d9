/* cue: finds of the lexicon as evidence: spans of the text, the strongest first to be kept. Pure.
 */
#pragma once
#include "../model/reading.h"
#include "lexicon.h"

struct cue_source {
    const struct scan *scan;
    const struct lexicon_hits *hits;
};

/* A set of labels as bits. */
#define CUE_LABEL(label) (1ull << LEXICON_##label)
static inline bool cue_has(const struct lexicon_hit *h, uint64_t labels) {
    return (labels >> h->entry->label) & 1;
}

/* 1 - product of (1 - weight) over the hits with these labels: many weak cues make a strong one. */
double cue_strength(const struct lexicon_hits *hits, uint64_t labels);
/* Those hits as spans in the order of the text, at most READING_CUES_MAX, the weightiest. */
void cue_collect(struct arena *a, const struct cue_source *from, uint64_t labels, struct cues *out);
/* As cue_collect for hits whose own flag is set. */
void cue_collect_marked(struct arena *a, const struct cue_source *from, const bool *marked,
                        struct cues *out);
