#include "listings.h"

#include "../codec/json.h"
#include "conversations.h"
#include "messages.h"
#include "statement.h"

#define PART_BYTES_MAX 160 /* of one conversation in the list of those asked for */
#define WINDOW 20000 /* conversations one page looks at where no structure narrows them down */
#define NEWEST_MS 253402300799000 /* 9999-12-31T23:59:59Z */
#define OLDEST_MS 1

static const char last_uid[] = "ffffffff-ffff-ffff-ffff-ffffffffffff";
static const char first_uid[] = "00000000-0000-0000-0000-000000000000";

/* ---- conversations ---- */

/* $1 before, $2 limit, $3 status, $4 mode, $5 holder's type and $6 id, $7 queue, $8 channel (see
 * conversation_state.c for the members), $9 terms, $10 updated since. */
#define MATCHES                                                                                    \
    " ($3::int IS NULL OR c.status = $3) AND ($4::int IS NULL OR c.mode = $4)"                     \
    " AND ($5::int IS NULL OR c.holder_type = $5) AND ($6::text IS NULL OR c.holder_id = $6)"      \
    " AND ($7::text IS NULL OR c.queue = $7)"                                                      \
    " AND ($8::text IS NULL OR c.state->>'ch' = $8 OR (c.state->'chs')::jsonb ? $8)"               \
    " AND ($10::timestamptz IS NULL OR c.updated_at >= $10) AND c.merged_into IS NULL"
#define HAS_TERMS                                                                                  \
    " AND ($9::text[] IS NULL OR EXISTS (SELECT 1 FROM search s WHERE s.bucket = c.bucket"         \
    " AND s.conversation_id = c.id AND s.terms @> $9))"
/* Found in parts that were merged away: the survivor is who they are now. */
#define SURVIVORS                                                                                  \
    " UNION SELECT m.survivor_conversation FROM merge m JOIN hit ON m.merged_conversation = "      \
    "hit.id"                                                                                       \
    " WHERE m.undone_at IS NULL)"
/* One look-up a hit, newest first, until the page is full. */
#define OF_HITS                                                                                    \
    " SELECT " CONVERSATIONS_COLUMNS " FROM (SELECT id FROM hit WHERE id < $1::uuid"               \
    " ORDER BY id DESC) h CROSS JOIN LATERAL (SELECT * FROM conversation x WHERE x.id = h.id"      \
    " AND x.bucket = get_byte(uuid_send(h.id), 15) LIMIT 1) c WHERE" MATCHES

STATEMENT(listings_one,
          "SELECT " CONVERSATIONS_COLUMNS " FROM conversation c WHERE c.bucket = $11 AND c.id = $12"
          " AND c.id < $1::uuid AND" MATCHES HAS_TERMS " LIMIT $2");
/* Walked along its index until the page is full: ordered before the join it would be sorted whole.
 */
STATEMENT(listings_inbox,
          "SELECT " CONVERSATIONS_COLUMNS
          " FROM attention t CROSS JOIN LATERAL (SELECT * FROM conversation x"
          " WHERE x.bucket = t.bucket AND x.id = t.conversation_id LIMIT 1) c"
          " WHERE t.conversation_id < $1::uuid AND ($7::text IS NULL OR t.queue = $7)"
          " AND" MATCHES HAS_TERMS " ORDER BY t.conversation_id DESC LIMIT $2");
STATEMENT(listings_matching, "WITH RECURSIVE hit(id) AS (SELECT conversation_id FROM search"
                             " WHERE terms @> $9::text[]" SURVIVORS OF_HITS " LIMIT $2");
STATEMENT(listings_changed,
          "WITH RECURSIVE hit(id) AS (SELECT conversation_id FROM event WHERE at >= $10"
          " AND conversation_id IS NOT NULL AND $9::text[] IS NULL" SURVIVORS OF_HITS " LIMIT $2");
STATEMENT(listings_newest,
          "SELECT " CONVERSATIONS_COLUMNS " FROM (SELECT * FROM conversation WHERE id < $1::uuid"
          " ORDER BY id DESC LIMIT $11) c WHERE" MATCHES HAS_TERMS " ORDER BY c.id DESC LIMIT $2");
STATEMENT(listings_window, "SELECT id FROM conversation WHERE id < $1::uuid ORDER BY id DESC"
                           " OFFSET $2 LIMIT 1");

