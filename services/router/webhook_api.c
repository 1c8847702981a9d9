/* webhook_api: what providers call, and what an operator may see of it. A call is proven over its
 * raw bytes, stored, understood, and only then answered as its provider expects; whatever fails
 * behind the storing is tried again by a worker, so the provider need not. */
#include "webhook_api.h"

#include "../../common/base/clock.h"
#include "../../common/base/log.h"
#include "../../common/base/metric.h"
#include "../../common/channel/channel.h"
#include "../../common/codec/crypto.h"
#include "../../common/flow/receive.h"
#include "auth.h"
#include "configuration.h"
#include "handlers.h"
#include "paging.h"

#define UNKNOWN_BYTES_MAX (64 * 1024)

/* The kind decides; a channel that this process does not know yet is looked up by the handler. */
size_t webhook_api_limit(const struct request *r) {
    size_t max = UNKNOWN_BYTES_MAX;
    struct snapshot *s = world_snapshot(r->world);
    const struct channel_account *account = snapshot_channel(s, r->param[0]);
    const struct channel *channel = account ? channel_find(account->kind) : NULL;
    if (channel && channel->call_bytes_max > max)
        max = channel->call_bytes_max;
    snapshot_release(s);
    return max;
}

struct webhook {
    struct request *r;
    struct snapshot *snapshot;
    const struct channel_account *account;
    const struct channel *channel;
    struct wire_request said;
    struct channel_call call;
};

/* ERR_ABSENT: no such channel, or one that nobody calls. */
static enum err find(struct request *r, struct webhook *w) {
    *w = (struct webhook){.r = r, .snapshot = world_snapshot(r->world)};
    w->account = snapshot_channel(w->snapshot, r->param[0]);
    if (!w->account) {
        snapshot_release(w->snapshot);
        w->snapshot = NULL;
        TRY(configuration_now(r, &w->snapshot));
        w->account = snapshot_channel(w->snapshot, r->param[0]);
    }
    w->channel = w->account ? channel_find(w->account->kind) : NULL;
    if (!w->channel || !w->channel->parse)
        return ERR_ABSENT;
    const char *url = *r->call->query
                          ? arena_printf(r->arena, "%s?%s", r->call->path, r->call->query)
                          : r->call->path;
    w->said = (struct wire_request){.method = r->call->method,
                                    .url = url,
                                    .headers = r->call->headers,
                                    .n_headers = r->call->n_headers,
                                    .body = r->call->body};
    w->call = (struct channel_call){w->account, &w->said, clock_wall_ms()};
    return OK;
}

static enum err check_key(struct webhook *w) {
    static const struct route senders = {.roles = ROLE_BIT(ROLE_ADMIN) | ROLE_BIT(ROLE_CONNECTOR)};
    struct auth_claim claim;
    TRY(auth_read(w->r->call, &claim));
    enum err e = auth_check(w->snapshot, &claim, &senders, &w->r->caller);
    if (e == ERR_UNKNOWN_KEY && !auth_knows(w->snapshot, &claim)) {
        snapshot_release(w->snapshot);
        w->snapshot = NULL;
        TRY(configuration_now(w->r, &w->snapshot));
        w->call.account = w->account = snapshot_channel(w->snapshot, w->r->param[0]);
        if (!w->account)
            return ERR_ABSENT;
        e = auth_check(w->snapshot, &claim, &senders, &w->r->caller);
    }
    return e == OK ? request_allow_channel(w->r, w->account->id) : e;
}

static enum err prove(struct webhook *w) {
    enum err e = w->channel->call_by_key ? check_key(w) : w->channel->verify(w->r->arena, &w->call);
    w->r->caller = (struct principal){0};
    metric_add(METRIC_inbound_refused, e != OK);
    if (e != OK && e != ERR_DENIED && e != ERR_ABSENT)
        return ERR_UNKNOWN_KEY;
    return e;
}

static struct inbounds_call *record(const struct webhook *w) {
    struct inbounds_call *call = ARENA_NEW(w->r->arena, struct inbounds_call);
    uint8_t random[UID_RANDOM_BYTES];
    crypto_random(random, sizeof random);
    *call = (struct inbounds_call){
        .id = uid_make(w->call.wall_ms, random[0], random),
        .channel = w->account->id,
        .received_ms = w->call.wall_ms,
        .state = INBOUND_STATE_PENDING,
        .url = w->said.url,
        .headers = w->said.headers,
        .n_headers = w->said.n_headers,
        .body = w->said.body,
        .events = "[]",
        .error = "",
    };
    return call;
}

static enum err store(const struct webhook *w, const struct inbounds_call *call) {
    pg_lease_auto c = NULL;
    TRY(pg_lease(w->r->world->turns, &c));
    return inbounds_add(c, w->r->arena, call, RECEIVE_LEASE_MS);
}

