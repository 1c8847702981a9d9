/*
 * inbounds: webhook calls as they came, and what became of each. A call is stored before it is
 * understood; its body goes when it is done, what was understood stays for a while. A pending call
 * belongs to whoever took it last, for a lease.
 */
#pragma once
#include "../codec/wire.h"
#include "../io/pg.h"
#include "../model/inbound.h"

struct inbounds_call {
    struct uid id;
    const char *channel;
    int64_t received_ms;
    enum inbound_state state;
    int attempts; /* to understand it, before this one */
    const char *url;
    const struct wire_header *headers;
    int n_headers;
    struct span body;                /* p NULL: it is done */
    const char *events;              /* JSON array */
    const char *error;               /* "" for none */
    const struct uid *conversations; /* set when it is settled; not read back */
    int n_conversations;
};
/* Pending, and the caller's for lease_ms. */
MUST_CHECK enum err inbounds_add(struct pg *c, struct arena *a, const struct inbounds_call *call,
                                 int64_t lease_ms);
/* state, events, error and conversations as in call; done and ignored ones lose their body. */
MUST_CHECK enum err inbounds_settle(struct pg *c, struct arena *a,
                                    const struct inbounds_call *call);
/* Still pending, to be tried again after delay_ms. */
MUST_CHECK enum err inbounds_put_off(struct pg *c, struct arena *a,
                                     const struct inbounds_call *call, int64_t delay_ms);
struct inbounds {
    struct inbounds_call *items;
    int n;
};
/* Pending ones that nobody is at, oldest first; they are the caller's for lease_ms. */
MUST_CHECK enum err inbounds_claim(struct pg *c, struct arena *a, int limit, int64_t lease_ms,
                                   struct inbounds *out);
/* Newest first, those older than `before` (nil: from the newest); without url, headers, body. */
struct inbounds_look {
    const char *channel;
    struct uid before;
    int limit;
};
MUST_CHECK enum err inbounds_list(struct pg *c, struct arena *a, const struct inbounds_look *look,
                                  struct inbounds *out);
/* ERR_ABSENT: there is none on this channel. */
MUST_CHECK enum err inbounds_find(struct pg *c, struct arena *a, const char *channel, struct uid id,
                                  struct inbounds_call *out);
/* A quarantined one is pending again and the caller's for lease_ms. ERR_CONFLICT: it is not in
 * quarantine (any more). */
MUST_CHECK enum err inbounds_reopen(struct pg *c, struct arena *a, struct uid id, int64_t lease_ms);
/* Settled ones of before then, in small batches; *gone: how many went. */
MUST_CHECK enum err inbounds_prune(struct pg *c, struct arena *a, int64_t before_ms, int64_t *gone);
