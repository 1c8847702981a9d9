#include "messages.h"

#include "../codec/json.h"
#include "arrivals.h"
#include "statement.h"

/* Each by its whole key: joined freely, the planner reads all of a conversation for one message. */
STATEMENT(messages_many,
          "SELECT i.n, " MESSAGES_COLUMNS
          " FROM json_to_recordset($1::json) AS i(n int, bucket smallint, id uuid, seq int)"
          " CROSS JOIN LATERAL (SELECT * FROM message x WHERE x.bucket = i.bucket"
          " AND x.conversation_id = i.id AND x.seq = i.seq LIMIT 1) m"
          " JOIN conversation c ON c.bucket = m.bucket AND c.id = m.conversation_id");
/* received_at is the id's own time; the block-range index finds the few blocks of that millisecond.
 */
STATEMENT(messages_one, "SELECT " MESSAGES_COLUMNS MESSAGES_FROM
                        " WHERE m.bucket = $1 AND m.received_at = $2 AND m.id = $3");
STATEMENT(messages_newest,
          "SELECT " MESSAGES_COLUMNS MESSAGES_FROM
          " WHERE m.bucket = $1 AND m.conversation_id = $2 AND m.seq <= $3 AND m.kind = 0"
          " ORDER BY m.seq DESC LIMIT $4");

STATEMENT(messages_heard_on,
          "SELECT " MESSAGES_COLUMNS MESSAGES_FROM
          " WHERE m.bucket = $1 AND m.conversation_id = $2 AND m.direction = 0 AND m.kind = 0"
          " AND m.channel = $3 AND ($4::text IS NULL OR m.address = $4)"
          " ORDER BY m.seq DESC LIMIT 1");
STATEMENT(messages_heard_from,
          "SELECT channel, address, max(received_at) FROM message"
          " WHERE bucket = $1 AND conversation_id = $2 AND direction = 0 AND kind = 0"
          " GROUP BY channel, address ORDER BY 3 DESC LIMIT $3");
STATEMENT(messages_send_to,
          "UPDATE message SET channel = $4, address = $5 WHERE bucket = $1"
          " AND conversation_id = $2 AND seq = $3 AND direction = 1 AND delivery = 1");

/* The arrival row lets a later receipt find the message by the provider's id. */
STATEMENT(
    messages_set_delivery,
    "WITH m AS (UPDATE message SET delivery = $4, attempts = greatest(attempts, $6),"
    " last_error = nullif($7, ''), external_id = CASE WHEN $8 <> '' THEN $8 ELSE external_id END"
    " WHERE bucket = $1 AND conversation_id = $2 AND seq = $3 AND direction = 1"
    " AND (($5::int >> delivery) & 1) = 1 RETURNING seq), e AS (INSERT INTO event (bucket, kind,"
    " seq, n, at, conversation_id, data) SELECT $1, 1, seq, 0, now(), $2, $9 FROM m),"
    " k AS (INSERT INTO arrival (bucket, seq, key, conversation_id) SELECT $10, seq, $11, $2"
    " FROM m WHERE $8 <> '' ON CONFLICT DO NOTHING) SELECT count(*) FROM m");

/* Only the newest: what is older has been read long ago, or never will be. */
STATEMENT(
    messages_set_upto,
    "WITH m AS (UPDATE message SET delivery = $6 WHERE bucket = $1 AND conversation_id = $2"
    " AND seq > (SELECT max(seq) - 200 FROM message WHERE bucket = $1 AND conversation_id = $2)"
    " AND direction = 1 AND kind = 0 AND channel = $3 AND address = $4 AND received_at <= $5"
    " AND (($7::int >> delivery) & 1) = 1 RETURNING seq)"
    " INSERT INTO event (bucket, kind, seq, n, at, conversation_id, data)"
    " SELECT $1, 1, seq, row_number() OVER (ORDER BY seq), now(), $2, $8::jsonb FROM m");
STATEMENT(messages_add_key, "INSERT INTO arrival (bucket, seq, key, conversation_id)"
                            " VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING");
/* Forward only here, too; 5 is failed, which nothing follows and which follows no delivered. */
STATEMENT(messages_put_early,
          "INSERT INTO early_receipt AS e (bucket, key, status, error, at)"
          " VALUES ($1, $2, $3, $4, now()) ON CONFLICT (bucket, key) DO UPDATE SET"
          " status = excluded.status, error = excluded.error"
          " WHERE e.status < excluded.status AND NOT (excluded.status = 5 AND e.status IN (3, 4))");
STATEMENT(messages_take_early,
          "DELETE FROM early_receipt WHERE bucket = $1 AND key = $2 RETURNING status, error");
STATEMENT(messages_drop_early, "DELETE FROM early_receipt WHERE at < $1");

static enum err read_decision(struct arena *a, const struct pg_result *r, int row, int col,
                              struct message *out) {
    if (pg_is_null(r, row, col))
        return OK;
    struct decision *d = ARENA_NEW(a, struct decision);
    out->decision = d;
    return decision_unpack(a, pg_bytes(a, r, row, col), d) == OK ? OK : ERR_BUG;
}

