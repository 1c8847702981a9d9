/*
 * erasure: all that is stored about one person, to hand it out or to take it away: the one file
 * that knows every table. What stays of an erased person is one event without anything personal:
 * that this conversation of this customer was erased, and when. The ids then name nothing.
 *
 * Most rows are found by key, in one transaction that holds the conversation's lock, so that no
 * turn can write behind it. Two kinds of row carry no key of the person (answers kept for an
 * Idempotency-Key, delivery events) and one may be written behind it by a reader of the feed
 * (search terms): these are swept afterwards, by whoever erases and once more by whoever reads of
 * it in the feed.
 */
#pragma once
#include "../base/buf.h"
#include "../io/pg.h"
#include "../model/identity.h"

/* A conversation with its customer; a merged person has several. */
struct erasure_part {
    struct uid customer_id, conversation_id;
};
struct erasure_person {
    struct erasure_part *parts;
    int n_parts;
    struct identity *identities; /* what sessions may be cached under */
    int n_identities;
};

/* The person that a customer is, or was merged into. ERR_ABSENT. */
MUST_CHECK enum err erasure_find(struct pg *c, struct arena *a, struct uid customer,
                                 struct erasure_person *out);
/* Own transaction. What was erased is in out. ERR_ABSENT; ERR_BUSY: merges go on, try again. */
MUST_CHECK enum err erasure_run(struct pg *c, struct arena *a, struct uid customer,
                                struct erasure_person *out);
/* What has no key is looked for among what was made within it; wall time. */
struct erasure_window {
    int64_t from_ms, to_ms;
};
/* May be repeated; begins no transaction. */
MUST_CHECK enum err erasure_sweep(struct pg *c, struct arena *a, const struct erasure_part *part,
                                  struct erasure_window w);

/* All rows but messages, as members `"table":[…]` of an object. */
MUST_CHECK enum err erasure_export(struct pg *c, struct arena *a,
                                   const struct erasure_person *person, struct erasure_window w,
                                   struct buf *out);
