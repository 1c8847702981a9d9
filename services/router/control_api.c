/* control_api: everything that changes a conversation: parse -> one turn -> render. */
#include <stdlib.h>

#include "../../common/base/clock.h"
#include "../../common/decide/policy.h"
#include "../../common/flow/turn.h"
#include "../../common/flow/way.h"
#include "../../common/nlu/promise.h"
#include "../../common/store/conversations.h"
#include "../../common/store/customers.h"
#include "../../common/store/rosters.h"
#include "configuration.h"
#include "conversation_page.h"
#include "handlers.h"
#include "idempotency.h"
#include "message_render.h"

#define OUTCOME_CHARS_MAX 200
#define PROMISE_CHARS_MAX 2000
#define HTML_CHARS_MAX 100000
#define TIMEOUT_MAX_S (24 * 3600)

/* All members of all these bodies; each route has the rows it knows. */
struct control_body {
    json_t *author, *to_party;
    const char *text, *html, *channel, *agent, *to, *queue, *outcome;
    int64_t epoch, timeout_s, due_ms;
};
#define FIELD(name, kind, required, member, min, max)                                              \
    { name, JSON_KIND_##kind, required, offsetof(struct control_body, member), min, max }
#define EPOCH FIELD("epoch", INTEGER, false, epoch, 0, INT32_MAX)
#define AGENT FIELD("agent", ID, false, agent, 0, 0)
#define AUTHOR FIELD("author", OBJECT, false, author, 0, 0)
#define TEXT(max) FIELD("text", TEXT, true, text, 1, max)
#define ROWS(table) ((int)(sizeof(table) / sizeof(table)[0]))

static const struct json_field reply_fields[] = {
    AUTHOR, TEXT(MESSAGE_TEXT_MAX), EPOCH, FIELD("html", TEXT, false, html, 0, HTML_CHARS_MAX),
    FIELD("channel", ID, false, channel, 0, 0)};
static const struct json_field note_fields[] = {AUTHOR, TEXT(MESSAGE_TEXT_MAX)};
static const struct json_field agent_fields[] = {AGENT, EPOCH};
static const struct json_field kept_fields[] = {AGENT};
static const struct json_field offer_fields[] = {
    FIELD("to", OBJECT, true, to_party, 0, 0), AGENT, EPOCH,
    FIELD("timeout_s", INTEGER, false, timeout_s, 1, TIMEOUT_MAX_S)};
static const struct json_field release_fields[] = {
    FIELD("to", TEXT, true, to, 1, 16), FIELD("queue", ID, false, queue, 0, 0), AGENT, EPOCH};
static const struct json_field resolve_fields[] = {
    FIELD("outcome", TEXT, false, outcome, 0, OUTCOME_CHARS_MAX), AGENT, EPOCH};
static const struct json_field promise_fields[] = {AUTHOR, TEXT(PROMISE_CHARS_MAX),
                                                   FIELD("due_at", TIME, false, due_ms, 0, 0)};

/* A body that may be left out counts as an empty one. */
static enum err read_body(struct request *r, const struct json_field *rows, int n,
                          struct control_body *out) {
    json_auto nothing = json_object();
    *out = (struct control_body){.channel = "", .queue = "", .outcome = "", .epoch = -1};
    return json_fill(r->body ? r->body : nothing, "", rows, n, out, &r->why);
}

static struct turn new_turn(struct request *r, enum turn_kind kind,
                            const struct control_body *body) {
    return (struct turn){.kind = kind,
                         .locale = "",
                         .subject = "",
                         .actor = party_of(PARTY_SYSTEM, ""),
                         .target = party_of(PARTY_NONE, ""),
                         .text = body->text ? body->text : "",
                         .html = body->html,
                         .channel = body->channel,
                         .epoch = (int)body->epoch,
                         .idempotency = idempotency_scope(r)};
}

/* ---- who ---- */

static bool snapshot_has(const struct snapshot *s, struct party p) {
    if (p.type == PARTY_AGENT)
        return snapshot_agent(s, p.id) != NULL;
    if (p.type == PARTY_BOT)
        return snapshot_bot(s, p.id) != NULL;
    return snapshot_queue(s, p.id) != NULL;
}

/* Somebody who was configured a moment ago, perhaps through another replica, is known. */
static enum err check_known(struct request *r, struct party p, const char *pointer) {
    snapshot_auto now = NULL;
    if (snapshot_has(r->snapshot, p))
        return OK;
    TRY(configuration_now(r, &now));
    if (snapshot_has(now, p))
        return OK;
    return why_set(&r->why, ERR_INVALID, pointer, "there is no such %s", party_type_text(p.type));
}

/* The agent who acts: the one named, else the one the key belongs to. */
static enum err acting_agent(struct request *r, const char *named, const char *pointer,
                             struct party *out) {
    const char *own = r->caller.role == ROLE_AGENT ? r->caller.key->agent : NULL;
    if (!named && !own)
        return why_set(&r->why, ERR_INVALID, pointer, "is required");
    TRY(request_allow_agent(r, named ? named : own));
    *out = party_of(PARTY_AGENT, named ? named : own);
    return check_known(r, *out, pointer);
}

/* Where it need not be a person: the operator's own hand is the system's. */
static enum err acting_party(struct request *r, const char *named, struct party *out) {
    *out = party_of(PARTY_SYSTEM, "");
    bool person = named || r->caller.role == ROLE_AGENT;
    return person ? acting_agent(r, named, "/agent", out) : OK;
}

struct named_party {
    const char *type, *id;
};

static enum err read_party(struct request *r, const json_t *json, const char *at,
                           struct named_party *out) {
    static const struct json_field fields[] = {
        {"type", JSON_KIND_TEXT, true, offsetof(struct named_party, type), 1, 16},
        {"id", JSON_KIND_ID, true, offsetof(struct named_party, id), 0, 0}};
    return json_fill(json, at, fields, ROWS(fields), out, &r->why);
}

/* author: {type, id}. Left out it is the agent of the key. */
static enum err read_author(struct request *r, const json_t *json, struct party *out) {
    struct named_party named;
    if (!json)
        return acting_agent(r, NULL, "/author", out);
    TRY(read_party(r, json, "/author", &named));
    if (strcmp(named.type, "agent") == 0)
        return acting_agent(r, named.id, "/author/id", out);
    if (strcmp(named.type, "bot") != 0)
        return why_set(&r->why, ERR_INVALID, "/author/type", "must be agent or bot");
    if (r->caller.role != ROLE_ADMIN)
        return why_set(&r->why, ERR_DENIED, "", "this key may not speak for a bot");
    *out = party_of(PARTY_BOT, named.id);
    return check_known(r, *out, "/author/id");
}

/* ---- running ---- */

/* What another agent holds is theirs to give away, to offer or to close. The fence keeps that true
 * until the turn is saved. */
static enum err check_holder(struct request *r, const struct conversation *c, struct turn *t) {
    if (r->caller.role != ROLE_AGENT)
        return OK;
    if (c->holder.type == PARTY_AGENT && !party_equal(c->holder, t->actor))
        return why_set(&r->why, ERR_DENIED, "", "another agent holds this conversation");
    t->epoch = t->epoch < 0 ? c->epoch : t->epoch;
    return OK;
}

static bool is_holders(enum turn_kind kind) {
    return kind == TURN_OFFER || kind == TURN_RELEASE || kind == TURN_RESOLVE;
}

static enum err run_turn(struct request *r, struct turn *t) {
    struct turn *turns[] = {t};
    turn_run(r->world, r->arena, turns, 1);
    r->why = t->why;
    return t->err;
}

/* It is sent all the same; whoever said it may still say when. */
static void put_warnings(struct request *r, const struct turn *t, struct buf *out) {
    struct promise_found found[PROMISE_MAX];
    const struct zone *zone = snapshot_zone(r->snapshot, t->conversation->last_channel);
    int n = promise_find(r->arena, t->text, clock_wall_ms(), zone, found);
    json_put_key(out, "warnings");
    buf_addc(out, '[');
    for (int i = 0; i < n; i++) {
        if (!found[i].vague)
            continue;
        json_put_item(out);
        buf_addc(out, '{');
        json_put_text(out, "code", "vague_promise");
        json_put_text(out, "detail", "a promise without a time: say when, so that it can be kept");
        json_put_number(out, "start", found[i].start);
        json_put_number(out, "end", found[i].end);
        buf_addc(out, '}');
    }
    buf_addc(out, ']');
}

static enum err render_reply(struct request *r, const struct turn *t, struct reply *out) {
    out->status = 201;
    buf_addc(&out->body, '{');
    json_put_key(&out->body, "message");
    message_render(&t->message, &out->body);
    json_put_key(&out->body, "conversation");
    TRY(conversation_page_put(r, t->conversation, &out->body));
    put_warnings(r, t, &out->body);
    buf_addc(&out->body, '}');
    return OK;
}

/* "bot" and "queue" alone mean those that would have it by configuration. */
static enum err complete_release(struct request *r, const struct conversation *c, struct turn *t) {
    const struct channel_account *channel = snapshot_channel(r->snapshot, c->last_channel);
    const struct policy *policy = r->snapshot->policy;
    bool given = t->kind != TURN_RELEASE || *t->target.id;
    if (given)
        return OK;
    if (t->target.type == PARTY_BOT)
        t->target.id = channel && *channel->bot ? channel->bot : policy_bot(policy);
    else
        t->target.id = *c->queue ? c->queue : policy_queue_for(policy, c->topic);
    return *t->target.id ? OK : why_set(&r->why, ERR_INVALID, "/to", "none is configured");
}

/* Whoever had the conversation and has it no more has room for the next one; what was just given
 * back to the queue is not that. */
static void hand_out_work(struct request *r, struct party before, const struct conversation *now) {
    bool freed = before.type == PARTY_AGENT && !party_equal(before, now->holder);
    if (freed && now->holder.type != PARTY_QUEUE)
        turn_assign_waiting(r->world, r->arena, before.id);
}

/* Runs the turn on the conversation of the path; *out is answered already when that was merged
 * away. */
static enum err act(struct request *r, struct turn *t, struct reply *out) {
    struct conversation found;
    bool moved;
    TRY(conversation_page_find(r, &found, out, &moved));
    if (moved)
        return OK;
    t->conversation_id = found.id;
    if (is_holders(t->kind))
        TRY(check_holder(r, &found, t));
    TRY(complete_release(r, &found, t));
    TRY(run_turn(r, t));
    hand_out_work(r, found.holder, t->conversation);
    if (t->kind == TURN_REPLY)
        return render_reply(r, t, out);
    return conversation_page_put(r, t->conversation, &out->body);
}

/* ---- handlers ---- */

/* ---- where ---- */

/* The newest address from which the customer has written on this channel. */
static enum err last_address(struct request *r, struct pg *c, const struct conversation *of,
                             struct turn *t) {
    const struct way_owner owner = {of->id, of->customer_id};
    struct messages_ways *ways = ARENA_NEW(r->arena, struct messages_ways);
    TRY(way_list(c, r->arena, r->snapshot, &owner, ways));
    const struct messages_heard *way = way_on(ways, t->channel);
    if (way)
        t->target = party_of(PARTY_CUSTOMER, way->address);
    return OK;
}

/* Who is known by a number or a mail address may be written to there. */
static enum err known_address(struct request *r, struct pg *c, const struct conversation *of,
                              struct turn *t) {
    const struct channel_account *account = snapshot_channel(r->snapshot, t->channel);
    struct identity *items;
    int n;
    if (!account || !*account_address_kind(account))
        return OK;
    TRY(customers_identities(c, r->arena, of->customer_id, &items, &n));
    for (int i = 0; i < n; i++)
        if (items[i].trust == TRUST_VERIFIED &&
            strcmp(items[i].kind, account_address_kind(account)) == 0)
            t->target = party_of(PARTY_CUSTOMER, items[i].value);
    return OK;
}

/* On a channel that was asked for; none is found where the customer cannot be reached. */
static enum err find_address(struct request *r, struct turn *t) {
    struct uid id;
    struct conversation of;
    pg_lease_auto c = NULL;
    TRY(request_uid(r, 0, &id));
    TRY(pg_lease(r->world->reads, &c));
    TRY(conversations_find(c, r->arena, id, &of));
    TRY(last_address(r, c, &of, t));
    return *t->target.id ? OK : known_address(r, c, &of, t);
}

enum err control_reply(struct request *r, struct reply *out) {
    struct control_body body;
    TRY(read_body(r, reply_fields, ROWS(reply_fields), &body));
    struct turn t = new_turn(r, TURN_REPLY, &body);
    TRY(read_author(r, body.author, &t.actor));
    if (*body.channel)
        TRY(find_address(r, &t));
    return act(r, &t, out);
}

enum err control_note(struct request *r, struct reply *out) {
    struct control_body body;
    TRY(read_body(r, note_fields, ROWS(note_fields), &body));
    struct turn t = new_turn(r, TURN_NOTE, &body);
    TRY(read_author(r, body.author, &t.actor));
    return act(r, &t, out);
}

static enum err act_as_agent(struct request *r, enum turn_kind kind, struct reply *out) {
    struct control_body body;
    TRY(read_body(r, agent_fields, ROWS(agent_fields), &body));
    struct turn t = new_turn(r, kind, &body);
    TRY(acting_agent(r, body.agent, "/agent", &t.actor));
    return act(r, &t, out);
}

enum err control_takeover(struct request *r, struct reply *out) {
    return act_as_agent(r, TURN_TAKEOVER, out);
}

enum err control_accept_offer(struct request *r, struct reply *out) {
    return act_as_agent(r, TURN_ACCEPT, out);
}

enum err control_decline_offer(struct request *r, struct reply *out) {
    return act_as_agent(r, TURN_DECLINE, out);
}

enum err control_offer_to(struct request *r, struct reply *out) {
    struct control_body body;
    struct named_party to;
    TRY(read_body(r, offer_fields, ROWS(offer_fields), &body));
    struct turn t = new_turn(r, TURN_OFFER, &body);
    TRY(acting_party(r, body.agent, &t.actor));
    TRY(read_party(r, body.to_party, "/to", &to));
    bool agent = strcmp(to.type, "agent") == 0;
    if (!agent && strcmp(to.type, "queue") != 0)
        return why_set(&r->why, ERR_INVALID, "/to/type", "must be agent or queue");
    t.target = party_of(agent ? PARTY_AGENT : PARTY_QUEUE, to.id);
    t.due_ms = body.timeout_s * 1000;
    TRY(check_known(r, t.target, "/to/id"));
    return act(r, &t, out);
}

enum err control_release_to(struct request *r, struct reply *out) {
    struct control_body body;
    TRY(read_body(r, release_fields, ROWS(release_fields), &body));
    struct turn t = new_turn(r, TURN_RELEASE, &body);
    TRY(acting_party(r, body.agent, &t.actor));
    bool queue = strcmp(body.to, "queue") == 0;
    if (!queue && strcmp(body.to, "bot") != 0)
        return why_set(&r->why, ERR_INVALID, "/to", "must be bot or queue");
    t.target = party_of(queue ? PARTY_QUEUE : PARTY_BOT, queue ? body.queue : "");
    if (*t.target.id)
        TRY(check_known(r, t.target, "/queue"));
    return act(r, &t, out);
}

enum err control_resolve_episode(struct request *r, struct reply *out) {
    struct control_body body;
    TRY(read_body(r, resolve_fields, ROWS(resolve_fields), &body));
    struct turn t = new_turn(r, TURN_RESOLVE, &body);
    TRY(acting_party(r, body.agent, &t.actor));
    t.text = body.outcome;
    return act(r, &t, out);
}

enum err control_promise(struct request *r, struct reply *out) {
    struct control_body body;
    TRY(read_body(r, promise_fields, ROWS(promise_fields), &body));
    struct turn t = new_turn(r, TURN_PROMISE, &body);
    bool by_operator = !body.author && r->caller.role == ROLE_ADMIN;
    if (!by_operator)
        TRY(read_author(r, body.author, &t.actor));
    t.due_ms = body.due_ms;
    return act(r, &t, out);
}

/* A number that is none names no promise. */
static bool read_number(const char *text, int *out) {
    char *end;
    long n = strtol(text, &end, 10);
    *out = (int)n;
    return *text >= '1' && *text <= '9' && *end == '\0' && n <= INT32_MAX;
}

enum err control_promise_kept(struct request *r, struct reply *out) {
    struct control_body body;
    TRY(read_body(r, kept_fields, ROWS(kept_fields), &body));
    struct turn t = new_turn(r, TURN_PROMISE_KEPT, &body);
    TRY(acting_party(r, body.agent, &t.actor));
    if (!read_number(r->param[1], &t.seq))
        return ERR_ABSENT;
    return act(r, &t, out);
}

/* ---- the next one of a queue ---- */

static enum err waiting_in(struct request *r, const char *queue, struct rosters_waiting *out) {
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->turns, &c));
    return rosters_waiting(c, r->arena, &queue, 1, out);
}

