/* customers_api: who people are: identities, merges, and what is theirs to ask for or to have
 * erased. */
#include "../../common/base/clock.h"
#include "../../common/base/log.h"
#include "../../common/flow/join.h"
#include "../../common/model/identity.h"
#include "../../common/store/conversations.h"
#include "../../common/store/customers.h"
#include "../../common/store/erasure.h"
#include "../../common/store/listings.h"
#include "../../common/store/sessions.h"
#include "../../common/store/wakes.h"
#include "conversation_page.h"
#include "handlers.h"
#include "message_render.h"

#define EXPORT_BYTES_MAX (256 * 1024 * 1024)
#define EXPORT_PAGE 500
#define HOUR_MS 3600000LL
#define ROWS(table) ((int)(sizeof(table) / sizeof(table)[0]))

static void put_given(struct buf *b, const char *name, const char *text) {
    json_put_text(b, name, *text ? text : NULL);
}

/* ---- a customer ---- */

/* What they are called now stands with their conversation. */
static const char *newer(const char *of_conversation, const char *of_customer) {
    return *of_conversation ? of_conversation : of_customer;
}

static enum err put_customer(struct request *r, struct pg *c, const struct customer *who,
                             struct buf *out) {
    struct identity *ids;
    struct conversation talk;
    int n;
    TRY(conversations_find(c, r->arena, who->conversation_id, &talk));
    TRY(customers_identities(c, r->arena, who->id, &ids, &n));
    buf_addc(out, '{');
    json_put_uid(out, "id", who->id);
    json_put_uid(out, "conversation_id", who->conversation_id);
    put_given(out, "name", newer(talk.customer_name, who->name));
    put_given(out, "tier", newer(talk.tier, who->tier));
    put_given(out, "preference", newer(talk.preference, who->preference));
    json_put_key(out, "identities");
    buf_addc(out, '[');
    for (int i = 0; i < n; i++) {
        json_put_item(out);
        buf_addc(out, '{');
        json_put_text(out, "kind", ids[i].kind);
        json_put_text(out, "value", ids[i].value);
        json_put_text(out, "trust", trust_text(ids[i].trust));
        json_put_flag(out, "verified", ids[i].trust == TRUST_VERIFIED);
        buf_addc(out, '}');
    }
    buf_addc(out, ']');
    json_put_when(out, "created_at", who->created_ms);
    buf_addc(out, '}');
    return OK;
}

enum err customers_get(struct request *r, struct reply *out) {
    struct uid id;
    struct customer who;
    pg_lease_auto c = NULL;
    TRY(request_uid(r, 0, &id));
    TRY(pg_lease(r->world->reads, &c));
    TRY(customers_find(c, r->arena, id, &who));
    if (uid_is_nil(who.merged_into))
        return put_customer(r, c, &who, &out->body);
    conversation_page_redirect(r, "/v1/customers/", who.merged_into, out);
    return OK;
}

/* ---- look-up ---- */

static enum err read_identity(struct request *r, const char *kind, const char *value,
                              struct identity *out) {
    *out = (struct identity){.kind = kind, .trust = TRUST_VERIFIED};
    return identity_normalise(r->arena, kind, value, &out->value, &r->why);
}

static enum err read_needed(struct request *r, const char *name, const char **value) {
    TRY(request_query(r, name, value));
    return *value ? OK : why_set(&r->why, ERR_INVALID, "", "%s is required", name);
}

static enum err read_wanted(struct request *r, struct identity *out) {
    const char *kind, *value;
    TRY(read_needed(r, "kind", &kind));
    TRY(read_needed(r, "value", &value));
    return read_identity(r, kind, value, out);
}

/* Opens the answer with the customer. */
static enum err put_owner(struct request *r, const struct identity *wanted,
                          struct conversation *talk, struct buf *out) {
    struct customer who;
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->reads, &c));
    TRY(customers_by_identity(c, r->arena, wanted, &who));
    TRY(conversations_find(c, r->arena, who.conversation_id, talk));
    buf_addc(out, '{');
    json_put_key(out, "customer");
    return put_customer(r, c, &who, out);
}

enum err customers_lookup(struct request *r, struct reply *out) {
    struct identity wanted;
    struct conversation talk;
    TRY(read_wanted(r, &wanted));
    TRY(put_owner(r, &wanted, &talk, &out->body));
    json_put_key(&out->body, "conversation");
    TRY(conversation_page_put(r, &talk, &out->body));
    buf_addc(&out->body, '}');
    return OK;
}

