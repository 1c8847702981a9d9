/* event_render: one event of the feed as a frame of a server-sent event stream. */
#pragma once
#include "../../common/base/buf.h"
#include "../../common/store/events.h"

void event_render_frame(const struct event *e, struct buf *out);