/* Nearly always one of the last few is a message; only where notes and events fill them all is the
 * conversation read back further, so that a long one costs no more than a short one. */
#define NEAR "8"
#define LAST_MESSAGE(from)                                                                         \
    "(SELECT * FROM message x WHERE x.bucket = p.bucket AND x.conversation_id = p.id"              \
    " AND x.seq > " from " AND x.kind = 0 ORDER BY x.seq DESC LIMIT 1)"
STATEMENT(listings_last_messages,
          "SELECT p.i, m.id, m.seq, m.direction, m.author_type, m.author_id, m.channel,"
          " left(m.text, $2), m.received_at FROM json_to_recordset($1::json)"
          " AS p(i int, bucket smallint, id uuid, last_seq int) CROSS JOIN LATERAL"
          " (" LAST_MESSAGE("p.last_seq - " NEAR) " UNION ALL " LAST_MESSAGE("0") " LIMIT 1) m");

static void put_choice(struct pg_args *args, int value) {
    if (value == LISTINGS_ANY)
        pg_put_text(args, NULL);
    else
        pg_put_int(args, value);
}

static void put_before(struct pg_args *args, struct uid before) {
    if (uid_is_nil(before))
        pg_put_text(args, last_uid);
    else
        pg_put_uid(args, before);
}

static struct pg_args filter_args(struct arena *a, const struct listings_filter *f,
                                  const struct listings_page *page) {
    struct pg_args args = pg_args(a);
    put_before(&args, page->before);
    pg_put_int(&args, page->limit + 1);
    put_choice(&args, f->status);
    put_choice(&args, f->mode);
    put_choice(&args, f->holder_type);
    pg_put_text(&args, f->holder_id);
    pg_put_text(&args, f->queue);
    pg_put_text(&args, f->channel);
    if (f->n_terms)
        pg_put_text_array(&args, f->terms, f->n_terms);
    else
        pg_put_text(&args, NULL);
    pg_put_time(&args, f->updated_since_ms);
    return args;
}

/* What people hold or wait for stands in a small table, however long the history is. */
static bool in_inbox(const struct listings_filter *f) {
    return f->status == STATUS_WAITING || f->holder_type == PARTY_QUEUE ||
           f->holder_type == PARTY_AGENT || f->queue;
}

/* *window: what was looked at may be less than there is. */
static const struct pg_stmt *choose(const struct listings_filter *f, struct pg_args *args,
                                    bool *window) {
    *window = false;
    if (!uid_is_nil(f->conversation)) {
        pg_put_int(args, uid_bucket(f->conversation));
        pg_put_uid(args, f->conversation);
        return &listings_one;
    }
    if (in_inbox(f))
        return &listings_inbox;
    if (f->n_terms)
        return &listings_matching;
    if (f->updated_since_ms && f->events_reach)
        return &listings_changed;
    *window = true;
    pg_put_int(args, WINDOW);
    return &listings_newest;
}

/* Where the window ended; nil: it reached the oldest. */
static enum err window_end(struct pg *c, struct arena *a, struct uid before, struct uid *out) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    put_before(&args, before);
    pg_put_int(&args, WINDOW - 1);
    TRY(pg_run(c, &listings_window, &args, &r));
    *out = pg_rows(r) ? pg_uid(r, 0, 0) : (struct uid){{0}};
    return OK;
}

static void part_open(struct buf *b, struct uid id) {
    char text[UID_TEXT_MAX];
    json_put_item(b);
    buf_addc(b, '{');
    json_put_number(b, "bucket", uid_bucket(id));
    json_put_text(b, "id", uid_text(id, text));
}

static char *last_of_which(struct arena *a, const struct listings_page *page) {
    buf_auto b;
    buf_init(&b, (size_t)page->n * PART_BYTES_MAX + 16);
    buf_addc(&b, '[');
    for (int i = 0; i < page->n; i++) {
        const struct conversation *of = &page->items[i].conversation;
        part_open(&b, of->id);
        json_put_number(&b, "i", i);
        json_put_number(&b, "last_seq", of->last_seq);
        buf_addc(&b, '}');
    }
    buf_addc(&b, ']');
    return arena_strndup(a, b.p, b.len);
}