static void answer(const struct webhook *w, struct reply *out) {
    struct channel_reply said = {.status = 200, .content_type = "text/plain", .body = ""};
    if (w->channel->answer)
        w->channel->answer(w->r->arena, &w->call, &said);
    out->status = said.status;
    out->content_type = said.content_type;
    buf_adds(&out->body, said.body);
}

/* A secret in a header or query proves the call and is not to be read by whoever looks at what
 * came. */
static bool is_secret(const char *header) {
    static const char *const names[] = {"authorization", "x-telegram-bot-api-secret-token",
                                        "cookie"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (wire_header_find(&(struct wire_header){header, ""}, 1, names[i]))
            return true;
    return false;
}

static void leave_out_secrets(struct inbounds_call *call, struct arena *a) {
    struct wire_header *kept = ARENA_ARRAY(a, struct wire_header, call->n_headers + 1);
    int n = 0;
    for (int i = 0; i < call->n_headers; i++)
        if (!is_secret(call->headers[i].name))
            kept[n++] = call->headers[i];
    call->headers = kept;
    call->n_headers = n;
}

static enum err take_in(struct webhook *w, struct reply *out) {
    TRY(prove(w));
    struct inbounds_call *call = record(w);
    leave_out_secrets(call, w->r->arena);
    TRY(store(w, call));
    metric_add(METRIC_inbound_calls, 1);
    enum err e = receive_run(w->r->world, w->r->arena, w->account, call);
    if (e != OK)
        log_event(LOG_WARN, "call_put_off", LOG_T("channel", w->account->id),
                  LOG_T("why", err_name(e)));
    answer(w, out);
    return OK;
}

enum err webhook_post(struct request *r, struct reply *out) {
    struct webhook w;
    enum err e = find(r, &w);
    if (e == OK)
        e = take_in(&w, out);
    snapshot_release(w.snapshot);
    return e;
}

static enum err greet(struct webhook *w, struct reply *out) {
    struct channel_reply said = {.status = 200, .content_type = "text/plain", .body = ""};
    if (!w->channel->greet)
        return ERR_METHOD;
    TRY(w->channel->greet(w->r->arena, &w->call, &said));
    out->status = said.status;
    out->content_type = said.content_type;
    buf_adds(&out->body, said.body);
    return OK;
}

enum err webhook_get(struct request *r, struct reply *out) {
    struct webhook w;
    enum err e = find(r, &w);
    if (e == OK)
        e = greet(&w, out);
    snapshot_release(w.snapshot);
    return e;
}

/* ---- what arrived ---- */

static void render(const struct inbounds_call *call, struct buf *b) {
    buf_addc(b, '{');
    json_put_uid(b, "id", call->id);
    json_put_when(b, "received_at", call->received_ms);
    json_put_text(b, "state", inbound_state_text(call->state));
    json_put_number(b, "attempts", call->attempts);
    json_put_text(b, "error", *call->error ? call->error : NULL);
    json_put_raw(b, "events", call->events);
    buf_addc(b, '}');
}

static enum err check_channel(struct request *r) {
    snapshot_auto now = NULL;
    TRY(configuration_now(r, &now));
    return snapshot_channel(now, r->param[0]) ? OK : ERR_ABSENT;
}

enum err webhook_list(struct request *r, struct reply *out) {
    struct inbounds_look look = {.channel = r->param[0]};
    struct inbounds found;
    const char *said;
    char id[UID_TEXT_MAX];
    TRY(check_channel(r));
    TRY(paging_limit(r, &look.limit));
    TRY(paging_cursor(r, &said));
    if (said && !uid_parse(said, &look.before))
        return paging_refuse(r);
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->reads, &c));
    TRY(inbounds_list(c, r->arena, &look, &found));
    reply_list_open(out);
    for (int i = 0; i < found.n; i++) {
        json_put_item(&out->body);
        render(&found.items[i], &out->body);
    }
    bool more = found.n == look.limit;
    reply_list_close(out, more ? paging_seal(r->arena, uid_text(found.items[found.n - 1].id, id))
                               : NULL);
    return OK;
}

static enum err reopen(struct request *r, struct inbounds_call *call) {
    struct uid id;
    TRY(request_uid(r, 1, &id));
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->turns, &c));
    TRY(inbounds_find(c, r->arena, r->param[0], id, call));
    enum err e = inbounds_reopen(c, r->arena, id, RECEIVE_LEASE_MS);
    return e == ERR_CONFLICT ? why_set(&r->why, e, "", "it is not in quarantine") : e;
}

enum err webhook_replay(struct request *r, struct reply *out) {
    struct inbounds_call call;
    snapshot_auto now = NULL;
    TRY(configuration_now(r, &now));
    const struct channel_account *account = snapshot_channel(now, r->param[0]);
    if (!account)
        return ERR_ABSENT;
    TRY(reopen(r, &call));
    TRY(receive_run(r->world, r->arena, account, &call));
    render(&call, &out->body);
    return OK;
}
