/*
 * visitors: who holds which token of the chat widget, and the tickets that open their streams. A
 * token is found by its hash and stored nowhere; so is a ticket, which is good once. Knows nothing
 * of what was said: that stands with the conversation, under the visitor's address.
 */
#pragma once
#include "../codec/crypto.h"
#include "../io/pg.h"
#include "messages.h"

#define VISITORS_SECRET_BYTES 24 /* of a token; of a ticket beside the visitor's id */

struct visitor {
    struct uid id;
    const char *channel, *address, *former; /* former "": none */
    const char *name, *email;               /* "" if the site did not say */
    bool email_verified;
    int64_t seen_ms, expires_ms;
};

/* Stores one under the token's hash; seen now, good for life_s. id and times are filled. */
MUST_CHECK enum err visitors_add(struct pg *c, struct arena *a, struct span token, int64_t life_s,
                                 struct visitor *v);
/* Whose token it is, unless it has expired. ERR_ABSENT. */
MUST_CHECK enum err visitors_find(struct pg *c, struct arena *a, struct span token,
                                  struct visitor *out);
/* Seen now, good for life_s from now, and with the profile it has now. */
MUST_CHECK enum err visitors_keep(struct pg *c, struct arena *a, int64_t life_s, struct visitor *v);
/* Its token and its tickets are good for nothing from now on. */
MUST_CHECK enum err visitors_drop(struct pg *c, struct arena *a, struct uid id);
/* Makes a ticket, text in the arena; good for life_s. */
MUST_CHECK enum err visitors_add_ticket(struct pg *c, struct arena *a, struct uid id,
                                        int64_t life_s, const char **ticket);
/* Uses one up. ERR_ABSENT: it is none, was used or is too old. */
MUST_CHECK enum err visitors_use_ticket(struct pg *c, struct arena *a, const char *ticket,
                                        struct visitor *out);

/* Outgoing messages that a visitor has got or read; with their events. */
struct visitors_mark {
    const struct message_ref *refs;
    int n;
    enum delivery_status to;
    unsigned from; /* bit (1 << status) for each it may come from */
};
MUST_CHECK enum err visitors_mark(struct pg *c, struct arena *a, const struct visitors_mark *m,
                                  int64_t *changed);
/* Expired ones, in a small batch; returns how many went in *gone. */
MUST_CHECK enum err visitors_prune(struct pg *c, struct arena *a, int64_t *gone);
