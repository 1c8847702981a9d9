/*
 * intent: which of the operator's matters a text is about. A linear model over hashed word and
 * character n-grams, read from one byte blob; calibrated probability, and a probability that the
 * text is in scope at all. Immutable once open; any number of threads may use it at once. No files,
 * no randomness.
 */
#pragma once
#include <stdbool.h>

#include "../base/arena.h"
#include "../base/span.h"
#include "scan.h"

struct intent_model;

/* Borrows the bytes (a mapped file, say) until intent_free. ERR_MALFORMED: not a model of this
 * version, or its checksum is wrong. */
MUST_CHECK enum err intent_open(struct span bytes, struct intent_model **out);
void intent_free(struct intent_model *m); /* accepts NULL */

#define INTENT_TOP_MAX 5
#define INTENT_TOKENS_MAX 4

struct intent_guess {
    const char *name;  /* borrowed from the model; "" if it has no intents */
    double confidence; /* calibrated, 0..1 */
    double in_scope_probability;
    bool in_scope; /* by the model's own threshold */
    struct {
        const char *name;
        double probability;
    } top[INTENT_TOP_MAX];
    int n_top;
    const char *tokens[INTENT_TOKENS_MAX]; /* features that weighed most for it, in the arena */
    int n_tokens;
};
void intent_guess(struct arena *a, const struct intent_model *m, const char *text,
                  struct intent_guess *out);
/* The same for a text that was scanned already. */
void intent_guess_scanned(struct arena *a, const struct intent_model *m, const struct scan *s,
                          struct intent_guess *out);
int intent_count(const struct intent_model *m);
