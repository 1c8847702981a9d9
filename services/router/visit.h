/*
 * visit: what every call of the chat widget begins with: which channel, from a page that may, by
 * whom, how often. And what a visitor may see: what was said on this channel to or by the address
 * they write under; a user their site vouched for sees it of all their devices. Never more: that
 * somebody was merged with somebody else shows an anonymous visitor nothing.
 */
#pragma once
#include "../../common/store/customers.h"
#include "../../common/store/listings.h"
#include "../../common/store/visitors.h"
#include "pace.h"
#include "request.h"

#define VISIT_TOKEN_MARK "rv_"
#define VISIT_TICKET_S 30
#define VISIT_ANONYMOUS_S (90 * 24 * 3600)
#define VISIT_SIGNED_IN_S (24 * 3600) /* the site vouches again when it shows its next page */

struct visit {
    const struct channel_account *channel; /* of the request's snapshot */
    struct visitor visitor;
};

extern const struct pace_limit visit_messages, visit_typing, visit_reads, visit_tickets;

/* Does the call bring something that looks like a token? Asked before its body is read. */
bool visit_has_token(const struct http_call *call);
/* ERR_ABSENT: no such channel, or not of this kind; ERR_DENIED: not from that page. */
MUST_CHECK enum err visit_channel(struct request *r, const struct channel_account **out);
/* The same, and who it is. ERR_UNKNOWN_KEY: nobody's token, or another channel's. */
MUST_CHECK enum err visit_begin(struct request *r, struct pg *c, struct visit *out);
/* ERR_LIMIT when it is too much. */
MUST_CHECK enum err visit_pace(struct request *r, const struct visit *v,
                               const struct pace_limit *limit);

bool visit_is_signed_in(const struct visitor *v);
/* The conversation, by the identity that the address is. ERR_ABSENT: nothing was said yet. */
MUST_CHECK enum err visit_customer(struct request *r, struct pg *c, const struct visitor *v,
                                   struct customer *out);
/* Fills in what the visitor may see. n_parts 0: nothing was said yet. */
MUST_CHECK enum err visit_span(struct request *r, struct pg *c, const struct visitor *v,
                               struct listings_span *out);
/* A ticket and how long it is good for, as members of an object. */
MUST_CHECK enum err visit_put_ticket(struct request *r, struct pg *c, const struct visitor *v,
                                     struct buf *out);
