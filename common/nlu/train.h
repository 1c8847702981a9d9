/*
 * train: labelled texts -> model bytes and an honest report. The weights are solver.c's and
 * network.c's; calibration and the out-of-scope threshold come from held-out folds, never from what
 * was trained on. Deterministic for a given seed; any number of trainings may run at once.
 */
#pragma once
#include "../base/arena.h"
#include "../base/buf.h"
#include "../base/span.h"
#include "../model/knowledge.h"
#include "intent.h"

#define TRAIN_EXAMPLES_MAX 200000
#define TRAIN_MODEL_BYTES_MAX (64 * 1024 * 1024)

struct train_options {
    int folds; /* cross-validation; 0 takes the default */
    unsigned seed;
    void (*progress)(void *ctx, int done, int of); /* after each part of the work; NULL: none */
    void *ctx;
};
/* model: bytes for intent_open. report: a JSON object (examples, intents, accuracy, per_intent,
 * in_scope, out_of_scope recall, calibration error), for people and for the model's row.
 * ERR_INVALID with why for fewer than two intents; one example of an intent is enough, if little.
 */
MUST_CHECK enum err train_run(const struct example *examples, int n,
                              const struct train_options *options, struct buf *model,
                              struct buf *report, struct why *why);
/* The same figures for a finished model on other examples; also us_per_message {p50, p99} when the
 * caller brings a clock (NULL: left out). */
MUST_CHECK enum err train_evaluate(const struct intent_model *m, const struct example *examples,
                                   int n, int64_t (*clock_us)(void), struct buf *report);
