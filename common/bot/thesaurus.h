/* thesaurus: which words of the five languages mean the same matter, so that "erase" finds "delete"
 * and a Danish question an English entry. A reviewed table (thesaurus.def), not a model. */
#pragma once
#include <stdint.h>

#include "../base/arena.h"

#define THESAURUS_NONE (-1)

struct thesaurus;

struct thesaurus *thesaurus_open(struct arena *a); /* lives in the arena; immutable */
/* Number of the concept a folded word belongs to, or THESAURUS_NONE. */
int thesaurus_concept(const struct thesaurus *t, const char *word);
