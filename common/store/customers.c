#include "customers.h"

#include "../codec/json.h"
#include "../model/identity.h"
#include "statement.h"

#define REDIRECTS_MAX 64

STATEMENT(customers_first_contact,
          "WITH i AS MATERIALIZED (SELECT * FROM json_to_recordset($1::json) AS i(home smallint,"
          " kind text, value text, bucket smallint, customer_id uuid, conversation_id uuid,"
          " name text, key_bucket smallint, key uuid, now timestamptz) WHERE NOT EXISTS"
          " (SELECT 1 FROM arrival a WHERE a.bucket = i.key_bucket AND a.key = i.key)),"
          " d AS (INSERT INTO identity (bucket, kind, value, customer_id, conversation_id)"
          " SELECT home, kind, value, customer_id, conversation_id FROM i"
          " ORDER BY home, kind, value ON CONFLICT DO NOTHING RETURNING customer_id),"
          " u AS (INSERT INTO customer (bucket, id, conversation_id, name, created_at)"
          " SELECT i.bucket, i.customer_id, i.conversation_id, i.name, i.now"
          " FROM i JOIN d ON d.customer_id = i.customer_id)"
          " INSERT INTO conversation (bucket, id, customer_id, version, last_seq, epoch, priority,"
          " status, mode, holder_type, holder_id, queue, language, topic, state, created_at,"
          " updated_at) SELECT i.bucket, i.conversation_id, i.customer_id, 0, 0, 0, 3, 0, 0, 0, '',"
          " '', '', '', '{}', i.now, i.now FROM i JOIN d ON d.customer_id = i.customer_id"
          " RETURNING id");

#define CUSTOMER_COLUMNS                                                                           \
    "u.id, u.conversation_id, u.name, u.tier, u.preference, u.merged_into, u.created_at"
STATEMENT(customers_by_id,
          "SELECT " CUSTOMER_COLUMNS " FROM customer u WHERE u.bucket = $1 AND u.id = $2");
STATEMENT(customers_identity, "SELECT customer_id FROM identity"
                              " WHERE bucket = $1 AND kind = $2 AND value = $3");
/* The customer is held, so that nothing is added to one who is being erased. */
STATEMENT(customers_add_identity,
          "INSERT INTO identity (bucket, kind, value, customer_id, conversation_id)"
          " SELECT $1, $2, $3, u.id, $5 FROM customer u WHERE u.id = $4"
          " AND u.bucket = get_byte(uuid_send($4::uuid), 15) FOR KEY SHARE ON CONFLICT DO NOTHING");
STATEMENT(customers_add_claim,
          "INSERT INTO claim (bucket, customer_id, kind, value) SELECT u.bucket, u.id, $3, $4"
          " FROM customer u WHERE u.bucket = $1 AND u.id = $2 FOR KEY SHARE"
          " ON CONFLICT DO NOTHING");
STATEMENT(
    customers_all_identities,
    "WITH RECURSIVE part(id) AS (SELECT $1::uuid UNION SELECT m.merged_id FROM merge m"
    " JOIN part p ON m.survivor_id = p.id WHERE m.undone_at IS NULL)"
    " SELECT kind, value, 1, created_at FROM identity WHERE customer_id IN (SELECT id FROM part)"
    " UNION ALL SELECT kind, value, 0, created_at FROM claim"
    " WHERE customer_id IN (SELECT id FROM part) ORDER BY 4, 1, 2");

STATEMENT(customers_redirect, "UPDATE customer SET merged_into = $3 WHERE bucket = $1 AND id = $2");
STATEMENT(customers_redirect_conversation,
          "UPDATE conversation SET merged_into = $3, version = version + 1"
          " WHERE bucket = $1 AND id = $2");
STATEMENT(customers_touch_conversation, "UPDATE conversation SET version = version + 1"
                                        " WHERE bucket = $1 AND id = $2");