/* ---- joining ---- */

struct identity_body {
    const char *kind, *value;
    bool verified;
};
#define IDENTITY(member, kind, required, max)                                                      \
    { #member, JSON_KIND_##kind, required, offsetof(struct identity_body, member), 1, max }
static const struct json_field identity_fields[] = {IDENTITY(kind, TEXT, true, IDENTITY_KIND_MAX),
                                                    IDENTITY(value, TEXT, true, IDENTITY_VALUE_MAX),
                                                    IDENTITY(verified, FLAG, false, 0)};

static enum err reply_customer(struct request *r, struct uid id, struct reply *out) {
    struct customer who;
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->reads, &c));
    TRY(customers_resolve(c, r->arena, id, &who));
    return put_customer(r, c, &who, &out->body);
}

enum err customers_add_identity(struct request *r, struct reply *out) {
    struct identity_body body = {.verified = false};
    struct identity identity;
    struct uid id;
    TRY(request_uid(r, 0, &id));
    TRY(json_fill(r->body, "", identity_fields, ROWS(identity_fields), &body, &r->why));
    TRY(read_identity(r, body.kind, body.value, &identity));
    identity.trust = body.verified ? TRUST_VERIFIED : TRUST_CLAIMED;
    TRY(join_add(r->world, r->arena, id, &identity, &r->why));
    out->status = 201;
    return reply_customer(r, id, out);
}

static enum err reply_merge(struct request *r, struct uid id, struct reply *out) {
    struct merge m;
    struct buf *b = &out->body;
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->reads, &c));
    TRY(customers_find_merge(c, r->arena, id, &m));
    wakes_ring(r->world->redis, "turn");
    buf_adds(b, "{\"merge\":{");
    json_put_uid(b, "id", m.id);
    json_put_uid(b, "survivor_id", m.survivor_id);
    json_put_uid(b, "merged_id", m.merged_id);
    json_put_uid(b, "survivor_conversation", m.survivor_conversation);
    json_put_uid(b, "merged_conversation", m.merged_conversation);
    json_put_text(b, "reason", m.reason);
    json_put_when(b, "created_at", m.created_ms);
    json_put_when(b, "undone_at", m.undone_ms);
    buf_adds(b, "}}");
    return OK;
}

static enum err check_customer(struct request *r, struct uid id) {
    struct customer who;
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->reads, &c));
    enum err e = customers_find(c, r->arena, id, &who);
    return e == ERR_ABSENT ? why_set(&r->why, ERR_INVALID, "/from", "there is no such customer")
                           : e;
}

enum err customers_merge(struct request *r, struct reply *out) {
    static const struct json_field fields[] = {{"from", JSON_KIND_TEXT, true, 0, 1, UID_TEXT_MAX}};
    const char *text;
    struct uid into, from, merge_id;
    TRY(request_uid(r, 0, &into));
    TRY(json_fill(r->body, "", fields, 1, &text, &r->why));
    if (!uid_parse(text, &from))
        return why_set(&r->why, ERR_INVALID, "/from", "must be a customer's id");
    TRY(check_customer(r, from));
    TRY(join_merge(r->world, r->arena, &(struct join_pair){into, from}, &merge_id, &r->why));
    out->status = 201;
    return reply_merge(r, merge_id, out);
}

enum err customers_undo_merge(struct request *r, struct reply *out) {
    struct uid id;
    TRY(request_uid(r, 0, &id));
    TRY(join_undo(r->world, r->arena, id, &r->why));
    return reply_merge(r, id, out);
}

/* ---- all of it ---- */

/* What has no key is older than no event and no kept answer. */
static struct erasure_window window_of(const struct request *r, const struct erasure_person *p) {
    const struct config *cfg = r->world->cfg;
    struct erasure_window w = {.to_ms = clock_wall_ms()};
    int64_t hours = cfg->event_days * 24 > cfg->idempotency_hours ? cfg->event_days * 24
                                                                  : cfg->idempotency_hours;
    w.from_ms = w.to_ms;
    for (int i = 0; i < p->n_parts; i++)
        if (uid_ms(p->parts[i].conversation_id) < w.from_ms)
            w.from_ms = uid_ms(p->parts[i].conversation_id);
    if (w.from_ms < w.to_ms - (hours + 1) * HOUR_MS)
        w.from_ms = w.to_ms - (hours + 1) * HOUR_MS;
    return w;
}

