/* deliver: what the two halves of a delivery share: deliver.c decides whether and by which way a
 * message leaves and what is said of it; deliver_send.c makes the calls. Private to the worker. */
#pragma once
#include "../../common/channel/channel.h"
#include "tasks.h"

struct delivery {
    struct task *task;
    const struct channel_account *account;
    const struct channel *channel;
    struct message message;
    struct message heard; /* the customer's newest on this channel; seq 0: none */
    struct channel_receipt receipt;
};

/* Sends every part that has not left. ERR_DENIED: the lease is over and nothing may be said. */
MUST_CHECK enum err deliver_send(struct delivery *d);
