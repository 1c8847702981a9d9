#include "erasure.h"

#include "../codec/json.h"
#include "conversations.h"
#include "customers.h"
#include "statement.h"

#define TRIES_MAX 4
#define WINDOW_MS (3600 * 1000LL) /* as much as one call looks through where there is no key */

/* $1: the conversations. Each is looked up by its key; its bucket is its id's last byte. */
#define PARTS " unnest($1::uuid[]) AS p(id)"
#define OF_PART(table)                                                                             \
    " WHERE " table ".bucket = get_byte(uuid_send(p.id), 15) AND " table ".conversation_id = p.id"
#define CUSTOMERS                                                                                  \
    "(SELECT c.customer_id AS id FROM conversation c JOIN" PARTS                                   \
    " ON c.bucket = get_byte(uuid_send(p.id), 15) AND c.id = p.id)"

STATEMENT(erasure_parts, "SELECT c.customer_id, c.id FROM conversation c JOIN" PARTS
                         " ON c.bucket = get_byte(uuid_send(p.id), 15) AND c.id = p.id"
                         " ORDER BY c.id");

/* Before any identity: who adds one holds the customer first, too. */
STATEMENT(erasure_hold_customers,
          "SELECT 1 FROM customer t JOIN " CUSTOMERS " u ON t.id = u.id"
          " AND t.bucket = get_byte(uuid_send(u.id), 15) ORDER BY t.id FOR UPDATE OF t");

/* ---- taking away ---- */

/* The key of an arrival is a hash: see arrivals_key(). */
#define ARRIVAL_KEY(scope, id)                                                                     \
    "substring(sha256(convert_to(" scope ", 'UTF8') || '\\x00'::bytea || convert_to(" id           \
    ", 'UTF8')) FOR 16)"
STATEMENT(
    erasure_of_arrivals,
    "DELETE FROM arrival r USING (SELECT " ARRIVAL_KEY(
        "'channel/' || m.channel", "m.external_id") " AS k FROM message m," PARTS
        OF_PART("m") " AND m.external_id <> '') h"
                     " WHERE r.bucket = get_byte(h.k, 15) AND r.key = encode(h.k, 'hex')::uuid"
                     " AND r.conversation_id = ANY($1::uuid[])");
STATEMENT(erasure_of_messages, "DELETE FROM message m USING" PARTS OF_PART("m"));
STATEMENT(erasure_of_search, "DELETE FROM search s USING" PARTS OF_PART("s"));
STATEMENT(erasure_of_jobs, "DELETE FROM job j USING" PARTS OF_PART("j") " AND j.lane IN (0, 1, 2)");
STATEMENT(erasure_of_attention, "DELETE FROM attention t USING" PARTS OF_PART("t"));
STATEMENT(erasure_of_events,
          "DELETE FROM event e USING" PARTS OF_PART("e") " AND e.kind NOT IN (0, 1)");
STATEMENT(erasure_of_attachments,
          "WITH gone AS (DELETE FROM attachment WHERE conversation_id = ANY($1::uuid[])"
          " RETURNING bucket, id, bytes) INSERT INTO attachment_gone (bucket, id)"
          " SELECT bucket, id FROM gone WHERE bytes IS NULL");
STATEMENT(erasure_of_inbound, "DELETE FROM inbound WHERE conversations && $1::uuid[]");
STATEMENT(
    erasure_of_early_receipts,
    "DELETE FROM early_receipt r USING (SELECT " ARRIVAL_KEY(
        "'channel/' || m.channel", "m.external_id") " AS k FROM message m," PARTS
        OF_PART("m") " AND m.external_id <> '') h"
                     " WHERE r.bucket = get_byte(h.k, 15) AND r.key = encode(h.k, 'hex')::uuid");
STATEMENT(erasure_of_claims, "DELETE FROM claim l USING " CUSTOMERS " u"
                             " WHERE l.bucket = get_byte(uuid_send(u.id), 15)"
                             " AND l.customer_id = u.id");
