/* messenger_said: one item of messaging[] or standby[], as an event or several. */
#pragma once
#include "channel.h"
#include "note.h"

/* What an item stands in. */
struct messenger_said {
    struct arena *arena;
    const struct channel_account *account;
    const json_t *entry;
    struct inbound_list *list;
    bool standby; /* another app owns the thread */
};

void messenger_said(const struct messenger_said *s, const json_t *item);
