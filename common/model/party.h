/* party: who speaks, holds or is asked: a type and, for bot, agent and queue, an id. Borrowed. */
#pragma once
#include <stdbool.h>
#include <string.h>

#include "../base/buf.h"
#include "enums.h"

struct party {
    enum party_type type;
    const char *id; /* "" for none, customer and system */
};

static inline struct party party_of(enum party_type type, const char *id) {
    return (struct party){type, id ? id : ""};
}

static inline bool party_equal(struct party a, struct party b) {
    return a.type == b.type && strcmp(a.id ? a.id : "", b.id ? b.id : "") == 0;
}

/* A person or a queue of people has it; bots and nobody have not. */
static inline bool party_is_human(struct party p) {
    return p.type == PARTY_AGENT || p.type == PARTY_QUEUE;
}

/* The object member "name":{"type","id"}; nobody is null. */
void party_put(struct buf *b, const char *name, struct party p);
