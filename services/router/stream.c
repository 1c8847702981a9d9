/* stream: GET /v1/stream: every change a dashboard shows, as server-sent events. */
#include "../../common/base/clock.h"
#include "handlers.h"
#include "router.h"
#include "stream_hub.h"

#define RETRY "retry: 2000\n\n"
#define RESET "event: reset\ndata: {\"type\":\"reset\"}\n\n"

static enum err read_kinds(struct request *r, unsigned *kinds) {
    const char *text;
    *kinds = ~0u;
    TRY(request_query(r, "types", &text));
    if (!text)
        return OK;
    struct span rest = span_of(text), part;
    *kinds = 0;
    while (span_split(&rest, ',', &part)) {
        enum event_kind kind;
        if (!event_kind_parse(arena_strndup(r->arena, part.p, part.n), &kind))
            return why_set(&r->why, ERR_INVALID, "", "types names no kind of event");
        *kinds |= 1u << kind;
    }
    return OK;
}

static enum err read_conversation(struct request *r, struct uid *out) {
    const char *text;
    *out = (struct uid){{0}};
    TRY(request_query(r, "conversation", &text));
    if (text && !uid_parse(text, out))
        return why_set(&r->why, ERR_INVALID, "", "conversation is not an id");
    return OK;
}

/* From an event that was seen: when what lies behind it is no longer all there, the reader has to
 * begin anew. */
static enum err after_event(struct request *r, struct pg *c, const char *id,
                            struct stream_wish *wish) {
    bool whole;
    if (!events_parse_position(id, &wish->after))
        return why_set(&r->why, ERR_INVALID, "", "the event id is not one of ours");
    TRY(events_reachable(c, r->arena, wish->after, &whole));
    if (whole)
        return OK;
    wish->greeting = RETRY RESET;
    return events_newest(c, r->arena, &wish->after);
}

static enum err after_time(struct request *r, struct pg *c, int64_t wall_ms,
                           struct stream_wish *wish) {
    int64_t kept_ms = r->world->cfg->event_days * INT64_C(86400000);
    if (wall_ms >= clock_wall_ms() - kept_ms)
        return events_since(c, r->arena, wall_ms, &wish->after);
    wish->greeting = RETRY RESET;
    return events_newest(c, r->arena, &wish->after);
}

/* Where to begin: Last-Event-ID goes before ?since=, because a browser repeats its first query. */
static enum err read_start(struct request *r, struct stream_wish *wish) {
    const char *since;
    const char *last = wire_header_find(r->call->headers, r->call->n_headers, "last-event-id");
    int64_t wall_ms;
    TRY(request_query(r, "since", &since));
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->reads, &c));
    if (last && *last)
        return after_event(r, c, last, wish);
    if (since && clock_parse_rfc3339(since, &wall_ms))
        return after_time(r, c, wall_ms, wish);
    if (since)
        return after_event(r, c, since, wish);
    return events_newest(c, r->arena, &wish->after);
}

enum err stream_open(struct request *r, struct reply *out) {
    struct stream_wish wish = {.key_id = r->caller.key_id, .greeting = RETRY};
    TRY(read_kinds(r, &wish.kinds));
    TRY(read_conversation(r, &wish.conversation));
    TRY(read_start(r, &wish));
    struct router *router = r->router;
    TRY(stream_hub_add(router->hub, router->httpd, r->call, &wish));
    out->status = REPLY_TAKEN;
    return OK;
}
