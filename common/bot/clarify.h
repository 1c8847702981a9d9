/*
 * clarify: two entries fit a question about equally well. What the conversation already knows
 * decides between them, so that nobody is asked for it; else the customer is asked which one is
 * meant, by the names of the two in their language, and their reply picks one.
 */
#pragma once
#include "faq.h"

/* The one the conversation speaks for, of exactly two: by a known fact that only one answer makes
 * use of, by a fact that names one of them, by its topic, by what was answered or picked before.
 * NULL: it does not say. */
const struct knowledge *clarify_known(const struct faq_index *f, struct arena *a,
                                      const struct bot_question *q,
                                      const struct knowledge *const pair[2]);
/* Do both say the same: one intent, or one answer? */
bool clarify_same(const struct knowledge *left, const struct knowledge *right);
/* The question, in the arena; NULL: the two cannot be told apart by name. */
const char *clarify_question(struct arena *a, const struct knowledge *const pair[2],
                             const char *language);
/* Was the customer asked about these two before, without settling it? */
bool clarify_asked(const struct conversation *c, const struct knowledge *const pair[2]);
/* What the reply says to the conversation's standing question: 1 or 2; 0: it does not say, or there
 * is none. */
int clarify_picked(const struct faq_index *f, struct arena *a, const struct conversation *c,
                   const char *reply);
