/* visit_messages: what a visitor of the widget reads and writes. A message is a turn like any
 * other; of what was decided on it the visitor hears nothing. */
#include "../../common/channel/webchat.h"
#include "../../common/flow/turn.h"
#include "../../common/store/wakes.h"
#include "handlers.h"
#include "visit.h"
#include "visit_render.h"

#define PAGE_MAX 100
#define PAGE 50
#define READ_MAX 200 /* as many of the newest are looked at by a read mark */
#define CLIENT_ID_CHARS_MAX 64
#define LOCALE_CHARS_MAX 35
#define PAGE_CHARS_MAX 2048
#define EXTRA_BYTES_MAX (64 * 1024)
#define IDENTITIES_MAX 2
#define ROWS(table) ((int)(sizeof(table) / sizeof(table)[0]))

#define UNDELIVERED (1u << DELIVERY_PENDING | 1u << DELIVERY_SENT)
#define UNREAD (UNDELIVERED | 1u << DELIVERY_DELIVERED)

/* ---- reading ---- */

/* A message that the visitor can see, by its id: a place in what they read. */
static enum err find_own(struct request *r, struct pg *c, const struct listings_span *span,
                         const char *text, struct message *out) {
    struct uid id;
    if (!uid_parse(text, &id))
        return ERR_ABSENT;
    TRY(messages_by_id(c, r->arena, id, out));
    bool own = strcmp(out->channel, span->channels[0]) == 0 &&
               (!span->n_addresses || strcmp(out->address, span->addresses[0]) == 0);
    for (int i = 0; own && i < span->n_parts; i++)
        if (uid_equal(out->conversation_id, span->parts[i]))
            return OK;
    return ERR_ABSENT;
}

static enum err read_place(struct request *r, struct pg *c, struct listings_span *span) {
    const char *after, *before;
    struct message m;
    TRY(request_query(r, "after", &after));
    TRY(request_query(r, "before", &before));
    if (after && before)
        return why_set(&r->why, ERR_INVALID, "", "give after or before");
    span->newest_first = !after;
    span->from = listings_start(span->newest_first);
    if (!after && !before)
        return OK;
    enum err e = find_own(r, c, span, after ? after : before, &m);
    if (e == ERR_ABSENT)
        return why_set(&r->why, ERR_INVALID, "", "%s names no message", after ? "after" : "before");
    TRY(e);
    span->from = listings_place_of_message(&m);
    return OK;
}

struct found {
    struct message *items;
    int n;
};

static enum err mark(struct request *r, struct pg *c, const struct found *f,
                     const struct visitors_mark *wanted) {
    struct message_ref *refs = ARENA_ARRAY(r->arena, struct message_ref, f->n);
    struct visitors_mark m = *wanted;
    int64_t changed;
    m.refs = refs;
    for (int i = 0; i < f->n; i++) {
        struct message *one = &f->items[i];
        if (one->direction != DIRECTION_OUT || !(wanted->from >> one->delivery & 1))
            continue;
        refs[m.n++] = (struct message_ref){one->conversation_id, one->seq};
        one->delivery = m.to;
    }
    TRY(visitors_mark(c, r->arena, &m, &changed));
    if (changed)
        wakes_ring(r->world->redis, "turn");
    return OK;
}

static void put_found(struct request *r, const struct found *f, bool newest_first,
                      struct buf *out) {
    for (int i = 0; i < f->n; i++) {
        json_put_item(out);
        visit_render_message(&f->items[newest_first ? f->n - 1 - i : i], r->snapshot, out);
    }
}

/* Somebody who may read now, and what they may see. */
static enum err open_span(struct request *r, struct pg *c, struct listings_span *span) {
    struct visit v;
    TRY(visit_begin(r, c, &v));
    TRY(visit_pace(r, &v, &visit_reads));
    return visit_span(r, c, &v.visitor, span);
}

/* Oldest first, whichever way it was read. more: there are others on the far side. */
enum err visit_list(struct request *r, struct reply *out) {
    struct listings_span span;
    struct found f = {NULL, 0};
    int64_t limit;
    pg_lease_auto c = NULL;
    TRY(request_query_number(r, "limit", 1, PAGE_MAX, PAGE, &limit));
    TRY(pg_lease(r->world->reads, &c));
    TRY(open_span(r, c, &span));
    TRY(read_place(r, c, &span));
    span.limit = (int)limit + 1;
    if (span.n_parts)
        TRY(listings_messages(c, r->arena, &span, &f.items, &f.n));
    bool more = f.n > limit;
    f.n = more ? (int)limit : f.n;
    TRY(mark(r, c, &f, &(struct visitors_mark){.to = DELIVERY_DELIVERED, .from = UNDELIVERED}));
    buf_adds(&out->body, "{\"items\":[");
    put_found(r, &f, span.newest_first, &out->body);
    buf_addc(&out->body, ']');
    json_put_flag(&out->body, "more", more);
    buf_addc(&out->body, '}');
    return OK;
}