/* Sessions of the widget: by an address that is theirs, or by an e-mail address that was proven. */
#define VISITORS                                                                                   \
    "(SELECT v.bucket, v.id FROM identity i JOIN " CUSTOMERS " u ON i.customer_id = u.id"          \
    " JOIN visitor v ON v.channel = substring(i.kind FROM 9) AND v.address = i.value"              \
    " WHERE i.kind LIKE 'channel:%'"                                                               \
    " UNION SELECT v.bucket, v.id FROM identity i JOIN " CUSTOMERS " u ON i.customer_id = u.id"    \
    " JOIN visitor v ON v.channel = substring(i.kind FROM 9) AND v.former = i.value"               \
    " AND v.former <> '' WHERE i.kind LIKE 'channel:%'"                                            \
    " UNION SELECT v.bucket, v.id FROM identity i JOIN " CUSTOMERS " u ON i.customer_id = u.id"    \
    " JOIN visitor v ON v.email = i.value AND v.email <> '' AND v.email_verified"                  \
    " WHERE i.kind = 'email')"
STATEMENT(erasure_of_tickets, "DELETE FROM visitor_ticket t USING " VISITORS " w"
                              " WHERE t.bucket = w.bucket AND t.visitor_id = w.id");
STATEMENT(erasure_of_visitors, "DELETE FROM visitor v USING " VISITORS " w"
                               " WHERE v.bucket = w.bucket AND v.id = w.id");
STATEMENT(erasure_of_identities,
          "DELETE FROM identity i USING " CUSTOMERS " u WHERE i.customer_id = u.id");
STATEMENT(erasure_of_merges, "DELETE FROM merge WHERE survivor_conversation = ANY($1::uuid[])"
                             " OR merged_conversation = ANY($1::uuid[])");
STATEMENT(erasure_of_customers, "DELETE FROM customer t USING " CUSTOMERS " u"
                                " WHERE t.bucket = get_byte(uuid_send(u.id), 15) AND t.id = u.id");
STATEMENT(erasure_told,
          "INSERT INTO event (bucket, kind, seq, n, at, conversation_id, data)"
          " SELECT c.bucket, 10, 0, row_number() OVER (ORDER BY c.id), now(), c.id,"
          " jsonb_build_object('customer', c.customer_id) FROM conversation c JOIN" PARTS
          " ON c.bucket = get_byte(uuid_send(p.id), 15) AND c.id = p.id");
STATEMENT(erasure_of_conversations,
          "DELETE FROM conversation c USING" PARTS
          " WHERE c.bucket = get_byte(uuid_send(p.id), 15) AND c.id = p.id");

/* ---- what has no key ---- */

#define ANSWERS                                                                                    \
    " FROM idempotency WHERE created_at >= $1 AND created_at < $2 AND (answer LIKE '%' || $3 || "  \
    "'%'"                                                                                          \
    " OR answer LIKE '%' || $4 || '%')"
STATEMENT(
    erasure_swept_answers,
    "WITH gone AS (DELETE" ANSWERS " RETURNING " ARRIVAL_KEY(
        "'key'",
        "key::text") " AS k)"
                     " DELETE FROM arrival r USING gone WHERE r.bucket = get_byte(gone.k, 15)"
                     " AND r.key = encode(gone.k, 'hex')::uuid AND r.conversation_id = $3::uuid");
STATEMENT(erasure_swept_events,
          "DELETE FROM event WHERE at >= $1 AND at < $2 AND bucket = $3 AND conversation_id = $4"
          " AND kind IN (0, 1)");
STATEMENT(erasure_swept_search, "DELETE FROM search WHERE bucket = $1 AND conversation_id = $2");

/* ---- handing out ---- */

#define ROWS(columns) "SELECT coalesce(json_agg(" columns "), '[]')::text"
STATEMENT(erasure_show_customers,
          ROWS("t") " FROM customer t JOIN " CUSTOMERS " u"
                    " ON t.bucket = get_byte(uuid_send(u.id), 15) AND t.id = u.id");
