/* message: one message or note of a conversation. Texts are borrowed, valid UTF-8. */
#pragma once
#include "../base/uid.h"
#include "decision.h"
#include "identity.h"

#define MESSAGE_TEXT_MAX 32000 /* code points */
#define MESSAGE_IDENTITIES_MAX 16
#define MESSAGE_ATTACHMENTS_MAX 32

struct message {
    struct uid id, conversation_id, customer_id;
    int seq; /* gap-free per conversation, from 1 */
    enum direction direction;
    enum message_kind kind;
    struct party author;
    const char *author_name; /* "" if unknown */
    const char *channel;     /* id; "" for notes */
    const char *external_id; /* the provider's; "" if we wrote it and no provider named it yet */
    const char *address;     /* the customer's address on the channel, as given */
    const char *text;
    const char *language; /* "" if unknown */
    int64_t sent_ms;      /* provider time; 0 if not given */
    int64_t received_ms;  /* ours */
    int64_t edited_ms;    /* 0: never */
    int64_t deleted_ms;   /* when the person took it back; 0: never */
    /* JSON text of what is rarely there: name, identities, html, subject, locale, attachments,
     * in_reply_to, metadata, full_text, citations, content, mail, reaction. NULL for none. */
    const char *extra;
    enum delivery_status delivery;
    int attempts;
    const char *last_error;          /* "" for none */
    const struct decision *decision; /* NULL: not judged */
};
