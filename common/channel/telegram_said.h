/* telegram_said: one message object of Telegram, as an event. */
#pragma once
#include "channel.h"

/* What the message stands in. */
struct telegram_said {
    struct arena *arena;
    struct inbound_list *list;
    bool edited, business;
};

void telegram_said(const struct telegram_said *s, const json_t *message);
/* "<chat>:<message>"; "" unless both are there. */
const char *telegram_said_id(struct arena *a, const char *chat, const char *message);
/* The person: identity, name, language. */
void telegram_said_by(struct arena *a, const json_t *user, struct inbound *out);