/* ERR_CONFLICT: somebody else was faster; the next one may still be free. */
static enum err claim(struct request *r, struct uid id, struct party agent, struct turn *t) {
    const struct control_body nothing = {.channel = "", .epoch = -1};
    *t = new_turn(r, TURN_ASSIGN, &nothing);
    t->conversation_id = id;
    t->actor = t->target = agent;
    enum err e = run_turn(r, t);
    if (e == ERR_LIMIT)
        (void)why_set(&r->why, e, "", "the agent is not online or has no room");
    return e;
}

static enum err claim_first(struct request *r, struct party agent, struct reply *out) {
    struct rosters_waiting waiting = {.n = 0};
    TRY(waiting_in(r, r->param[0], &waiting));
    for (int i = 0; i < waiting.n; i++) {
        struct turn t;
        enum err e = claim(r, waiting.conversations[i], agent, &t);
        if (e == OK)
            return conversation_page_put(r, t.conversation, &out->body);
        if (e != ERR_CONFLICT && e != ERR_ABSENT)
            return e == ERR_LIMIT ? ERR_CONFLICT : e;
    }
    out->status = 204;
    out->content_type = NULL;
    return OK;
}

enum err control_claim_next(struct request *r, struct reply *out) {
    static const struct json_field fields[] = {AGENT};
    struct control_body body;
    struct party agent;
    if (check_known(r, party_of(PARTY_QUEUE, r->param[0]), "") != OK)
        return ERR_ABSENT;
    TRY(read_body(r, fields, ROWS(fields), &body));
    TRY(acting_agent(r, body.agent, "/agent", &agent));
    return claim_first(r, agent, out);
}
