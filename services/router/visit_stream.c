/* visit_stream: what passes between a visitor of the widget and those who answer: the stream of
 * what is said, and that somebody is typing. */
#include <inttypes.h>

#include "../../common/store/conversations.h"
#include "conversation_page.h"
#include "cors.h"
#include "handlers.h"
#include "router.h"
#include "stream_hub.h"
#include "visit.h"

#define RETRY "retry: 2000\n"
#define RESET "event: reset\ndata: {\"type\":\"reset\"}\n\n"
#define STREAM_HEADERS_MAX (CORS_HEADERS_MAX + 2)

/* ---- the stream ---- */

/* From an event that was seen, else from now: what was before is read as messages. */
static enum err read_start(struct request *r, struct pg *c, struct stream_wish *wish) {
    const char *after, *last;
    bool whole = true;
    TRY(request_query(r, "after", &after));
    last = wire_header_find(r->call->headers, r->call->n_headers, "last-event-id");
    after = last && *last ? last : after;
    if (!after)
        return events_newest(c, r->arena, &wish->after);
    if (!events_parse_position(after, &wish->after))
        return why_set(&r->why, ERR_INVALID, "", "the event id is not one of ours");
    TRY(events_reachable(c, r->arena, wish->after, &whole));
    if (whole)
        return OK;
    wish->greeting = RETRY RESET;
    return events_newest(c, r->arena, &wish->after);
}

static int stream_headers(const struct request *r, struct wire_header *out) {
    int n = cors_headers(r, out);
    out[n++] = (struct wire_header){"X-Accel-Buffering", "no"};
    out[n++] = (struct wire_header){"Cache-Control", "no-store"};
    return n;
}

/* Who wishes to hear, by their ticket, and from where on. */
static enum err read_wish(struct request *r, struct visit *v, struct stream_wish *wish) {
    const char *ticket;
    pg_lease_auto c = NULL;
    TRY(visit_channel(r, &v->channel));
    TRY(request_query(r, "ticket", &ticket));
    TRY(pg_lease(r->world->reads, &c));
    enum err e = visitors_use_ticket(c, r->arena, ticket ? ticket : "", &v->visitor);
    bool elsewhere = e == OK && strcmp(v->visitor.channel, v->channel->id) != 0;
    if (e == ERR_ABSENT || elsewhere)
        return ERR_UNKNOWN_KEY;
    TRY(e);
    return read_start(r, c, wish);
}

enum err visit_stream(struct request *r, struct reply *out) {
    struct visit v;
    struct wire_header *headers = ARENA_ARRAY(r->arena, struct wire_header, STREAM_HEADERS_MAX);
    struct stream_wish wish = {
        .kinds = 0, .key_id = "", .greeting = RETRY, .visitor = &v.visitor, .headers = headers};
    TRY(read_wish(r, &v, &wish));
    wish.greeting = arena_printf(r->arena, "%sid: %" PRIu64 "-%d\nevent: ready\ndata: {}\n\n",
                                 wish.greeting, wish.after.xid, wish.after.n);
    wish.n_headers = stream_headers(r, headers);
    TRY(stream_hub_add(r->router->hub, r->router->httpd, r->call, &wish));
    out->status = REPLY_TAKEN;
    return OK;
}

/* ---- typing ---- */

static enum err read_typing(struct request *r, bool *typing) {
    static const struct json_field rows[] = {{"typing", JSON_KIND_FLAG, true, 0, 0, 0}};
    return json_fill(r->body, "", rows, 1, typing, &r->why);
}

static enum err find_writer(struct request *r, struct visit *v, struct customer *who) {
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->reads, &c));
    TRY(visit_begin(r, c, v));
    TRY(visit_pace(r, v, &visit_typing));
    enum err e = visit_customer(r, c, &v->visitor, who);
    return e == ERR_ABSENT ? OK : e;
}

/* Before the first message there is no conversation to type in, and nobody who would see it. */
enum err visit_type(struct request *r, struct reply *out) {
    struct visit v;
    struct customer who = {.id = {{0}}};
    bool typing;
    TRY(read_typing(r, &typing));
    TRY(find_writer(r, &v, &who));
    struct stream_signal s = {.what = STREAM_SIGNAL_TYPING,
                              .channel = v.visitor.channel,
                              .address = v.visitor.address,
                              .conversation = who.conversation_id,
                              .author = "customer",
                              .name = v.visitor.name,
                              .agent = "",
                              .on = typing};
    if (!uid_is_nil(who.conversation_id))
        stream_hub_signal(r->router->hub, &s);
    out->status = 204;
    out->content_type = NULL;
    return OK;
}

struct typing_body {
    bool typing;
    const char *agent;
};

/* The agent's side: who holds a key of their own is themselves, an admin names somebody. */
static enum err read_agent_typing(struct request *r, struct typing_body *body) {
    static const struct json_field rows[] = {
        {"typing", JSON_KIND_FLAG, true, offsetof(struct typing_body, typing), 0, 0},
        {"agent", JSON_KIND_ID, false, offsetof(struct typing_body, agent), 0, 0}};
    TRY(json_fill(r->body, "", rows, 2, body, &r->why));
    if (!body->agent && r->caller.role == ROLE_AGENT)
        body->agent = r->caller.key->agent;
    if (!body->agent)
        return why_set(&r->why, ERR_INVALID, "/agent", "is required");
    TRY(request_allow_agent(r, body->agent));
    return snapshot_agent(r->snapshot, body->agent)
               ? OK
               : why_set(&r->why, ERR_INVALID, "/agent", "there is no such agent");
}

enum err conversations_typing(struct request *r, struct reply *out) {
    struct typing_body body = {false, NULL};
    struct conversation found;
    bool moved;
    TRY(read_agent_typing(r, &body));
    TRY(conversation_page_find(r, &found, out, &moved));
    if (moved)
        return OK;
    const struct stream_signal s = {.what = STREAM_SIGNAL_TYPING,
                                    .channel = found.last_channel,
                                    .address = found.last_address,
                                    .conversation = found.id,
                                    .author = "agent",
                                    .name = snapshot_agent(r->snapshot, body.agent)->name,
                                    .agent = body.agent,
                                    .on = body.typing};
    stream_hub_signal(r->router->hub, &s);
    out->status = 204;
    out->content_type = NULL;
    return OK;
}
