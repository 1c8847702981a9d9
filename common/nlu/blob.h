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
#include "network.h"
#include "rows.h"
#include "vocabulary.h"

#define BLOB_INTENTS_MAX 4096
#define BLOB_FEATURES_MAX (1 << 18)
#define BLOB_REPORT_MAX (4 << 20)

struct blob {
    uint64_t seed; /* of the feature hash */
    int n_intents;
    const char **names; /* ascending */
    bool has_outside;   /* a further scorer, after the intents, for "out of scope" */
    struct vocabulary vocabulary;
    struct rows linear;  /* a scorer each; the feature's value is already in the weights */
    const float *biases; /* of the scorers, linear.width */
    struct rows hidden;  /* of the network, NETWORK_HIDDEN wide */
    const float *floors; /* NETWORK_HIDDEN */
    const float *second; /* NETWORK_HIDDEN rows of linear.width: what is added to the scores */
    struct gate gate;
    const char *report; /* JSON: what its training said of it; "" if none */
};

/* Raw scores of a text; out->intents has room in the arena for each scorer. known: index in the
 * vocabulary or -1 for each feature; NULL if nobody asks. */
void blob_score(struct arena *a, const struct blob *b, const struct features *text, int *known,
                struct gate_scores *out);
void blob_write(const struct blob *b, struct buf *out);
/* ERR_MALFORMED: not a model, another version, or damaged. Borrows the bytes, as out does. */
MUST_CHECK enum err blob_read(struct arena *a, struct span bytes, struct blob *out);
