/*
 * roster_memory: who could be asked a moment ago. A message for which nobody is free need not ask
 * the database again whether somebody is, nor lock every agent to hear that nobody is: a tenth of a
 * second later the answer is the same or the conversation waits in the queue, out of which workers
 * assign all the time. Gives no work away: whoever would be chosen out of it is looked for again,
 * under lock. Private to flow, but for whoever changes a presence.
 */
#pragma once
#include <stdint.h>

#include "snapshot.h"

#define ROSTER_MEMORY_MS 100

struct roster_memory;
struct roster_memory *roster_memory_open(void);
void roster_memory_close(struct roster_memory *m); /* accepts NULL */

/* As it was read for this snapshot at most so long ago, copied into the arena; its names are
 * borrowed from the snapshot. NULL: none. */
struct roster *roster_memory_recall(struct roster_memory *m, struct arena *a,
                                    const struct snapshot *s);
/* Copies what was asked for at_ms (monotonic) with the snapshot's staff. */
void roster_memory_keep(struct roster_memory *m, struct snapshot *s, const struct roster *r,
                        int64_t at_ms);
/* Somebody came, or has room again. Other processes hear of it when theirs is too old. */
void roster_memory_drop(struct roster_memory *m);
