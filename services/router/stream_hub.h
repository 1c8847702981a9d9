/*
 * stream_hub: one thread that reads new events and writes them to every open stream. Streams at the
 * same place are served by one read; those that catch up are served a page at a time in between. A
 * stream whose key is revoked or whose reader is too slow is ended. Visitors' streams are told in
 * their own words; they never take the last quarter of the streams there may be.
 */
#pragma once
#include "../../common/flow/world.h"
#include "../../common/io/httpd.h"
#include "../../common/store/events.h"
#include "stream_signal.h"
#include "stream_visit.h"

struct stream_hub;

struct stream_wish {
    struct event_position after;   /* the newest event the reader has seen */
    struct uid conversation;       /* nil: all */
    unsigned kinds;                /* bit i: enum event_kind i */
    const char *key_id;            /* copied */
    const char *greeting;          /* written first; copied */
    const struct visitor *visitor; /* a stream of the widget; NULL: of a key */
    const struct wire_header *headers;
    int n_headers;
};

struct stream_hub *stream_hub_open(struct world *w);
void stream_hub_close(struct stream_hub *hub); /* after the last stream has ended */
/* Makes a stream of the call. ERR_LIMIT: there are too many; the call is still to be answered. */
MUST_CHECK enum err stream_hub_add(struct stream_hub *hub, struct httpd *h, struct http_call *call,
                                   const struct stream_wish *wish);
/* Tells every router, and each its streams. */
void stream_hub_signal(struct stream_hub *hub, const struct stream_signal *signal);
