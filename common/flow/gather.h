/* gather: the load half of a turn: lock and read, once, in one order. Private to flow. */
#pragma once
#include "run.h"

/* Locks and reads what the items need, meets strangers (first contact), marks those that have
 * arrived before, and makes chains of the rest. Begins the transaction; after an error it is rolled
 * back. */
MUST_CHECK enum err gather(struct run *r, struct item **items, int n);
/* Fills the turns of items that had arrived before from what is stored; marks them done. */
MUST_CHECK enum err gather_duplicates(struct pg *c, struct arena *a, struct item **items, int n);