STATEMENT(erasure_show_identities,
          ROWS("i") " FROM identity i JOIN " CUSTOMERS " u ON i.customer_id = u.id");
STATEMENT(erasure_show_claims,
          ROWS("l") " FROM claim l JOIN " CUSTOMERS " u"
                    " ON l.bucket = get_byte(uuid_send(u.id), 15) AND l.customer_id = u.id");
STATEMENT(erasure_show_conversations,
          ROWS("c") " FROM conversation c JOIN" PARTS
                    " ON c.bucket = get_byte(uuid_send(p.id), 15) AND c.id = p.id");
STATEMENT(erasure_show_merges,
          ROWS("m") " FROM merge m WHERE survivor_conversation = ANY($1::uuid[])"
                    " OR merged_conversation = ANY($1::uuid[])");
STATEMENT(erasure_show_arrivals,
          ROWS("r") " FROM arrival r JOIN (SELECT " ARRIVAL_KEY(
              "'channel/' || m.channel", "m.external_id") " AS k FROM message m," PARTS
              OF_PART("m") " AND m.external_id <> '') h"
                           " ON r.bucket = get_byte(h.k, 15) AND r.key = encode(h.k, 'hex')::uuid"
                           " AND r.conversation_id = ANY($1::uuid[])");
STATEMENT(erasure_show_events,
          ROWS("e") " FROM event e," PARTS OF_PART("e") " AND e.kind NOT IN (0, 1)");
STATEMENT(erasure_show_jobs,
          ROWS("j") " FROM job j," PARTS OF_PART("j") " AND j.lane IN (0, 1, 2)");
STATEMENT(erasure_show_attention, ROWS("t") " FROM attention t," PARTS OF_PART("t"));
STATEMENT(erasure_show_attachments,
          "SELECT coalesce(json_agg(json_build_object('id', t.id, 'name', t.name, 'content_type',"
          " t.content_type, 'size', t.size, 'bytes', encode(t.bytes, 'base64'))), '[]')::text"
          " FROM attachment t WHERE t.conversation_id = ANY($1::uuid[])");
/* The hash opens nothing, but it is nobody's to hand out. */
STATEMENT(erasure_show_visitors,
          ROWS("to_jsonb(v) - 'hash' - 'bucket' - 'id'") " FROM visitor v JOIN " VISITORS " w"
                                                         " ON v.bucket = w.bucket AND v.id = w.id");
STATEMENT(erasure_show_search, ROWS("s") " FROM search s," PARTS OF_PART("s"));
/* The answer to a batch tells of others too. */
STATEMENT(erasure_show_answers,
          "SELECT json_build_object('status', status, 'created_at', created_at, 'answer',"
          " CASE WHEN status <> 207 THEN answer END)::text" ANSWERS);
STATEMENT(erasure_show_deliveries,
          "SELECT row_to_json(event)::text FROM event WHERE at >= $1 AND at < $2"
          " AND bucket = $3 AND conversation_id = $4 AND kind IN (0, 1)");

static struct pg_args parts_args(struct arena *a, const struct uid *ids, int n) {
    struct pg_args args = pg_args(a);
    const char **texts = ARENA_ARRAY(a, const char *, n);
    char text[UID_TEXT_MAX];
    for (int i = 0; i < n; i++)
        texts[i] = arena_strdup(a, uid_text(ids[i], text));
    pg_put_text_array(&args, texts, n);
    return args;
}

static struct uid *ids_of(struct arena *a, const struct erasure_person *p) {
    struct uid *ids = ARENA_ARRAY(a, struct uid, p->n_parts);
    for (int i = 0; i < p->n_parts; i++)
        ids[i] = p->parts[i].conversation_id;
    return ids;
}

