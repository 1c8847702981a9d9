/* join: identities that a message brings along. Verified ones that belong to two customers make
 * them one (the older survives; it can be undone); claimed ones are noted and never join. Private
 * to flow, but for merge and undo. */
#pragma once
#include "../store/arrivals.h"
#include "turn.h"

/* Own transaction, before the message is heard. Does nothing for a message that has arrived before.
 */
MUST_CHECK enum err join_identities(struct world *w, struct arena *a, struct turn *t,
                                    const struct identity *sender, const struct arrival_key *key);
/* One more identity for a customer. ERR_CONFLICT with why: a verified one that is somebody else's.
 */
MUST_CHECK enum err join_add(struct world *w, struct arena *a, struct uid customer,
                             const struct identity *i, struct why *why);
/* from becomes part of into. ERR_CONFLICT: same, or merged already. merge_id is for undoing. */
struct join_pair {
    struct uid into, from; /* customers */
};
MUST_CHECK enum err join_merge(struct world *w, struct arena *a, const struct join_pair *pair,
                               struct uid *merge_id, struct why *why);
MUST_CHECK enum err join_undo(struct world *w, struct arena *a, struct uid merge_id,
                              struct why *why);
