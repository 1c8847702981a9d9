/*
 * stream_visit: the stream of one visitor of the widget: which events are theirs, and how they are
 * told: the messages to and from their address on their channel, and that a bot was asked. Nothing
 * else of the feed.
 */
#pragma once
#include "../../common/flow/snapshot.h"
#include "../../common/model/message.h"
#include "../../common/store/events.h"
#include "../../common/store/visitors.h"
#include "stream_signal.h"

#define STREAM_VISIT_LIFE_MS (15 * 60 * 1000) /* then it comes again, if it still may */
#define STREAM_VISIT_EACH_MAX 8               /* of one session: tabs */

struct stream_visit;

struct stream_visit *stream_visit_new(const struct visitor *v, int64_t now_ms); /* copies */
void stream_visit_free(struct stream_visit *v);                                 /* accepts NULL */
bool stream_visit_is_of(const struct stream_visit *v, struct uid session);
bool stream_visit_wants(const struct stream_visit *v, const struct event *e);
/* May it go on? Its channel may be gone, its time over. now_ms: monotonic. */
bool stream_visit_goes_on(const struct stream_visit *v, const struct snapshot *s, int64_t now_ms);
/* True: the signal is for this visitor. */
bool stream_visit_hears(const struct stream_visit *v, const struct stream_signal *s);
/* Writes the frame of a message event; m NULL: it is no longer there. */
void stream_visit_frame(const struct event *e, const struct message *m, const struct snapshot *s,
                        struct buf *out);
