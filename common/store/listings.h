/*
 * listings: what people read: pages of conversations, of messages and of what else happened. Every
 * page starts behind a place, never at a count, and costs what it shows: nothing here walks
 * history. Reads only. Results live in the arena.
 */
#pragma once
#include "../model/conversation.h"
#include "../model/message.h"
#include "events.h"

#define LISTINGS_ANY (-1)
#define LISTINGS_TEXT_MAX 200 /* code points of a last message */

struct listings_filter {
    int status, mode, holder_type;           /* of their enums, or LISTINGS_ANY */
    const char *holder_id, *queue, *channel; /* NULL: any */
    struct uid conversation;                 /* just this one; nil: any */
    const char *const *terms; /* all of them in one message; see text_search_terms() */
    int n_terms;
    int64_t updated_since_ms; /* 0: whenever */
    bool events_reach;        /* the events still hold everything since then */
};
struct listings_last {
    struct uid id; /* nil: nothing was said yet */
    int seq;
    enum direction direction;
    struct party author;
    const char *channel, *text;
    int64_t received_ms;
};
struct listings_item {
    struct conversation conversation;
    struct listings_last last;
};
struct listings_page {
    struct uid before; /* in: nil: from the newest */
    int limit;         /* in */
    struct listings_item *items;
    int n;
    struct uid next; /* the next page is before this one; nil: there is none. Where few match, a
                        page may be short and yet not the last: a search is done in portions. */
};
/* Newest first. Merged conversations are found as the one they were merged into. */
MUST_CHECK enum err listings_conversations(struct pg *c, struct arena *a,
                                           const struct listings_filter *filter,
                                           struct listings_page *page);

/* A row in time: of messages (order: seq) or of events (order: xid, n). */
struct listings_place {
    int64_t at_ms;
    struct uid conversation;
    int64_t order;
    int n;
};
struct listings_place listings_start(bool newest_first);
struct listings_place listings_place_of_message(const struct message *m);
struct listings_place listings_place_of_event(const struct event *e);

/* Several conversations that were merged are read as one: interleaved by time. */
struct listings_span {
    const struct uid *parts; /* see customers_parts() */
    int n_parts;
    struct listings_place from; /* exclusive */
    int limit;
    bool newest_first;           /* messages only */
    bool decided;                /* only messages that were decided on */
    const char *const *channels; /* only of these; n_channels 0: of all */
    int n_channels;
    const char *const *addresses; /* only to or from these of the customer's; n_addresses 0: all */
    int n_addresses;
    bool said; /* no notes */
};
MUST_CHECK enum err listings_messages(struct pg *c, struct arena *a, const struct listings_span *s,
                                      struct message **items, int *n);
/* Without message and delivery events. */
MUST_CHECK enum err listings_events(struct pg *c, struct arena *a, const struct listings_span *s,
                                    struct event **items, int *n);