enum err erasure_find(struct pg *c, struct arena *a, struct uid customer,
                      struct erasure_person *out) {
    struct customer survivor;
    struct uid *ids;
    pg_result_auto r = NULL;
    TRY(customers_resolve(c, a, customer, &survivor));
    TRY(customers_parts(c, a, survivor.conversation_id, &ids, &out->n_parts));
    struct pg_args args = parts_args(a, ids, out->n_parts);
    TRY(pg_run(c, &erasure_parts, &args, &r));
    out->n_parts = pg_rows(r);
    out->parts = ARENA_ARRAY(a, struct erasure_part, out->n_parts);
    for (int i = 0; i < out->n_parts; i++)
        out->parts[i] = (struct erasure_part){pg_uid(r, i, 0), pg_uid(r, i, 1)};
    return customers_identities(c, a, survivor.id, &out->identities, &out->n_identities);
}

static bool same_parts(const struct erasure_person *a, const struct erasure_person *b) {
    for (int i = 0; i < a->n_parts && a->n_parts == b->n_parts; i++)
        if (!uid_equal(a->parts[i].conversation_id, b->parts[i].conversation_id))
            return false;
    return a->n_parts == b->n_parts;
}

/* A person who was merged with another between looking and locking is more than was locked. */
static enum err lock(struct pg *c, struct arena *a, struct uid customer,
                     struct erasure_person *out) {
    struct erasure_person before;
    TRY(erasure_find(c, a, customer, &before));
    struct pg_step fence = conversations_fence_step(a, ids_of(a, &before), before.n_parts);
    TRY(pg_run(c, fence.stmt, fence.args, NULL));
    const struct pg_args args = parts_args(a, ids_of(a, &before), before.n_parts);
    TRY(pg_run(c, &erasure_hold_customers, &args, NULL));
    TRY(erasure_find(c, a, customer, out));
    return same_parts(&before, out) ? OK : ERR_BUSY;
}

/* Rows that others are found by go last. */
static enum err take_away(struct pg *c, struct arena *a, const struct erasure_person *p) {
    static const struct pg_stmt *const order[] = {
        &erasure_of_early_receipts, &erasure_of_arrivals,     &erasure_of_attachments,
        &erasure_of_inbound,        &erasure_of_messages,     &erasure_of_search,
        &erasure_of_jobs,           &erasure_of_attention,    &erasure_of_events,
        &erasure_of_claims,         &erasure_of_tickets,      &erasure_of_visitors,
        &erasure_of_identities,     &erasure_of_merges,       &erasure_told,
        &erasure_of_customers,      &erasure_of_conversations};
    const struct pg_args args = parts_args(a, ids_of(a, p), p->n_parts);
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        TRY(pg_run(c, order[i], &args, NULL));
    return OK;
}

static enum err run_once(struct pg *c, struct arena *a, struct uid customer,
                         struct erasure_person *out) {
    TRY(pg_run(c, &pg_begin, NULL, NULL));
    enum err e = lock(c, a, customer, out);
    if (e == OK)
        e = take_away(c, a, out);
    if (e == OK)
        return pg_run(c, &pg_commit, NULL, NULL);
    if (pg_in_transaction(c))
        TRY(pg_run(c, &pg_rollback, NULL, NULL));
    return e;
}

enum err erasure_run(struct pg *c, struct arena *a, struct uid customer,
                     struct erasure_person *out) {
    enum err e = ERR_BUSY;
    for (int i = 0; i < TRIES_MAX && e == ERR_BUSY; i++)
        e = run_once(c, a, customer, out);
    return e;
}

/* An answer is kept under the time its request came, by the database's clock: before what the
 * request made, which is by ours. */
static int64_t first_window(struct erasure_window w) { return w.from_ms - WINDOW_MS; }

static struct pg_args window_args(struct arena *a, int64_t from_ms) {
    struct pg_args args = pg_args(a);
    pg_put_time(&args, from_ms);
    pg_put_time(&args, from_ms + WINDOW_MS);
    return args;
}

