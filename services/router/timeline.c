#include "timeline.h"

#include "message_render.h"
#include "paging.h"

/* Two walks, over messages and over events, merged by time; each goes on from its own place, so
 * that a late commit is shown late but never lost. */
struct walk {
    struct listings_place messages, events;
    bool half; /* of the next message only the decision is still to be shown */
    struct message *said;
    struct event *happened;
    int n_said, n_happened, at_said, at_happened;
};

void timeline_put_decision(const struct message *m, struct buf *out) {
    buf_addc(out, '{');
    json_put_uid(out, "id", m->id);
    json_put_uid(out, "message_id", m->id);
    json_put_uid(out, "conversation_id", m->conversation_id);
    json_put_number(out, "seq", m->seq);
    json_put_when(out, "created_at", m->received_ms);
    decision_render(m->decision, out);
    buf_addc(out, '}');
}

static void item_open(struct buf *out, const char *type, int64_t at_ms) {
    json_put_item(out);
    buf_addc(out, '{');
    json_put_text(out, "type", type);
    json_put_when(out, "at", at_ms);
}

/* With what it carries. */
static void put_event(const struct event *e, struct buf *out) {
    item_open(out, event_kind_text(e->kind), e->at_ms);
    json_put_uid(out, "conversation_id", e->conversation_id);
    if (e->seq)
        json_put_number(out, "seq", e->seq);
    json_put_raw(out, "data", e->data);
    buf_addc(out, '}');
}

static void put_said(const struct message *m, bool decision, struct buf *out) {
    item_open(out, decision ? "decision" : "message", m->received_ms);
    json_put_key(out, decision ? "decision" : "message");
    if (decision)
        timeline_put_decision(m, out);
    else
        message_render(m, out);
    buf_addc(out, '}');
}

static enum err open_walk(struct request *r, struct walk *w) {
    const char *said;
    *w = (struct walk){.messages = listings_start(false), .events = listings_start(false)};
    TRY(paging_cursor(r, &said));
    if (!said)
        return OK;
    if (!paging_take_place(&said, &w->messages) || !paging_take_place(&said, &w->events) ||
        w->messages.order > INT32_MAX)
        return paging_refuse(r);
    w->half = strcmp(said, "half") == 0;
    return w->half || !*said ? OK : paging_refuse(r);
}

static enum err load(struct request *r, struct walk *w, struct listings_span *span) {
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->reads, &c));
    span->from = w->messages;
    TRY(listings_messages(c, r->arena, span, &w->said, &w->n_said));
    span->from = w->events;
    return listings_events(c, r->arena, span, &w->happened, &w->n_happened);
}

/* What was said comes before what followed from it. */
static bool message_is_next(const struct walk *w) {
    if (w->at_said == w->n_said || w->at_happened == w->n_happened)
        return w->at_said < w->n_said;
    return w->said[w->at_said].received_ms <= w->happened[w->at_happened].at_ms;
}

static void put_next(struct walk *w, struct buf *out) {
    if (!message_is_next(w)) {
        const struct event *e = &w->happened[w->at_happened++];
        w->events = listings_place_of_event(e);
        put_event(e, out);
        return;
    }
    const struct message *m = &w->said[w->at_said];
    put_said(m, w->half, out);
    w->half = !w->half && m->decision;
    if (w->half)
        return;
    w->messages = listings_place_of_message(m);
    w->at_said++;
}

static bool is_more(const struct walk *w) {
    return w->at_said < w->n_said || w->at_happened < w->n_happened;
}

enum err timeline_page(struct request *r, const struct uid *parts, int n_parts, struct reply *out) {
    struct listings_span span = {.parts = parts, .n_parts = n_parts};
    struct walk w;
    int limit;
    TRY(paging_limit(r, &limit));
    TRY(open_walk(r, &w));
    span.limit = limit + 1;
    TRY(load(r, &w, &span));
    reply_list_open(out);
    for (int i = 0; i < limit && is_more(&w); i++)
        put_next(&w, &out->body);
    const char *says = arena_printf(r->arena, "%s%s%s", paging_place(r->arena, &w.messages),
                                    paging_place(r->arena, &w.events), w.half ? "half" : "");
    reply_list_close(out, is_more(&w) ? paging_seal(r->arena, says) : NULL);
    return OK;
}
