/*
 * conversations: the hot row of each conversation: found by identity or id and locked in id order,
 * so that two batches can never wait for each other in a circle. Writing happens in ledger.c only.
 */
#pragma once
#include "../io/pg.h"
#include "../model/conversation.h"
#include "../model/message.h"
#include "customers.h"

/* Columns of a conversation row, in the order conversations_row reads them. */
#define CONVERSATIONS_COLUMNS                                                                      \
    "c.id, c.customer_id, c.version, c.last_seq, c.epoch, c.priority, c.status, c.mode, "          \
    "c.holder_type, c.holder_id, c.queue, c.language, c.topic, c.state, c.created_at, "            \
    "c.updated_at, c.merged_into"
#define CONVERSATIONS_N_COLUMNS 17

/* Reads a row that begins at column col. ERR_BUG: the state is not one we wrote. */
MUST_CHECK enum err conversations_row(struct arena *a, const struct pg_result *r, int row, int col,
                                      struct conversation *out);

/* The step that locks (and reads) the conversations of these ids, in id order. */
struct pg_step conversations_lock_step(struct arena *a, const struct uid *ids, int n);
/* The same by verified identity; its rows begin with two more columns: kind, value. */
struct pg_step conversations_lock_by_identity_step(struct arena *a, const struct newcomer *senders,
                                                   int n);
#define CONVERSATIONS_BY_IDENTITY_COLUMNS 2
/* Either of them without waiting: what somebody holds is missing among the rows. */
struct pg_step conversations_free_step(struct pg_step lock);
/* Locks without reading, for conversations that were remembered. */
struct pg_step conversations_fence_step(struct arena *a, const struct uid *ids, int n);

/* Reads one without locking. ERR_ABSENT. A merged one comes as it is, with merged_into set. */
MUST_CHECK enum err conversations_find(struct pg *c, struct arena *a, struct uid id,
                                       struct conversation *out);
