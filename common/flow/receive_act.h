/* receive_act: what each kind of inbound event does. Private to flow. An event that cannot be acted
 * on says so in its outcome and is no error; an error is our own trouble, and the whole call is
 * tried again. */
#pragma once
#include "../model/inbound_json.h"
#include "../store/customers.h"
#include "receive.h"
#include "turn.h"

struct receive {
    struct world *world;
    struct arena *arena;
    const struct channel_account *account;
    const struct inbounds_call *call;
    struct inbound_list list;
    struct inbound_outcome *outcomes; /* one an event */
};

/* The turn that stores event i. */
void receive_turn(struct receive *r, int i, enum turn_kind kind, struct turn *out);
/* After it ran: its outcome, and its attachments kept. */
MUST_CHECK enum err receive_heard(struct receive *r, int i, struct turn *t);
/* Stores event i by itself; conversation nil: its sender's. */
MUST_CHECK enum err receive_hear(struct receive *r, int i, enum turn_kind kind,
                                 struct uid conversation);
/* The stored message that event i is about, noted in its outcome. ERR_ABSENT. */
MUST_CHECK enum err receive_about(struct receive *r, int i, struct message *out);
/* Who event i comes from, redirects followed. ERR_ABSENT. */
MUST_CHECK enum err receive_customer(struct receive *r, struct pg *c, const struct inbound *in,
                                     struct customer *out);
/* The event changes nothing, and says why. OK. */
enum err receive_say(struct receive *r, int i, const char *why);
/* Any event but a message. */
MUST_CHECK enum err receive_act(struct receive *r, int i);
