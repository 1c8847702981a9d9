/* inbound_json: an inbound event as JSON: what is stored with its message, and the line that says
 * what was understood of a call. */
#pragma once
#include "../base/buf.h"
#include "../base/uid.h"
#include "inbound.h"

/* The message's `extra`: what is rarely there. ids[i], if not nil, is under which the bytes of
 * attachment i are kept. NULL: nothing to say. In the arena. */
const char *inbound_json_extra(struct arena *a, const struct inbound *i, const struct uid *ids);

/* What became of it. */
struct inbound_outcome {
    enum inbound_type type;
    struct uid message_id, conversation_id; /* nil: none */
    const char *why;                        /* "" : nothing to add */
};
void inbound_json_event(const struct inbound *i, const struct inbound_outcome *o, struct buf *out);
