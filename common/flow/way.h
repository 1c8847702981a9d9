/*
 * way: an address on a channel by which a customer is heard and answered. Two people who were one
 * for a while have written into one conversation; once they are apart nobody is answered where the
 * other reads. Refuses to guess: what is positively somebody else's is left out, nothing more.
 */
#pragma once
#include "../store/messages.h"
#include "snapshot.h"

struct way_owner {
    struct uid conversation_id, customer_id;
};
/* From where, newest first, its customer has written in a conversation and all that was merged into
 * it. */
MUST_CHECK enum err way_list(struct pg *c, struct arena *a, const struct snapshot *s,
                             const struct way_owner *of, struct messages_ways *out);
/* NULL: none on this channel. */
const struct messages_heard *way_on(const struct messages_ways *w, const char *channel);
bool way_is_among(const struct messages_ways *w, const char *channel, const char *address);
