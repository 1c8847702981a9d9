/*
 * inbound: one thing that a provider's webhook call says, in our words: a message, a receipt, an
 * edit, an echo of what a person of ours wrote elsewhere. One call may say many. What no adapter
 * understands is INBOUND_IGNORED, what is broken in itself INBOUND_INVALID: neither harms its
 * neighbours. Adapters fill it, flow acts on it. Texts are borrowed, valid UTF-8 without NUL, never
 * NULL unless said.
 */
#pragma once
#include "../base/arena.h"
#include "../base/span.h"
#include "identity.h"

#define INBOUND_EVENTS_MAX 4096 /* of one call; WhatsApp aggregates up to 1000 */
#define INBOUND_ATTACHMENTS_MAX 32
#define INBOUND_IDENTITIES_MAX 16

struct inbound_attachment {
    const char *name, *content_type; /* "" if not said */
    const char *url;                 /* where the provider keeps it; "" if nowhere */
    const char *media_id;            /* the provider's handle; "" if none */
    int64_t size;                    /* bytes; -1 if not said */
    struct span bytes;               /* what came along; p NULL: nothing did */
};

struct inbound {
    enum inbound_type type;
    const char *external_id; /* of messages, postbacks, echoes and mails: unique in the channel,
                                what arrives once; else the provider's id of the event, or "" */
    const char *about;       /* external id of the message that is edited, revoked, reacted to,
                                receipted or read; "" if none */
    const char *about_ours;  /* our message id as the provider hands it back; "" if none */
    int64_t sent_ms;         /* provider time; 0 if not said */

    const char *address; /* where a reply to this customer goes on this channel */
    const char *name;    /* "" if not said */
    /* Who the customer is. kind "": the address, within this channel. Trust is what the channel
     * itself proves of it. */
    struct identity sender;
    struct identity *identities; /* further ones, normalised */
    int n_identities;

    const char *content;   /* what it is: "text", "image", "location", "button", "mail", … */
    const char *text;      /* what the person wrote now */
    const char *full_text; /* where it differs from text; "" otherwise */
    const char *html, *subject, *locale;
    const char *in_reply_to; /* external id of the message it answers; "" if none */
    struct inbound_attachment *attachments;
    int n_attachments;
    const char *metadata; /* JSON object or NULL: provider ids, payloads, thread ids */
    const char *mail;     /* JSON object or NULL: the contract's `mail` */

    enum delivery_status status;    /* INBOUND_STATUS; DELIVERY_NONE: one that we do not keep */
    const char *status_text;        /* the provider's own word */
    const char *error_code, *error; /* "" for none */
    int64_t watermark_ms; /* INBOUND_READ: all that was sent up to then; 0: only `about` */
    const char *reaction; /* the emoji; "": taken back */

    const char *why; /* INBOUND_IGNORED, INBOUND_INVALID: one sentence without customer text */
};

struct inbound_list {
    struct inbound *items;
    int n, cap;
};

/* One more, with every text "" and the size of no attachment; NULL past INBOUND_EVENTS_MAX. Earlier
 * pointers into the list are gone. */
struct inbound *inbound_add(struct arena *a, struct inbound_list *list, enum inbound_type type);
/* Adds an identity, normalised; one that cannot be is left out. */
void inbound_identify(struct arena *a, struct inbound *i, const char *kind, const char *value,
                      enum trust trust);
/* One more attachment, all "" and size -1; NULL past INBOUND_ATTACHMENTS_MAX. */
struct inbound_attachment *inbound_attach(struct arena *a, struct inbound *i);
