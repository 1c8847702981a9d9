/*
 * split: cuts a text into parts that a channel takes: at a paragraph's end, else a sentence's, else
 * between words, else anywhere but within a character that a person sees as one (combining marks,
 * joined emoji, flags). The same text always gives the same parts, so that a retry of one part says
 * what it said before; only white space at a cut is lost.
 */
#pragma once
#include "channel.h"

/* Parts in the arena; their number, at least 1 (an empty text is one empty part). max is at least
 * SPLIT_MAX_LEAST; a single visible character longer than it is cut all the same. */
#define SPLIT_MAX_LEAST 4
int split_text(struct arena *a, const char *text, int max, enum channel_unit unit,
               const char ***parts);
