/*
 * decisions: recorded decisions one after another, for whoever judges all of them again. A decision
 * stands with its message and is written with it; here it is only read.
 */
#pragma once
#include "messages.h"

struct decisions_record {
    struct uid message_id;
    struct message_ref place;
    struct decision decision;
};
struct decisions {
    struct decisions_record *items;
    int n;
};

/* Those behind a place, by bucket, conversation and seq, at most limit; place {nil, 0}: from the
 * first. ERR_BUG: a record cannot be read. */
MUST_CHECK enum err decisions_after(struct pg *c, struct arena *a, const struct message_ref *place,
                                    int limit, struct decisions *out);
