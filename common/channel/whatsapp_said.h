/* whatsapp_said: one item of messages[] or message_echoes[] of WhatsApp, as an event. */
#pragma once
#include "channel.h"
#include "note.h"

/* What an item stands in. */
struct whatsapp_said {
    struct arena *arena;
    const json_t *value;    /* the change: metadata, contacts */
    const json_t *contacts; /* of it; may be NULL */
    struct inbound_list *list;
    bool echo; /* the business wrote it elsewhere */
};

void whatsapp_said(const struct whatsapp_said *s, const json_t *item);
/* Who a customer is by phone digits and user id, either of which may be "": address, sender,
 * identities, name. False: by neither. */
bool whatsapp_said_by(const struct whatsapp_said *s, const char *phone, const char *user_id,
                      struct inbound *out);
/* First of errors[], if any. */
void whatsapp_said_wrong(struct arena *a, const json_t *errors, struct inbound *out);