enum err messages_row(struct arena *a, const struct pg_result *r, int row, int col,
                      struct message *out) {
    const char *error = pg_text(a, r, row, col + 19), *name = pg_text(a, r, row, col + 21);
    *out = (struct message){
        .id = pg_uid(r, row, col),
        .conversation_id = pg_uid(r, row, col + 1),
        .customer_id = pg_uid(r, row, col + 2),
        .seq = (int)pg_int(r, row, col + 3),
        .direction = (enum direction)pg_int(r, row, col + 4),
        .kind = (enum message_kind)pg_int(r, row, col + 5),
        .author = {(enum party_type)pg_int(r, row, col + 6), pg_text(a, r, row, col + 7)},
        .author_name = name ? name : "",
        .channel = pg_text(a, r, row, col + 8),
        .external_id = pg_text(a, r, row, col + 9),
        .address = pg_text(a, r, row, col + 10),
        .text = pg_text(a, r, row, col + 11),
        .language = pg_text(a, r, row, col + 12),
        .sent_ms = pg_time(r, row, col + 13),
        .received_ms = pg_time(r, row, col + 14),
        .edited_ms = pg_time(r, row, col + 15),
        .extra = pg_text(a, r, row, col + 16),
        .delivery = (enum delivery_status)pg_int(r, row, col + 17),
        .attempts = (int)pg_int(r, row, col + 18),
        .last_error = error ? error : "",
        .deleted_ms = pg_time(r, row, col + 22),
    };
    return read_decision(a, r, row, col + 20, out);
}

static char *refs_json(struct arena *a, const struct message_ref *refs, int n) {
    buf_auto b;
    char text[UID_TEXT_MAX];
    buf_init(&b, (size_t)n * 128 + 16);
    buf_addc(&b, '[');
    for (int i = 0; i < n; i++) {
        json_put_item(&b);
        buf_addc(&b, '{');
        json_put_number(&b, "n", i);
        json_put_number(&b, "bucket", uid_bucket(refs[i].conversation_id));
        json_put_text(&b, "id", uid_text(refs[i].conversation_id, text));
        json_put_number(&b, "seq", refs[i].seq);
        buf_addc(&b, '}');
    }
    buf_addc(&b, ']');
    return arena_strndup(a, b.p, b.len);
}

enum err messages_find_many(struct pg *c, struct arena *a, const struct message_ref *refs, int n,
                            struct message *found) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    memset(found, 0, sizeof *found * (size_t)n);
    pg_put_text(&args, refs_json(a, refs, n));
    TRY(pg_run(c, &messages_many, &args, &r));
    for (int i = 0; i < pg_rows(r); i++)
        TRY(messages_row(a, r, i, 1, &found[pg_int(r, i, 0)]));
    return OK;
}

enum err messages_by_id(struct pg *c, struct arena *a, struct uid id, struct message *out) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_int(&args, uid_bucket(id));
    pg_put_time(&args, uid_ms(id));
    pg_put_uid(&args, id);
    TRY(pg_run(c, &messages_one, &args, &r));
    return pg_rows(r) ? messages_row(a, r, 0, 0, out) : ERR_ABSENT;
}

enum err messages_by_external_id(struct pg *c, struct arena *a, const char *channel,
                                 const char *external_id, struct message *out) {
    pg_result_auto r = NULL;
    struct arrival_key key = arrivals_key(a, arena_printf(a, "channel/%s", channel), external_id);
    struct pg_step step = arrivals_find_step(a, &key, 1);
    TRY(pg_run(c, step.stmt, step.args, &r));
    if (!pg_rows(r))
        return ERR_ABSENT;
    const struct message_ref ref = {pg_uid(r, 0, 1), (int)pg_int(r, 0, 2)};
    TRY(messages_find_many(c, a, &ref, 1, out));
    return out->seq ? OK : ERR_ABSENT;
}

enum err messages_before(struct pg *c, struct arena *a, const struct message_ref *upto, int limit,
                         struct messages *out) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_int(&args, uid_bucket(upto->conversation_id));
    pg_put_uid(&args, upto->conversation_id);
    pg_put_int(&args, upto->seq);
    pg_put_int(&args, limit);
    TRY(pg_run(c, &messages_newest, &args, &r));
    out->n = pg_rows(r);
    out->items = ARENA_ARRAY(a, struct message, out->n);
    for (int i = 0; i < out->n; i++)
        TRY(messages_row(a, r, i, 0, &out->items[out->n - 1 - i]));
    return OK;
}

enum err messages_last_in(struct pg *c, struct arena *a, const struct messages_way *way,
                          struct message *out) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_int(&args, uid_bucket(way->conversation_id));
    pg_put_uid(&args, way->conversation_id);
    pg_put_text(&args, way->channel);
    pg_put_text(&args, way->address);
    TRY(pg_run(c, &messages_heard_on, &args, &r));
    return pg_rows(r) ? messages_row(a, r, 0, 0, out) : ERR_ABSENT;
}