/* The newest message of each; nil where there is none. */
static enum err add_last(struct pg *c, struct arena *a, struct listings_page *page) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_text(&args, last_of_which(a, page));
    pg_put_int(&args, LISTINGS_TEXT_MAX);
    for (int i = 0; i < page->n; i++)
        page->items[i].last =
            (struct listings_last){.author = {PARTY_NONE, ""}, .channel = "", .text = ""};
    TRY(pg_run(c, &listings_last_messages, &args, &r));
    for (int i = 0; i < pg_rows(r); i++)
        page->items[pg_int(r, i, 0)].last = (struct listings_last){
            .id = pg_uid(r, i, 1),
            .seq = (int)pg_int(r, i, 2),
            .direction = (enum direction)pg_int(r, i, 3),
            .author = {(enum party_type)pg_int(r, i, 4), pg_text(a, r, i, 5)},
            .channel = pg_text(a, r, i, 6),
            .text = pg_text(a, r, i, 7),
            .received_ms = pg_time(r, i, 8),
        };
    return OK;
}

enum err listings_conversations(struct pg *c, struct arena *a, const struct listings_filter *filter,
                                struct listings_page *page) {
    bool window;
    pg_result_auto r = NULL;
    struct pg_args args = filter_args(a, filter, page);
    const struct pg_stmt *s = choose(filter, &args, &window);
    TRY(pg_run(c, s, &args, &r));
    bool more = pg_rows(r) > page->limit;
    page->n = more ? page->limit : pg_rows(r);
    page->items = ARENA_ARRAY(a, struct listings_item, page->n);
    page->next = (struct uid){{0}};
    for (int i = 0; i < page->n; i++)
        TRY(conversations_row(a, r, i, 0, &page->items[i].conversation));
    if (more)
        page->next = page->items[page->n - 1].conversation.id;
    else if (window)
        TRY(window_end(c, a, page->before, &page->next));
    return add_last(c, a, page);
}

/* ---- what stands in conversations ---- */

/* Within a conversation time never runs backwards, so that each part is walked along its key from
 * where the page before left it; only the other parts of a merge are filtered up to there. */
#define PARTS "json_to_recordset($1::json) AS p(bucket smallint, id uuid, seq int)"
#define ROWS_WANTED                                                                                \
    " AND (NOT $5::boolean OR x.decision IS NOT NULL)"                                             \
    " AND ($6::text[] IS NULL OR x.channel = ANY($6))"                                             \
    " AND ($8::text[] IS NULL OR x.address = ANY($8)) AND (NOT $9::boolean OR x.kind = 0)"
STATEMENT(listings_forward,
          "SELECT " MESSAGES_COLUMNS " FROM " PARTS " CROSS JOIN LATERAL (SELECT * FROM message x"
          " WHERE x.bucket = p.bucket AND x.conversation_id = p.id AND x.seq > p.seq"
          " AND (x.received_at, x.conversation_id, x.seq) > ($2::timestamptz, $3::uuid, "
          "$4::int)" ROWS_WANTED " ORDER BY x.seq LIMIT $7) m"
          " JOIN conversation c ON c.bucket = m.bucket AND c.id = m.conversation_id"
          " ORDER BY m.received_at, m.conversation_id, m.seq LIMIT $7");
STATEMENT(listings_backward,
          "SELECT " MESSAGES_COLUMNS " FROM " PARTS " CROSS JOIN LATERAL (SELECT * FROM message x"
          " WHERE x.bucket = p.bucket AND x.conversation_id = p.id AND x.seq < p.seq"
          " AND (x.received_at, x.conversation_id, x.seq) < ($2::timestamptz, $3::uuid, "
          "$4::int)" ROWS_WANTED " ORDER BY x.seq DESC LIMIT $7) m"
          " JOIN conversation c ON c.bucket = m.bucket AND c.id = m.conversation_id"
          " ORDER BY m.received_at DESC, m.conversation_id DESC, m.seq DESC LIMIT $7");
