/*
 * messages: what was said, by conversation and seq, or by id. New rows are written by the ledger
 * only; here a delivery status moves forward, and back only where a dead letter is sent again.
 */
#pragma once
#include "../io/pg.h"
#include "../model/message.h"

/* Columns of a message row m joined with its conversation c, in the order messages_row reads them.
 */
#define MESSAGES_COLUMNS                                                                           \
    "m.id, m.conversation_id, c.customer_id, m.seq, m.direction, m.kind, m.author_type, "          \
    "m.author_id, m.channel, m.external_id, m.address, m.text, m.language, m.sent_at, "            \
    "m.received_at, m.edited_at, m.extra, m.delivery, m.attempts, m.last_error, m.decision, "      \
    "coalesce(m.extra->>'name', CASE WHEN m.direction = 0 THEN c.state->>'name' END), "            \
    "m.deleted_at"
#define MESSAGES_N_COLUMNS 23
#define MESSAGES_FROM                                                                              \
    " FROM message m JOIN conversation c ON c.bucket = m.bucket AND c.id = m.conversation_id "

MUST_CHECK enum err messages_row(struct arena *a, const struct pg_result *r, int row, int col,
                                 struct message *out);

struct message_ref {
    struct uid conversation_id;
    int seq;
};
/* found[i].seq is 0 where there is none. */
MUST_CHECK enum err messages_find_many(struct pg *c, struct arena *a,
                                       const struct message_ref *refs, int n,
                                       struct message *found);
/* ERR_ABSENT. The id carries its time and bucket, so no index on ids is kept. */
MUST_CHECK enum err messages_by_id(struct pg *c, struct arena *a, struct uid id,
                                   struct message *out);
/* By the provider's id on a channel: what a connector sent us or reads back. ERR_ABSENT. */
MUST_CHECK enum err messages_by_external_id(struct pg *c, struct arena *a, const char *channel,
                                            const char *external_id, struct message *out);
/* Of one conversation, those up to a seq, newest last, at most limit; notes are left out. */
struct messages {
    struct message *items;
    int n;
};
MUST_CHECK enum err messages_before(struct pg *c, struct arena *a, const struct message_ref *upto,
                                    int limit, struct messages *out);

/* The newest a customer wrote in this conversation on a channel; address NULL: from any.
 * ERR_ABSENT.
 */
struct messages_way {
    struct uid conversation_id;
    const char *channel, *address;
};
MUST_CHECK enum err messages_last_in(struct pg *c, struct arena *a, const struct messages_way *way,
                                     struct message *out);
struct messages_heard {
    const char *channel, *address;
    int64_t at_ms; /* when last */
};
#define MESSAGES_WAYS_MAX 64
struct messages_ways {
    struct messages_heard items[MESSAGES_WAYS_MAX];
    int n;
};
/* From where this conversation was written to: the newest ones, newest first. */
MUST_CHECK enum err messages_ways(struct pg *c, struct arena *a, struct uid conversation,
                                  struct messages_ways *out);
/* A message that has not left yet goes to another address, maybe on another channel. */
MUST_CHECK enum err messages_redirect(struct pg *c, struct arena *a, const struct message_ref *ref,
                                      const char *channel, const char *address);

/* What happened to a message on its way out. */
struct message_mark {
    struct uid conversation_id;
    int seq;
    enum delivery_status to;
    unsigned from; /* bit (1 << status) for each status it may come from; else nothing changes */
    int attempts;  /* 0: as it was */
    const char *error;       /* "" clears */
    const char *external_id; /* the provider's id for it; "" if none was named */
    const char *channel;     /* where that id is unique */
};
/* With its event. *changed false: the status would have gone backwards. */
MUST_CHECK enum err messages_mark(struct pg *c, struct arena *a, const struct message_mark *m,
                                  bool *changed);

/* What the customer has got or read: all that was sent to an address by then, among the newest. */
struct message_reads {
    struct uid conversation_id;
    const char *channel, *address;
    int64_t upto_ms;
    enum delivery_status to;
    unsigned from; /* as in message_mark */
};
MUST_CHECK enum err messages_mark_upto(struct pg *c, struct arena *a,
                                       const struct message_reads *reads);
/* The id of one more part of the message: a receipt for it is the message's. */
MUST_CHECK enum err messages_name_part(struct pg *c, struct arena *a, const struct message_mark *m);
/* A receipt may come before the answer that names its message. Who brings it keeps it and looks for
 * the message once more; who names a message takes what was kept: one of them sees the other. to,
 * error, external_id and channel are used. *found false: none was kept. */
MUST_CHECK enum err messages_keep_receipt(struct pg *c, struct arena *a,
                                          const struct message_mark *m);
MUST_CHECK enum err messages_take_receipt(struct pg *c, struct arena *a, struct message_mark *m,
                                          bool *found);
MUST_CHECK enum err messages_drop_receipts(struct pg *c, struct arena *a, int64_t before_ms);