enum err messages_ways(struct pg *c, struct arena *a, struct uid conversation,
                       struct messages_ways *out) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_int(&args, uid_bucket(conversation));
    pg_put_uid(&args, conversation);
    pg_put_int(&args, MESSAGES_WAYS_MAX);
    TRY(pg_run(c, &messages_heard_from, &args, &r));
    out->n = pg_rows(r);
    for (int i = 0; i < out->n; i++)
        out->items[i] =
            (struct messages_heard){pg_text(a, r, i, 0), pg_text(a, r, i, 1), pg_time(r, i, 2)};
    return OK;
}

enum err messages_redirect(struct pg *c, struct arena *a, const struct message_ref *ref,
                           const char *channel, const char *address) {
    struct pg_args args = pg_args(a);
    pg_put_int(&args, uid_bucket(ref->conversation_id));
    pg_put_uid(&args, ref->conversation_id);
    pg_put_int(&args, ref->seq);
    pg_put_text(&args, channel);
    pg_put_text(&args, address);
    return pg_run(c, &messages_send_to, &args, NULL);
}

static char *mark_data(struct arena *a, const struct message_mark *m) {
    buf_auto b;
    buf_init(&b, 4096);
    buf_addc(&b, '{');
    json_put_text(&b, "status", delivery_status_text(m->to));
    json_put_number(&b, "attempts", m->attempts);
    if (*m->error)
        json_put_text(&b, "error", m->error);
    buf_addc(&b, '}');
    return arena_strndup(a, b.p, b.len);
}

static struct arrival_key key_of(struct arena *a, const struct message_mark *m) {
    return arrivals_key(a, arena_printf(a, "channel/%s", m->channel), m->external_id);
}

enum err messages_mark(struct pg *c, struct arena *a, const struct message_mark *m, bool *changed) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    struct arrival_key key = key_of(a, m);
    pg_put_int(&args, uid_bucket(m->conversation_id));
    pg_put_uid(&args, m->conversation_id);
    pg_put_int(&args, m->seq);
    pg_put_int(&args, m->to);
    pg_put_int(&args, m->from);
    pg_put_int(&args, m->attempts);
    pg_put_text(&args, m->error);
    pg_put_text(&args, m->external_id);
    pg_put_text(&args, mark_data(a, m));
    pg_put_int(&args, uid_bucket(key.key));
    pg_put_uid(&args, key.key);
    TRY(pg_run(c, &messages_set_delivery, &args, &r));
    *changed = pg_int(r, 0, 0) == 1;
    return OK;
}

enum err messages_mark_upto(struct pg *c, struct arena *a, const struct message_reads *reads) {
    struct pg_args args = pg_args(a);
    const struct message_mark m = {.to = reads->to, .error = ""};
    pg_put_int(&args, uid_bucket(reads->conversation_id));
    pg_put_uid(&args, reads->conversation_id);
    pg_put_text(&args, reads->channel);
    pg_put_text(&args, reads->address);
    pg_put_time(&args, reads->upto_ms);
    pg_put_int(&args, reads->to);
    pg_put_int(&args, reads->from);
    pg_put_text(&args, mark_data(a, &m));
    return pg_run(c, &messages_set_upto, &args, NULL);
}

enum err messages_name_part(struct pg *c, struct arena *a, const struct message_mark *m) {
    struct pg_args args = pg_args(a);
    struct arrival_key key = key_of(a, m);
    if (!*m->external_id)
        return OK;
    pg_put_int(&args, uid_bucket(key.key));
    pg_put_int(&args, m->seq);
    pg_put_uid(&args, key.key);
    pg_put_uid(&args, m->conversation_id);
    return pg_run(c, &messages_add_key, &args, NULL);
}

static struct pg_args early_args(struct arena *a, const struct message_mark *m) {
    struct pg_args args = pg_args(a);
    struct arrival_key key = key_of(a, m);
    pg_put_int(&args, uid_bucket(key.key));
    pg_put_uid(&args, key.key);
    return args;
}

enum err messages_keep_receipt(struct pg *c, struct arena *a, const struct message_mark *m) {
    struct pg_args args = early_args(a, m);
    pg_put_int(&args, m->to);
    pg_put_text(&args, m->error);
    return pg_run(c, &messages_put_early, &args, NULL);
}

enum err messages_take_receipt(struct pg *c, struct arena *a, struct message_mark *m, bool *found) {
    pg_result_auto r = NULL;
    struct pg_args args = early_args(a, m);
    TRY(pg_run(c, &messages_take_early, &args, &r));
    *found = pg_rows(r) == 1;
    if (*found) {
        m->to = (enum delivery_status)pg_int(r, 0, 0);
        m->error = pg_text(a, r, 0, 1);
    }
    return OK;
}

enum err messages_drop_receipts(struct pg *c, struct arena *a, int64_t before_ms) {
    struct pg_args args = pg_args(a);
    pg_put_time(&args, before_ms);
    return pg_run(c, &messages_drop_early, &args, NULL);
}