/* Everything up to a message they have seen. */
enum err visit_read(struct request *r, struct reply *out) {
    static const struct json_field rows[] = {
        {"message_id", JSON_KIND_TEXT, true, 0, 1, UID_TEXT_MAX}};
    struct listings_span span;
    struct message upto;
    struct found f;
    const char *id;
    pg_lease_auto c = NULL;
    TRY(json_fill(r->body, "", rows, 1, &id, &r->why));
    TRY(pg_lease(r->world->reads, &c));
    TRY(open_span(r, c, &span));
    enum err e = find_own(r, c, &span, id, &upto);
    if (e == ERR_ABSENT)
        return why_set(&r->why, ERR_INVALID, "/message_id", "names no message");
    TRY(e);
    span.newest_first = true;
    span.limit = READ_MAX;
    span.from = listings_place_of_message(&upto);
    TRY(listings_messages(c, r->arena, &span, &f.items, &f.n));
    struct found with_it = {ARENA_ARRAY(r->arena, struct message, f.n + 1), f.n + 1};
    with_it.items[0] = upto;
    if (f.n)
        memcpy(with_it.items + 1, f.items, sizeof *f.items * (size_t)f.n);
    TRY(mark(r, c, &with_it, &(struct visitors_mark){.to = DELIVERY_READ, .from = UNREAD}));
    out->status = 204;
    out->content_type = NULL;
    return OK;
}

/* ---- writing ---- */

struct writing {
    const char *client_message_id, *text, *locale, *page;
};
#define WRITING(member, required, min, max)                                                        \
    { #member, JSON_KIND_TEXT, required, offsetof(struct writing, member), min, max }
static const struct json_field writing_fields[] = {
    WRITING(client_message_id, true, 8, CLIENT_ID_CHARS_MAX),
    WRITING(text, true, 1, WEBCHAT_TEXT_MAX), WRITING(locale, false, 0, LOCALE_CHARS_MAX),
    WRITING(page, false, 0, PAGE_CHARS_MAX)};

/* It stands behind a colon, in an id. */
static bool is_plain(const char *text) {
    for (const char *p = text; *p; p++)
        if (*p <= ' ' || *p > '~' || *p == ':')
            return false;
    return true;
}

/* Who signed in may send again what was on its way before: it keeps its id. */
static const char *external_id(struct request *r, const struct visitor *v, const char *client_id) {
    return arena_printf(r->arena, "%s:%s", *v->former ? v->former : v->address, client_id);
}

static const char *extra_of(struct request *r, const struct writing *w) {
    if (!*w->page)
        return NULL;
    buf_auto b;
    buf_init(&b, EXTRA_BYTES_MAX);
    buf_adds(&b, "{\"metadata\":{");
    json_put_text(&b, "page", w->page);
    buf_adds(&b, "}}");
    return b.full ? NULL : arena_strndup(r->arena, b.p, b.len);
}

/* What the site vouches for is proven; that they wrote under another address before, we know
 * ourselves. */
static int identities_of(struct request *r, const struct visitor *v,
                         struct identity out[IDENTITIES_MAX]) {
    int n = 0;
    if (*v->former)
        out[n++] = (struct identity){arena_printf(r->arena, "channel:%s", v->channel), v->former,
                                     TRUST_VERIFIED};
    if (*v->email)
        out[n++] = (struct identity){"email", v->email,
                                     v->email_verified ? TRUST_VERIFIED : TRUST_CLAIMED};
    return n;
}

static struct message *message_of(struct request *r, const struct visitor *v,
                                  const struct writing *w) {
    struct message *m = ARENA_NEW(r->arena, struct message);
    m->direction = DIRECTION_IN;
    m->author = party_of(PARTY_CUSTOMER, "");
    m->author_name = v->name;
    m->channel = v->channel;
    m->external_id = external_id(r, v, w->client_message_id);
    m->address = v->address;
    m->text = w->text;
    m->language = m->last_error = "";
    m->extra = extra_of(r, w);
    return m;
}

static struct turn turn_of(struct request *r, const struct visitor *v, const struct writing *w) {
    struct identity *identities = ARENA_ARRAY(r->arena, struct identity, IDENTITIES_MAX);
    const struct message *m = message_of(r, v, w);
    return (struct turn){.kind = TURN_MESSAGE,
                         .inbound = m,
                         .identities = identities,
                         .n_identities = identities_of(r, v, identities),
                         .locale = w->locale,
                         .subject = "",
                         .actor = m->author,
                         .target = party_of(PARTY_NONE, ""),
                         .text = m->text,
                         .channel = "",
                         .epoch = -1,
                         .idempotency = ""};
}

static enum err read_writing(struct request *r, struct writing *w) {
    *w = (struct writing){"", "", "", ""};
    TRY(json_fill(r->body, "", writing_fields, ROWS(writing_fields), w, &r->why));
    if (!is_plain(w->client_message_id))
        return why_set(&r->why, ERR_INVALID, "/client_message_id",
                       "must be 8 to 64 letters, digits or signs, without a colon");
    if (strspn(w->text, " \t\r\n") == strlen(w->text))
        return why_set(&r->why, ERR_INVALID, "/text", "must not be empty");
    return OK;
}

static enum err who_writes(struct request *r, struct visit *v) {
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->turns, &c));
    TRY(visit_begin(r, c, v));
    return visit_pace(r, v, &visit_messages);
}

enum err visit_send(struct request *r, struct reply *out) {
    struct visit v;
    struct writing w;
    TRY(read_writing(r, &w));
    TRY(who_writes(r, &v));
    struct turn t = turn_of(r, &v.visitor, &w);
    struct turn *one = &t;
    turn_run(r->world, r->arena, &one, 1);
    if (t.err == ERR_CONFLICT)
        return why_set(&r->why, t.err, "", "this id has been used for another message");
    TRY(t.err);
    out->status = t.duplicate ? 200 : 201;
    buf_addc(&out->body, '{');
    json_put_key(&out->body, "message");
    visit_render_message(&t.message, r->snapshot, &out->body);
    json_put_flag(&out->body, "duplicate", t.duplicate);
    buf_addc(&out->body, '}');
    return OK;
}