/* A place is exact to the millisecond. */
STATEMENT(
    listings_happened,
    "SELECT e.xid::text::bigint, e.n, e.kind, e.conversation_id, e.seq, e.at, e.data FROM " PARTS
    " CROSS JOIN LATERAL (SELECT x.xid, x.n, x.kind, x.conversation_id, x.seq, x.data,"
    " date_trunc('milliseconds', x.at) AS at FROM event x WHERE x.bucket = p.bucket"
    " AND x.conversation_id = p.id AND x.kind NOT IN (0, 1) AND x.at >= $2"
    " AND (date_trunc('milliseconds', x.at), x.conversation_id, x.xid, x.n)"
    " > ($2::timestamptz, $3::uuid, $4::text::xid8, $5::int)"
    " ORDER BY x.at, x.xid, x.n LIMIT $6) e"
    " ORDER BY e.at, e.conversation_id, e.xid, e.n LIMIT $6");

struct listings_place listings_start(bool newest_first) {
    return newest_first ? (struct listings_place){NEWEST_MS, {{0}}, INT32_MAX, 0}
                        : (struct listings_place){OLDEST_MS, {{0}}, 0, 0};
}

struct listings_place listings_place_of_message(const struct message *m) {
    return (struct listings_place){m->received_ms, m->conversation_id, m->seq, 0};
}

struct listings_place listings_place_of_event(const struct event *e) {
    return (struct listings_place){e->at_ms, e->conversation_id, (int64_t)e->at.xid, e->at.n};
}

/* The part that the place stands in is walked from there on. */
static int64_t edge(const struct listings_span *s, int i) {
    if (uid_equal(s->parts[i], s->from.conversation))
        return s->from.order;
    return s->newest_first ? INT32_MAX : 0;
}

static struct pg_args span_args(struct arena *a, const struct listings_span *s, bool edges) {
    struct pg_args args = pg_args(a);
    buf_auto b;
    buf_init(&b, (size_t)s->n_parts * 100 + 16);
    buf_addc(&b, '[');
    for (int i = 0; i < s->n_parts; i++) {
        part_open(&b, s->parts[i]);
        if (edges)
            json_put_number(&b, "seq", edge(s, i));
        buf_addc(&b, '}');
    }
    buf_addc(&b, ']');
    pg_put_text(&args, arena_strndup(a, b.p, b.len));
    pg_put_time(&args, s->from.at_ms);
    if (uid_is_nil(s->from.conversation))
        pg_put_text(&args, s->newest_first ? last_uid : first_uid);
    else
        pg_put_uid(&args, s->from.conversation);
    pg_put_int(&args, s->from.order);
    return args;
}

static void put_any(struct pg_args *args, const char *const *texts, int n) {
    if (n)
        pg_put_text_array(args, texts, n);
    else
        pg_put_text(args, NULL);
}

enum err listings_messages(struct pg *c, struct arena *a, const struct listings_span *s,
                           struct message **items, int *n) {
    pg_result_auto r = NULL;
    struct pg_args args = span_args(a, s, true);
    pg_put_flag(&args, s->decided);
    put_any(&args, s->channels, s->n_channels);
    pg_put_int(&args, s->limit);
    put_any(&args, s->addresses, s->n_addresses);
    pg_put_flag(&args, s->said);
    TRY(pg_run(c, s->newest_first ? &listings_backward : &listings_forward, &args, &r));
    *n = pg_rows(r);
    *items = ARENA_ARRAY(a, struct message, *n);
    for (int i = 0; i < *n; i++)
        TRY(messages_row(a, r, i, 0, &(*items)[i]));
    return OK;
}

enum err listings_events(struct pg *c, struct arena *a, const struct listings_span *s,
                         struct event **items, int *n) {
    pg_result_auto r = NULL;
    struct pg_args args = span_args(a, s, false);
    pg_put_int(&args, s->from.n);
    pg_put_int(&args, s->limit);
    TRY(pg_run(c, &listings_happened, &args, &r));
    *n = pg_rows(r);
    *items = ARENA_ARRAY(a, struct event, *n);
    for (int i = 0; i < *n; i++)
        (*items)[i] = (struct event){.at = {(uint64_t)pg_int(r, i, 0), (int)pg_int(r, i, 1)},
                                     .kind = (enum event_kind)pg_int(r, i, 2),
                                     .conversation_id = pg_uid(r, i, 3),
                                     .seq = (int)pg_int(r, i, 4),
                                     .at_ms = pg_time(r, i, 5),
                                     .data = pg_text(a, r, i, 6),
                                     .author_id = "",
                                     .channel = "",
                                     .language = ""};
    return OK;
}
