/*
 * emotion: what a text shows of its writer's mood: label, intensity, valence, and the words that
 * say so. Cue words with negation, degree, contrast and the way of writing. Where a language keeps
 * its voice down, the same words weigh more. It reads the text only: it does not guess at what is
 * not said.
 */
#pragma once
#include "cue.h"

/* Fills emotion, intensity, valence and emotion_evidence. r->norm is read. */
void emotion_read(struct arena *a, const struct cue_source *from, struct reading *r);