static struct pg_args answers_args(struct arena *a, const struct erasure_part *part,
                                   int64_t from_ms) {
    struct pg_args args = window_args(a, from_ms);
    pg_put_uid(&args, part->conversation_id);
    pg_put_uid(&args, part->customer_id);
    return args;
}

static struct pg_args events_args(struct arena *a, const struct erasure_part *part,
                                  int64_t from_ms) {
    struct pg_args args = window_args(a, from_ms);
    pg_put_int(&args, uid_bucket(part->conversation_id));
    pg_put_uid(&args, part->conversation_id);
    return args;
}

enum err erasure_sweep(struct pg *c, struct arena *a, const struct erasure_part *part,
                       struct erasure_window w) {
    struct pg_args search = pg_args(a);
    pg_put_int(&search, uid_bucket(part->conversation_id));
    pg_put_uid(&search, part->conversation_id);
    TRY(pg_run(c, &erasure_swept_search, &search, NULL));
    for (int64_t at = first_window(w); at <= w.to_ms; at += WINDOW_MS) {
        struct pg_args answers = answers_args(a, part, at);
        struct pg_args events = events_args(a, part, at);
        TRY(pg_run(c, &erasure_swept_answers, &answers, NULL));
        TRY(pg_run(c, &erasure_swept_events, &events, NULL));
    }
    return OK;
}

/* ---- handing out ---- */

static enum err show_window(struct pg *c, const struct pg_stmt *stmt, const struct pg_args *args,
                            struct buf *out) {
    pg_result_auto r = NULL;
    TRY(pg_run(c, stmt, args, &r));
    for (int row = 0; row < pg_rows(r); row++) {
        json_put_item(out);
        buf_adds(out, pg_text(args->arena, r, row, 0));
    }
    return OK;
}

static enum err show_part(struct pg *c, struct arena *a, const struct erasure_part *part,
                          struct erasure_window w, struct buf *out) {
    static const struct {
        const char *name;
        const struct pg_stmt *stmt;
        struct pg_args (*args)(struct arena *, const struct erasure_part *, int64_t);
    } kinds[] = {{"idempotency", &erasure_show_answers, answers_args},
                 {"delivery_event", &erasure_show_deliveries, events_args}};
    buf_addc(out, '{');
    for (int k = 0; k < 2; k++) {
        json_put_key(out, kinds[k].name);
        buf_addc(out, '[');
        for (int64_t at = first_window(w); at <= w.to_ms; at += WINDOW_MS) {
            const struct pg_args args = kinds[k].args(a, part, at);
            TRY(show_window(c, kinds[k].stmt, &args, out));
        }
        buf_addc(out, ']');
    }
    buf_addc(out, '}');
    return OK;
}

enum err erasure_export(struct pg *c, struct arena *a, const struct erasure_person *person,
                        struct erasure_window w, struct buf *out) {
    static const struct {
        const char *name;
        const struct pg_stmt *stmt;
    } tables[] = {
        {"customer", &erasure_show_customers},  {"identity", &erasure_show_identities},
        {"claim", &erasure_show_claims},        {"conversation", &erasure_show_conversations},
        {"merge", &erasure_show_merges},        {"arrival", &erasure_show_arrivals},
        {"event", &erasure_show_events},        {"job", &erasure_show_jobs},
        {"attention", &erasure_show_attention}, {"search", &erasure_show_search},
        {"visitor", &erasure_show_visitors},    {"attachment", &erasure_show_attachments}};
    const struct pg_args args = parts_args(a, ids_of(a, person), person->n_parts);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        pg_result_auto r = NULL;
        TRY(pg_run(c, tables[i].stmt, &args, &r));
        json_put_raw(out, tables[i].name, pg_text(a, r, 0, 0));
    }
    json_put_key(out, "without_key");
    buf_addc(out, '[');
    for (int i = 0; i < person->n_parts; i++) {
        json_put_item(out);
        TRY(show_part(c, a, &person->parts[i], w, out));
    }
    buf_addc(out, ']');
    return OK;
}
