/*
 * channel: foreign message dialects, bytes <-> model. Pure; never sends, never reads a clock. A new
 * channel is a file with one exported struct and a line in channels.c.
 *
 * In: verify() proves a webhook call over its raw bytes, before anything of it is understood;
 * parse() says what happened; greet() and answer() are what the provider expects to hear.
 * Out: render() makes the request that says one part of a message; outcome() reads the answer.
 */
#pragma once
#include "../codec/wire.h"
#include "../model/account.h"
#include "../model/inbound.h"
#include "../model/message.h"

/* ---- in ---- */

/* One call of the provider's. request->url is path and query as they came. */
struct channel_call {
    const struct channel_account *account;
    const struct wire_request *request;
    int64_t wall_ms; /* when it came */
};

/* What is said to the provider. Texts in the arena. */
struct channel_reply {
    int status;
    const char *content_type;
    const char *body;
};

/* ---- out ---- */

/* What an answer of the provider means for the delivery. */
enum channel_outcome {
    CHANNEL_ACCEPTED, /* sent */
    CHANNEL_RETRY,    /* try again by the schedule */
    CHANNEL_WAIT,     /* try again not before retry_after_ms */
    CHANNEL_GIVE_UP,  /* this message will never be accepted: dead letter */
    CHANNEL_CLOSED,   /* the reply window is over: another way, or a person is told */
    CHANNEL_RENEW,    /* the token is not valid any more: fetch a new one, then try again */
    CHANNEL_DISABLE   /* the endpoint is gone (410): switch the channel off, tell people */
};
struct channel_receipt {
    enum channel_outcome outcome;
    int64_t retry_after_ms;  /* -1: none named */
    const char *external_id; /* the provider's id of the message; "" if none */
    const char *address;     /* where the customer is to be reached from now on; "" : as before */
    const char *error;       /* short, with the provider's code; no text of the customer */
};

struct channel_outbound {
    const struct channel_account *account;
    const struct message *message;
    const struct message *answers;             /* the customer's newest on this channel; or NULL */
    const char *conversation_id, *customer_id; /* text form */
    const char *text;                          /* what this part says */
    int part, n_parts;                         /* from 0; a short message has one */
    const char *token;                         /* of token_request(); "" if there is none */
    int attempt;                               /* from 1 */
    int64_t unix_s;                            /* time of this attempt */
    int64_t wall_ms;
};

enum channel_unit { CHANNEL_CODE_POINTS, CHANNEL_UTF16, CHANNEL_BYTES };

struct channel {
    enum channel_kind kind;
    size_t call_bytes_max; /* of a webhook call; 0: this kind has none */
    bool call_by_key;      /* the call proves itself by a connector key, not by a signature */
    /* ERR_UNKNOWN_KEY: not proven. Over the raw bytes, in constant time; any of the secrets will
     * do, and no secret proves nothing. NULL: call_by_key. */
    enum err (*verify)(struct arena *a, const struct channel_call *call);
    /* GET, by which a provider tests the address. ERR_DENIED: not ours to confirm. NULL: 405. */
    enum err (*greet)(struct arena *a, const struct channel_call *call, struct channel_reply *out);
    /* What a proven POST hears once it is stored. NULL: 200 without a body. */
    void (*answer)(struct arena *a, const struct channel_call *call, struct channel_reply *out);
    /* ERR_MALFORMED: nothing can be understood; it is kept in quarantine. */
    enum err (*parse)(struct arena *a, const struct channel_call *call, struct inbound_list *out);

    int text_max; /* of one part, in text_unit */
    enum channel_unit text_unit;
    int64_t window_ms; /* free text may be sent so long after the customer's last; 0: always */
    int rate_per_s;    /* the provider's own limit; 0: none known */
    bool pulled;       /* nobody is called: the other side reads what waits */
    /* ERR_INVALID: not configured for sending (access token, address, …). NULL with pulled. */
    enum err (*render)(struct arena *a, const struct channel_outbound *o, struct wire_request *out);
    void (*outcome)(struct arena *a, const struct wire_response *response, int64_t wall_ms,
                    struct channel_receipt *out);
    /* Where a token of limited life is to be had (WeChat). NULL: none is needed. */
    enum err (*token_request)(struct arena *a, const struct channel_account *account,
                              struct wire_request *out);
    /* ERR_UPSTREAM: no token in it. life_ms: how long it is good for. */
    enum err (*token_answer)(struct arena *a, const struct wire_response *response,
                             const char **token, int64_t *life_ms);
};
/* NULL: no adapter. */
const struct channel *channel_find(enum channel_kind kind);

/* Can anything leave on this channel, as it is configured? */
bool channel_sends(const struct channel_account *account);
/* Receipts move forward only: may a message in `from` become `to`? Failed is final unless delivered
 * was seen. */
bool channel_receipt_advances(enum delivery_status from, enum delivery_status to);
/* Bit (1 << from) for each status that may become `to`. */
unsigned channel_receipt_sources(enum delivery_status to);
