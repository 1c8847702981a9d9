/*
 * blob: the bytes of a trained intent model. Own format, little-endian: magic, version, checksum,
 * then what the struct lists. Reading trusts nothing: every count is checked against the bytes that
 * are there.
 */
#pragma once
#include "../base/arena.h"
#include "../base/buf.h"
#include "../base/span.h"
#include "gate.h"
#include "vocabulary.h"

#define BLOB_LANES 16 /* a row of weights is padded to a multiple of it */
#define BLOB_INTENTS_MAX 4096
#define BLOB_FEATURES_MAX (1 << 18)

struct blob {
    uint64_t seed; /* of the feature hash */
    int n_intents;
    const char **names; /* ascending */
    bool has_outside;   /* a further scorer, after the intents, for "out of scope" */
    int stride;         /* weights of a row, padding included */
    struct vocabulary vocabulary;
    int16_t *weights;       /* vocabulary.n rows; the feature's value is already in them */
    float *scales, *biases; /* stride each */
    struct gate gate;
};

static inline int blob_stride(int scorers) {
    return (scorers + BLOB_LANES - 1) / BLOB_LANES * BLOB_LANES;
}

/* Raw scores of a text; out->intents has room in the arena for each scorer. known: index in the
 * vocabulary or -1 for each feature; NULL if nobody asks. */
void blob_score(struct arena *a, const struct blob *b, const struct features *text, int *known,
                struct gate_scores *out);
void blob_write(const struct blob *b, struct buf *out);
/* ERR_MALFORMED: not a model, another version, or damaged. Copies into the arena. */
MUST_CHECK enum err blob_read(struct arena *a, struct span bytes, struct blob *out);
