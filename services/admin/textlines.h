/*
 * textlines: one text a line in, one JSON a line out. Every line gets its answer, in order and at
 * once: what is not UTF-8 is read with U+FFFD in place of the broken bytes.
 */
#pragma once
#include "../../common/base/arena.h"
#include "../../common/base/buf.h"

#define TEXTLINES_ANSWER_MAX (1 << 20)

/* Puts the answer to a text into out; a is empty at every call. */
typedef void textlines_answer(struct arena *a, void *ctx, const char *text, struct buf *out);
int textlines_run(textlines_answer *answer, void *ctx); /* the exit status */
