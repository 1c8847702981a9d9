/* receive_act: what each kind of inbound event does. Private to flow. An event that cannot be acted
 * on says so in its outcome and is no error; an error is our own trouble, and the whole call is
 * tried again. */
#pragma once
#include "../model/inbound_json.h"
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
/* Any event but a message. */
MUST_CHECK enum err receive_act(struct receive *r, int i);
