/*
 * channel: foreign message dialects, bytes <-> model. Pure; never sends. A new channel is a file
 * with one exported struct and a line in channels.c.
 */
#pragma once
#include "../codec/wire.h"
#include "../model/account.h"
#include "../model/message.h"

/* What an answer of the provider means for the delivery. */
enum channel_outcome {
    CHANNEL_ACCEPTED, /* sent */
    CHANNEL_RETRY,    /* try again by the schedule */
    CHANNEL_WAIT,     /* try again not before retry_after_ms */
    CHANNEL_GIVE_UP,  /* this message will never be accepted: dead letter */
    CHANNEL_DISABLE   /* the endpoint is gone (410): switch the channel off, tell people */
};
struct channel_receipt {
    enum channel_outcome outcome;
    int64_t retry_after_ms;  /* -1: none named */
    const char *external_id; /* the provider's id of the message; "" if none */
    const char *error;       /* short, for last_error; no text of the customer */
};

struct channel_outbound {
    const struct channel_account *account;
    const struct message *message;
    const char *conversation_id, *customer_id; /* text form */
    int attempt;                               /* from 1 */
    int64_t unix_s;                            /* time of this attempt */
    int64_t wall_ms;
};

struct channel {
    enum channel_kind kind;
    int text_max; /* code points of one message */
    enum err (*render)(struct arena *a, const struct channel_outbound *o, struct wire_request *out);
    void (*outcome)(struct arena *a, const struct wire_response *response, int64_t wall_ms,
                    struct channel_receipt *out);
};
const struct channel *channel_find(enum channel_kind kind);

/* Receipts move forward only: may a message in `from` become `to`? Failed is final unless delivered
 * was seen. */
bool channel_receipt_advances(enum delivery_status from, enum delivery_status to);
