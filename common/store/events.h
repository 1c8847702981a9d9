/*
 * events: everything that changed, in an order any replica can resume without a gap. Readers see
 * only events whose transaction is older than every running one, so a late commit cannot slip in
 * behind a reader. Written by the ledger.
 */
#pragma once
#include "../io/pg.h"
#include "../model/enums.h"

/* A place in the feed; text form "<xid>-<n>". */
struct event_position {
    uint64_t xid;
    int n;
};

struct event {
    struct event_position at;
    enum event_kind kind;
    struct uid conversation_id; /* nil: none */
    int seq;
    int64_t at_ms;
    const char *data; /* JSON text or NULL */
    /* of message events: what a dashboard shows without asking again */
    struct uid message_id;
    enum direction direction;
    enum message_kind message_kind;
    enum party_type author_type;
    const char *author_id, *channel, *address, *language;
    struct span decision; /* packed; p NULL: none */
};

struct events {
    struct event *items;
    int n;
};
/* Those behind `after`, in order, at most limit. */
MUST_CHECK enum err events_after(struct pg *c, struct arena *a, struct event_position after,
                                 int limit, struct events *out);
/* The newest place a reader may start from to see only what is to come. */
MUST_CHECK enum err events_newest(struct pg *c, struct arena *a, struct event_position *out);
/* The place right before the first event at or behind that time. */
MUST_CHECK enum err events_since(struct pg *c, struct arena *a, int64_t wall_ms,
                                 struct event_position *out);
/* Is everything behind this place still kept, and is it a place of this feed? False: the reader
 * must start anew. */
MUST_CHECK enum err events_reachable(struct pg *c, struct arena *a, struct event_position from,
                                     bool *out);
bool events_parse_position(const char *text, struct event_position *out);
/* Message and delivery events of that time, and those of no conversation, in small batches; returns
 * how many went in *gone. What lasts stays in between, so that who has pruned up to a time begins
 * there again. */
MUST_CHECK enum err events_prune(struct pg *c, struct arena *a, int64_t from_ms, int64_t before_ms,
                                 int64_t *gone);
/* The feed is ordered by transaction ids, and a dump restored into another cluster brings ids that
 * it gives out in years: until then nobody would be told anything. Does nothing where all events
 * are of this cluster; how many were not in *adopted. Streams that go on from before are told to
 * begin anew (events_reachable). */
MUST_CHECK enum err events_adopt_restored(struct pg *c, int64_t *adopted);
