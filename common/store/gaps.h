/*
 * gaps: the questions our knowledge had no answer to, as the events of the turns that said so tell.
 * The words are the messages' own, so what was edited is read as it stands now, and what was taken
 * back or erased is gone.
 */
#pragma once
#include "../io/pg.h"
#include "../model/knowledge.h"

#define GAPS_TEXT_MAX 2000 /* code points of one question; the rest is left out */

struct gaps_span {
    int64_t from_ms;
    const char *language; /* "" : all */
    int limit;            /* the newest are taken */
};
/* Oldest first, in the arena. */
MUST_CHECK enum err gaps_load(struct pg *c, struct arena *a, const struct gaps_span *s,
                              struct unanswered **items, int *n);
