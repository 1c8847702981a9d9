#include "visitors.h"

#include "../codec/enc.h"
#include "../codec/json.h"
#include "statement.h"

#define PRUNE_BATCH 1000
#define TICKET_BYTES (16 + VISITORS_SECRET_BYTES)

#define COLUMNS                                                                                    \
    "v.id, v.hash, v.channel, v.address, v.former, v.name, v.email, v.email_verified, v.seen_at,"  \
    " v.expires_at"
STATEMENT(visitors_insert,
          "INSERT INTO visitor (bucket, id, hash, channel, address, former, name, email,"
          " email_verified, created_at, seen_at, expires_at) VALUES ($1, $2, $3::bytea, $4, $5, $6,"
          " $7, $8, $9, now(), now(), now() + make_interval(secs => $10::int))"
          " RETURNING seen_at, expires_at");
STATEMENT(visitors_select, "SELECT " COLUMNS " FROM visitor v WHERE v.bucket = $1 AND v.id = $2"
                           " AND v.expires_at > now()");
STATEMENT(visitors_update,
          "UPDATE visitor SET name = $3, email = $4, email_verified = $5, seen_at = now(),"
          " expires_at = now() + make_interval(secs => $6::int) WHERE bucket = $1 AND id = $2"
          " RETURNING seen_at, expires_at");
STATEMENT(visitors_delete, "WITH t AS (DELETE FROM visitor_ticket WHERE bucket = $1"
                           " AND visitor_id = $2) DELETE FROM visitor WHERE bucket = $1"
                           " AND id = $2");
/* Who asks for one throws away those of his that nobody used in time. */
STATEMENT(visitors_insert_ticket,
          "WITH old AS (DELETE FROM visitor_ticket WHERE bucket = $1 AND visitor_id = $2"
          " AND expires_at < now()) INSERT INTO visitor_ticket (bucket, visitor_id, hash,"
          " expires_at) VALUES ($1, $2, $3::bytea, now() + make_interval(secs => $4::int))");
STATEMENT(visitors_delete_ticket,
          "WITH t AS (DELETE FROM visitor_ticket WHERE bucket = $1 AND visitor_id = $2"
          " AND hash = $3::bytea RETURNING expires_at) SELECT " COLUMNS " FROM visitor v, t"
          " WHERE v.bucket = $1 AND v.id = $2 AND v.expires_at > now() AND t.expires_at > now()");
STATEMENT(visitors_set_delivery,
          "WITH m AS (UPDATE message x SET delivery = $2 FROM json_to_recordset($1::json)"
          " AS i(bucket smallint, id uuid, seq int) WHERE x.bucket = i.bucket"
          " AND x.conversation_id = i.id AND x.seq = i.seq AND x.direction = 1"
          " AND (($3::int >> x.delivery) & 1) = 1"
          " RETURNING x.bucket, x.conversation_id, x.seq, x.attempts)"
          " INSERT INTO event (bucket, kind, seq, n, at, conversation_id, data)"
          " SELECT bucket, 1, seq, row_number() OVER (ORDER BY conversation_id, seq) - 1, now(),"
          " conversation_id, jsonb_build_object('status', $4::text, 'attempts', attempts) FROM m");
STATEMENT(visitors_delete_old,
          "WITH t AS (DELETE FROM visitor_ticket WHERE expires_at < now() - interval '1 hour'),"
          " gone AS (DELETE FROM visitor WHERE ctid IN (SELECT ctid FROM visitor"
          " WHERE expires_at < now() LIMIT $1) RETURNING 1) SELECT count(*) FROM gone");

struct digest {
    uint8_t bytes[CRYPTO_SHA256_BYTES];
    struct uid id; /* its first bytes */
};

static struct digest digest_of(struct span secret) {
    struct digest d;
    crypto_sha256(secret, d.bytes);
    memcpy(d.id.b, d.bytes, sizeof d.id.b);
    return d;
}

static struct span span_of_digest(const struct digest *d) {
    return (struct span){(const char *)d->bytes, sizeof d->bytes};
}

static struct pg_args id_args(struct arena *a, struct uid id) {
    struct pg_args args = pg_args(a);
    pg_put_int(&args, uid_bucket(id));
    pg_put_uid(&args, id);
    return args;
}

static void read_times(const struct pg_result *r, struct visitor *v) {
    v->seen_ms = pg_time(r, 0, 0);
    v->expires_ms = pg_time(r, 0, 1);
}

static void read_row(struct arena *a, const struct pg_result *r, struct visitor *out) {
    *out = (struct visitor){.id = pg_uid(r, 0, 0),
                            .channel = pg_text(a, r, 0, 2),
                            .address = pg_text(a, r, 0, 3),
                            .former = pg_text(a, r, 0, 4),
                            .name = pg_text(a, r, 0, 5),
                            .email = pg_text(a, r, 0, 6),
                            .email_verified = pg_flag(r, 0, 7),
                            .seen_ms = pg_time(r, 0, 8),
                            .expires_ms = pg_time(r, 0, 9)};
}

