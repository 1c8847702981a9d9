/*
 * models: labelled examples, and the models that were learned from them, by version. One is active
 * at most: the one activated last. Bytes are read only for the active one, lists carry none.
 */
#pragma once
#include "../model/knowledge.h"
#include "statement.h"

#define MODELS_EXAMPLES_MAX 5000 /* of one intent */

enum models_state { MODELS_TRAINING, MODELS_READY, MODELS_FAILED };

struct models_version {
    int version;
    enum models_state state;
    const char *report; /* JSON text; NULL: none */
    const char *error;  /* "" if none */
    int64_t created_ms, activated_ms;
};
struct models_page {
    struct models_version *items;
    int n;
};
struct models_examples {
    struct example *items;
    int n;
};

/* Replaces all examples of that intent. */
MUST_CHECK enum err models_save_examples(struct pg *c, struct arena *a, const char *intent,
                                         const struct models_examples *examples);
/* intent NULL: of all. */
MUST_CHECK enum err models_load_examples(struct pg *c, struct arena *a, const char *intent,
                                         struct models_examples *out);

MUST_CHECK enum err models_add(struct pg *c, int *version);
MUST_CHECK enum err models_finish(struct pg *c, struct arena *a, int version, struct span bytes,
                                  const char *report);
MUST_CHECK enum err models_fail(struct pg *c, struct arena *a, int version, const char *error);
/* One whose training never began. */
MUST_CHECK enum err models_drop(struct pg *c, struct arena *a, int version);
MUST_CHECK enum err models_load(struct pg *c, struct arena *a, int version,
                                struct models_version *out);
/* Those below `before`, newest first. */
MUST_CHECK enum err models_load_page(struct pg *c, struct arena *a, int before, int limit,
                                     struct models_page *out);
/* ERR_ABSENT. ERR_CONFLICT: not ready. audit: JSON, of the event that tells of it. */
MUST_CHECK enum err models_make_active(struct pg *c, struct arena *a, int version,
                                       const char *audit);
/* The one that was active before the active one; 0: none. */
MUST_CHECK enum err models_load_previous(struct pg *c, int *version);
/* 0: none. */
MUST_CHECK enum err models_load_active(struct pg *c, int *version);
MUST_CHECK enum err models_load_bytes(struct pg *c, struct arena *a, int version,
                                      struct span *bytes);