static void put_message(const struct message *m, struct buf *b) {
    json_put_item(b);
    buf_addc(b, '{');
    json_put_key(b, "message");
    message_render(m, b);
    json_put_raw(b, "extra", m->extra);
    if (m->decision) {
        json_put_key(b, "decision");
        buf_addc(b, '{');
        decision_render(m->decision, b);
        json_put_key(b, "signals");
        signals_render(&m->decision->signals, b);
        buf_addc(b, '}');
    }
    buf_addc(b, '}');
}

/* Page by page, each with its own memory. */
static enum err put_messages(struct pg *c, const struct uid *parts, int n_parts, struct buf *out) {
    struct listings_span span = {
        .parts = parts, .n_parts = n_parts, .limit = EXPORT_PAGE, .from = listings_start(false)};
    enum err e = OK;
    int n = EXPORT_PAGE;
    json_put_key(out, "messages");
    buf_addc(out, '[');
    while (e == OK && n == EXPORT_PAGE && !out->full) {
        struct arena *a = arena_new();
        struct message *items;
        e = listings_messages(c, a, &span, &items, &n);
        for (int i = 0; e == OK && i < n; i++)
            put_message(&items[i], out);
        if (e == OK && n)
            span.from = listings_place_of_message(&items[n - 1]);
        arena_free(a);
    }
    buf_addc(out, ']');
    return e;
}

static enum err put_conversations(struct request *r, struct pg *c, const struct uid *parts, int n,
                                  struct buf *out) {
    json_put_key(out, "conversations");
    buf_addc(out, '[');
    for (int i = 0; i < n; i++) {
        struct conversation talk;
        TRY(conversations_find(c, r->arena, parts[i], &talk));
        json_put_item(out);
        conversation_render(&talk, NULL, out);
    }
    buf_addc(out, ']');
    return OK;
}

static enum err put_person(struct request *r, struct pg *c, const struct erasure_person *p,
                           struct buf *out) {
    struct uid *parts = ARENA_ARRAY(r->arena, struct uid, p->n_parts);
    for (int i = 0; i < p->n_parts; i++)
        parts[i] = p->parts[i].conversation_id;
    TRY(put_conversations(r, c, parts, p->n_parts, out));
    TRY(put_messages(c, parts, p->n_parts, out));
    json_put_key(out, "records");
    buf_addc(out, '{');
    TRY(erasure_export(c, r->arena, p, window_of(r, p), out));
    buf_addc(out, '}');
    return OK;
}

static enum err put_everything(struct request *r, struct pg *c, struct uid id, struct buf *out) {
    struct customer who;
    struct erasure_person person;
    TRY(customers_resolve(c, r->arena, id, &who));
    TRY(erasure_find(c, r->arena, id, &person));
    buf_addc(out, '{');
    json_put_when(out, "exported_at", clock_wall_ms());
    json_put_key(out, "customer");
    TRY(put_customer(r, c, &who, out));
    TRY(put_person(r, c, &person, out));
    buf_addc(out, '}');
    return OK;
}

enum err customers_export(struct request *r, struct reply *out) {
    struct uid id;
    pg_lease_auto c = NULL;
    TRY(request_uid(r, 0, &id));
    TRY(pg_lease(r->world->reads, &c));
    buf_fini(&out->body);
    buf_init(&out->body, EXPORT_BYTES_MAX);
    return put_everything(r, c, id, &out->body);
}

/* What could not be swept now is swept by the worker that reads of the erasure in the feed. */
static void sweep(struct request *r, struct pg *c, const struct erasure_person *p) {
    struct erasure_window w = window_of(r, p);
    enum err e = OK;
    for (int i = 0; i < p->n_parts && e == OK; i++)
        e = erasure_sweep(c, r->arena, &p->parts[i], w);
    if (e != OK)
        log_event(LOG_WARN, "erasure_swept_later", LOG_T("error", err_name(e)));
}

/* A turn that was saved just before may put the session back just after: it is forgotten twice. */
enum err customers_erase(struct request *r, struct reply *out) {
    struct uid id;
    struct erasure_person person;
    pg_lease_auto c = NULL;
    TRY(request_uid(r, 0, &id));
    TRY(pg_lease(r->world->reads, &c));
    TRY(erasure_run(c, r->arena, id, &person));
    sessions_forget(r->world->redis, r->arena, person.identities, person.n_identities);
    sweep(r, c, &person);
    sessions_forget(r->world->redis, r->arena, person.identities, person.n_identities);
    wakes_ring(r->world->redis, "turn");
    out->status = 204;
    out->content_type = NULL;
    return OK;
}