STATEMENT(customers_add_merge,
          "INSERT INTO merge (bucket, id, survivor_id, merged_id, survivor_conversation,"
          " merged_conversation, reason, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
STATEMENT(customers_end_merge,
          "UPDATE merge SET undone_at = $3 WHERE bucket = $1 AND id = $2 AND undone_at IS NULL");
STATEMENT(customers_merge_by_id,
          "SELECT id, survivor_id, merged_id, survivor_conversation, merged_conversation, reason,"
          " created_at, undone_at FROM merge WHERE bucket = $1 AND id = $2");
STATEMENT(
    customers_merged_parts,
    "WITH RECURSIVE part(id, depth) AS (SELECT $1::uuid, 0 UNION SELECT m.merged_conversation,"
    " p.depth + 1 FROM merge m JOIN part p ON m.survivor_conversation = p.id"
    " AND m.bucket = get_byte(uuid_send(p.id), 15) WHERE m.undone_at IS NULL AND p.depth < 64)"
    " SELECT id FROM part ORDER BY depth, id");

struct pg_step customers_first_contact_step(struct arena *a, const struct newcomer *newcomers,
                                            int n) {
    struct pg_args *args = ARENA_NEW(a, struct pg_args);
    char id[UID_TEXT_MAX];
    buf_auto b;
    buf_init(&b, (size_t)n * 8192 + 16);
    buf_addc(&b, '[');
    for (int i = 0; i < n; i++) {
        const struct newcomer *c = &newcomers[i];
        json_put_item(&b);
        buf_addc(&b, '{');
        json_put_number(&b, "home", identity_bucket(c->identity.kind, c->identity.value));
        json_put_text(&b, "kind", c->identity.kind);
        json_put_text(&b, "value", c->identity.value);
        json_put_number(&b, "bucket", uid_bucket(c->customer_id));
        json_put_text(&b, "customer_id", uid_text(c->customer_id, id));
        json_put_text(&b, "conversation_id", uid_text(c->conversation_id, id));
        json_put_text(&b, "name", c->name);
        json_put_number(&b, "key_bucket", uid_bucket(c->arrival.key));
        json_put_text(&b, "key", uid_text(c->arrival.key, id));
        json_put_when(&b, "now", c->now_ms);
        buf_addc(&b, '}');
    }
    buf_addc(&b, ']');
    *args = pg_args(a);
    pg_put_text(args, arena_strndup(a, b.p, b.len));
    return (struct pg_step){&customers_first_contact, args};
}

enum err customers_find(struct pg *c, struct arena *a, struct uid id, struct customer *out) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_int(&args, uid_bucket(id));
    pg_put_uid(&args, id);
    TRY(pg_run(c, &customers_by_id, &args, &r));
    if (!pg_rows(r))
        return ERR_ABSENT;
    *out = (struct customer){.id = pg_uid(r, 0, 0),
                             .conversation_id = pg_uid(r, 0, 1),
                             .name = pg_text(a, r, 0, 2),
                             .tier = pg_text(a, r, 0, 3),
                             .preference = pg_text(a, r, 0, 4),
                             .merged_into = pg_uid(r, 0, 5),
                             .created_ms = pg_time(r, 0, 6)};
    return OK;
}

enum err customers_resolve(struct pg *c, struct arena *a, struct uid id, struct customer *out) {
    for (int i = 0; i < REDIRECTS_MAX; i++) {
        TRY(customers_find(c, a, id, out));
        if (uid_is_nil(out->merged_into))
            return OK;
        id = out->merged_into;
    }
    return ERR_BUG; /* a circle: merges of merged customers are refused */
}

static void put_identity(struct pg_args *args, const struct identity *i) {
    pg_put_int(args, identity_bucket(i->kind, i->value));
    pg_put_text(args, i->kind);
    pg_put_text(args, i->value);
}

enum err customers_by_identity(struct pg *c, struct arena *a, const struct identity *i,
                               struct customer *out) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    put_identity(&args, i);
    TRY(pg_run(c, &customers_identity, &args, &r));
    return pg_rows(r) ? customers_resolve(c, a, pg_uid(r, 0, 0), out) : ERR_ABSENT;
}

enum err customers_join(struct pg *c, struct arena *a, const struct customer *to,
                        const struct identity *i) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    put_identity(&args, i);
    pg_put_uid(&args, to->id);
    pg_put_uid(&args, to->conversation_id);
    TRY(pg_run(c, &customers_add_identity, &args, &r));
    return pg_affected(r) == 1 ? OK : ERR_CONFLICT;
}