enum err visitors_add(struct pg *c, struct arena *a, struct span token, int64_t life_s,
                      struct visitor *v) {
    const struct digest d = digest_of(token);
    struct pg_args args = id_args(a, d.id);
    pg_result_auto r = NULL;
    pg_put_bytes(&args, span_of_digest(&d));
    pg_put_text(&args, v->channel);
    pg_put_text(&args, v->address);
    pg_put_text(&args, v->former);
    pg_put_text(&args, v->name);
    pg_put_text(&args, v->email);
    pg_put_flag(&args, v->email_verified);
    pg_put_int(&args, life_s);
    TRY(pg_run(c, &visitors_insert, &args, &r));
    v->id = d.id;
    read_times(r, v);
    return OK;
}

enum err visitors_find(struct pg *c, struct arena *a, struct span token, struct visitor *out) {
    const struct digest d = digest_of(token);
    const struct pg_args args = id_args(a, d.id);
    pg_result_auto r = NULL;
    TRY(pg_run(c, &visitors_select, &args, &r));
    if (!pg_rows(r))
        return ERR_ABSENT;
    struct span stored = pg_bytes(a, r, 0, 1);
    read_row(a, r, out);
    return crypto_equal(stored.p, stored.n, d.bytes, sizeof d.bytes) ? OK : ERR_ABSENT;
}

enum err visitors_keep(struct pg *c, struct arena *a, int64_t life_s, struct visitor *v) {
    struct pg_args args = id_args(a, v->id);
    pg_result_auto r = NULL;
    pg_put_text(&args, v->name);
    pg_put_text(&args, v->email);
    pg_put_flag(&args, v->email_verified);
    pg_put_int(&args, life_s);
    TRY(pg_run(c, &visitors_update, &args, &r));
    if (!pg_rows(r))
        return ERR_ABSENT;
    read_times(r, v);
    return OK;
}

enum err visitors_drop(struct pg *c, struct arena *a, struct uid id) {
    const struct pg_args args = id_args(a, id);
    return pg_run(c, &visitors_delete, &args, NULL);
}

/* ---- tickets ---- */

enum err visitors_add_ticket(struct pg *c, struct arena *a, struct uid id, int64_t life_s,
                             const char **ticket) {
    uint8_t bytes[TICKET_BYTES];
    struct pg_args args = id_args(a, id);
    memcpy(bytes, id.b, sizeof id.b);
    crypto_random(bytes + sizeof id.b, VISITORS_SECRET_BYTES);
    const struct digest d = digest_of((struct span){(const char *)bytes, sizeof bytes});
    pg_put_bytes(&args, span_of_digest(&d));
    pg_put_int(&args, life_s);
    *ticket = enc_base64url(a, bytes, sizeof bytes);
    return pg_run(c, &visitors_insert_ticket, &args, NULL);
}

enum err visitors_use_ticket(struct pg *c, struct arena *a, const char *ticket,
                             struct visitor *out) {
    struct span bytes;
    struct uid id;
    pg_result_auto r = NULL;
    if (enc_unbase64url(a, span_of(ticket), &bytes) != OK || bytes.n != TICKET_BYTES)
        return ERR_ABSENT;
    memcpy(id.b, bytes.p, sizeof id.b);
    const struct digest d = digest_of(bytes);
    struct pg_args args = id_args(a, id);
    pg_put_bytes(&args, span_of_digest(&d));
    TRY(pg_run(c, &visitors_delete_ticket, &args, &r));
    if (!pg_rows(r))
        return ERR_ABSENT;
    read_row(a, r, out);
    return OK;
}

/* ---- what they have got ---- */

static char *refs_text(struct arena *a, const struct visitors_mark *m) {
    buf_auto b;
    buf_init(&b, (size_t)m->n * 128 + 16);
    buf_addc(&b, '[');
    for (int i = 0; i < m->n; i++) {
        json_put_item(&b);
        buf_addc(&b, '{');
        json_put_number(&b, "bucket", uid_bucket(m->refs[i].conversation_id));
        json_put_uid(&b, "id", m->refs[i].conversation_id);
        json_put_number(&b, "seq", m->refs[i].seq);
        buf_addc(&b, '}');
    }
    buf_addc(&b, ']');
    return arena_strndup(a, b.p, b.len);
}

enum err visitors_mark(struct pg *c, struct arena *a, const struct visitors_mark *m,
                       int64_t *changed) {
    struct pg_args args = pg_args(a);
    pg_result_auto r = NULL;
    *changed = 0;
    if (!m->n)
        return OK;
    pg_put_text(&args, refs_text(a, m));
    pg_put_int(&args, m->to);
    pg_put_int(&args, m->from);
    pg_put_text(&args, delivery_status_text(m->to));
    TRY(pg_run(c, &visitors_set_delivery, &args, &r));
    *changed = pg_affected(r);
    return OK;
}

enum err visitors_prune(struct pg *c, struct arena *a, int64_t *gone) {
    struct pg_args args = pg_args(a);
    pg_result_auto r = NULL;
    pg_put_int(&args, PRUNE_BATCH);
    TRY(pg_run(c, &visitors_delete_old, &args, &r));
    *gone = pg_int(r, 0, 0);
    return OK;
}
