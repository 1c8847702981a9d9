/*
 * stream_signal: what passes and is stored nowhere: somebody types, a session has ended. Goes to
 * every router by Redis publish and from there to the streams it concerns; without Redis it reaches
 * those of this router only. Losing one changes nothing that lasts.
 */
#pragma once
#include "../../common/base/arena.h"
#include "../../common/base/buf.h"
#include "../../common/base/uid.h"

enum stream_signal_what { STREAM_SIGNAL_TYPING, STREAM_SIGNAL_END };

/* Texts "" if not said. */
struct stream_signal {
    enum stream_signal_what what;
    const char *channel, *address; /* whose */
    struct uid conversation;       /* typing: where; nil: none yet */
    struct uid session;            /* end: which; nil: none */
    const char *author, *name;     /* typing: "customer" or "agent", and what they are called */
    const char *agent;             /* the agent's id, for dashboards */
    bool on;
};

void stream_signal_render(const struct stream_signal *s, struct buf *out);
/* Texts in the arena. ERR_MALFORMED. */
MUST_CHECK enum err stream_signal_parse(struct arena *a, struct span text,
                                        struct stream_signal *out);
/* Frames of a typing signal; without an id, so that a reader's place stays. */
void stream_signal_for_dashboard(const struct stream_signal *s, struct buf *out);
void stream_signal_for_visitor(const struct stream_signal *s, struct buf *out);