enum err customers_claim(struct pg *c, struct arena *a, struct uid customer,
                         const struct identity *i) {
    struct pg_args args = pg_args(a);
    pg_put_int(&args, uid_bucket(customer));
    pg_put_uid(&args, customer);
    pg_put_text(&args, i->kind);
    pg_put_text(&args, i->value);
    return pg_run(c, &customers_add_claim, &args, NULL);
}

enum err customers_identities(struct pg *c, struct arena *a, struct uid customer,
                              struct identity **items, int *n) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_uid(&args, customer);
    TRY(pg_run(c, &customers_all_identities, &args, &r));
    *n = pg_rows(r);
    *items = ARENA_ARRAY(a, struct identity, *n);
    for (int i = 0; i < *n; i++)
        (*items)[i] = (struct identity){pg_text(a, r, i, 0), pg_text(a, r, i, 1),
                                        pg_int(r, i, 2) ? TRUST_VERIFIED : TRUST_CLAIMED};
    return OK;
}

static enum err point_at(struct pg *c, struct arena *a, const struct pg_stmt *s, struct uid what,
                         struct uid at) {
    struct pg_args args = pg_args(a);
    pg_put_int(&args, uid_bucket(what));
    pg_put_uid(&args, what);
    pg_put_uid(&args, at);
    return pg_run(c, s, &args, NULL);
}

static enum err touch(struct pg *c, struct arena *a, struct uid conversation) {
    struct pg_args args = pg_args(a);
    pg_put_int(&args, uid_bucket(conversation));
    pg_put_uid(&args, conversation);
    return pg_run(c, &customers_touch_conversation, &args, NULL);
}

enum err customers_merge_rows(struct pg *c, struct arena *a, const struct merge *m) {
    struct pg_args args = pg_args(a);
    pg_put_int(&args, uid_bucket(m->id));
    pg_put_uid(&args, m->id);
    pg_put_uid(&args, m->survivor_id);
    pg_put_uid(&args, m->merged_id);
    pg_put_uid(&args, m->survivor_conversation);
    pg_put_uid(&args, m->merged_conversation);
    pg_put_text(&args, m->reason);
    pg_put_time(&args, m->created_ms);
    TRY(pg_run(c, &customers_add_merge, &args, NULL));
    TRY(point_at(c, a, &customers_redirect, m->merged_id, m->survivor_id));
    TRY(point_at(c, a, &customers_redirect_conversation, m->merged_conversation,
                 m->survivor_conversation));
    return touch(c, a, m->survivor_conversation);
}

enum err customers_unmerge_rows(struct pg *c, struct arena *a, const struct merge *m,
                                int64_t now_ms) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_int(&args, uid_bucket(m->id));
    pg_put_uid(&args, m->id);
    pg_put_time(&args, now_ms);
    TRY(pg_run(c, &customers_end_merge, &args, &r));
    if (pg_affected(r) != 1)
        return ERR_CONFLICT;
    TRY(point_at(c, a, &customers_redirect, m->merged_id, (struct uid){{0}}));
    TRY(point_at(c, a, &customers_redirect_conversation, m->merged_conversation,
                 (struct uid){{0}}));
    return touch(c, a, m->survivor_conversation);
}

enum err customers_find_merge(struct pg *c, struct arena *a, struct uid id, struct merge *out) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_int(&args, uid_bucket(id));
    pg_put_uid(&args, id);
    TRY(pg_run(c, &customers_merge_by_id, &args, &r));
    if (!pg_rows(r))
        return ERR_ABSENT;
    *out = (struct merge){.id = pg_uid(r, 0, 0),
                          .survivor_id = pg_uid(r, 0, 1),
                          .merged_id = pg_uid(r, 0, 2),
                          .survivor_conversation = pg_uid(r, 0, 3),
                          .merged_conversation = pg_uid(r, 0, 4),
                          .reason = pg_text(a, r, 0, 5),
                          .created_ms = pg_time(r, 0, 6),
                          .undone_ms = pg_time(r, 0, 7)};
    return OK;
}

enum err customers_parts(struct pg *c, struct arena *a, struct uid conversation, struct uid **parts,
                         int *n) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_uid(&args, conversation);
    TRY(pg_run(c, &customers_merged_parts, &args, &r));
    *n = pg_rows(r);
    *parts = ARENA_ARRAY(a, struct uid, *n);
    for (int i = 0; i < *n; i++)
        (*parts)[i] = pg_uid(r, i, 0);
    return OK;
}
