#include "conversations.h"

#include "../codec/json.h"
#include "../model/identity.h"
#include "statement.h"

/* The bucket is the last byte of the id: see uid.h. */
#define CONVERSATIONS_OF_IDS                                                                       \
    " FROM unnest($1::uuid[]) i JOIN conversation c"                                               \
    " ON c.bucket = get_byte(uuid_send(i), 15) AND c.id = i ORDER BY c.bucket, c.id FOR UPDATE "   \
    "OF c"

#define CONVERSATIONS_FREE " SKIP LOCKED"
STATEMENT(conversations_lock, "SELECT " CONVERSATIONS_COLUMNS CONVERSATIONS_OF_IDS);
STATEMENT(conversations_lock_free,
          "SELECT " CONVERSATIONS_COLUMNS CONVERSATIONS_OF_IDS CONVERSATIONS_FREE);
STATEMENT(conversations_fence, "SELECT 1" CONVERSATIONS_OF_IDS);

#define CONVERSATIONS_OF_SENDERS                                                                   \
    "SELECT d.kind, d.value, " CONVERSATIONS_COLUMNS                                               \
    " FROM json_to_recordset($1::json) AS i(bucket smallint, kind text, value text)"               \
    " JOIN identity d ON d.bucket = i.bucket AND d.kind = i.kind AND d.value = i.value"            \
    " JOIN conversation c ON c.id = d.conversation_id"                                             \
    " AND c.bucket = get_byte(uuid_send(d.conversation_id), 15)"                                   \
    " ORDER BY c.bucket, c.id FOR UPDATE OF c"
STATEMENT(conversations_lock_by_identity, CONVERSATIONS_OF_SENDERS);
STATEMENT(conversations_lock_free_by_identity, CONVERSATIONS_OF_SENDERS CONVERSATIONS_FREE);

STATEMENT(conversations_by_id,
          "SELECT " CONVERSATIONS_COLUMNS " FROM conversation c WHERE c.bucket = $1 AND c.id = $2");

enum err conversations_row(struct arena *a, const struct pg_result *r, int row, int col,
                           struct conversation *out) {
    *out = (struct conversation){
        .id = pg_uid(r, row, col),
        .customer_id = pg_uid(r, row, col + 1),
        .version = pg_int(r, row, col + 2),
        .last_seq = (int)pg_int(r, row, col + 3),
        .epoch = (int)pg_int(r, row, col + 4),
        .priority = (int)pg_int(r, row, col + 5),
        .status = (enum conversation_status)pg_int(r, row, col + 6),
        .mode = (enum mode)pg_int(r, row, col + 7),
        .holder = {(enum party_type)pg_int(r, row, col + 8), pg_text(a, r, row, col + 9)},
        .queue = pg_text(a, r, row, col + 10),
        .language = pg_text(a, r, row, col + 11),
        .topic = pg_text(a, r, row, col + 12),
        .created_ms = pg_time(r, row, col + 14),
        .updated_ms = pg_time(r, row, col + 15),
        .merged_into = pg_uid(r, row, col + 16),
    };
    if (conversation_parse_state(a, span_of(pg_text(a, r, row, col + 13)), out) != OK)
        return ERR_BUG;
    return OK;
}

static struct pg_step ids_step(struct arena *a, const struct pg_stmt *s, const struct uid *ids,
                               int n) {
    struct pg_args *args = ARENA_NEW(a, struct pg_args);
    *args = pg_args(a);
    pg_put_uid_array(args, ids, n);
    return (struct pg_step){s, args};
}

struct pg_step conversations_lock_step(struct arena *a, const struct uid *ids, int n) {
    return ids_step(a, &conversations_lock, ids, n);
}

struct pg_step conversations_free_step(struct pg_step lock) {
    bool by_id = lock.stmt == &conversations_lock;
    lock.stmt = by_id ? &conversations_lock_free : &conversations_lock_free_by_identity;
    return lock;
}

struct pg_step conversations_fence_step(struct arena *a, const struct uid *ids, int n) {
    return ids_step(a, &conversations_fence, ids, n);
}

struct pg_step conversations_lock_by_identity_step(struct arena *a, const struct newcomer *senders,
                                                   int n) {
    buf_auto b;
    buf_init(&b, (size_t)n * (IDENTITY_VALUE_MAX * 6 + IDENTITY_KIND_MAX + 80) + 16);
    buf_addc(&b, '[');
    for (int i = 0; i < n; i++) {
        const struct identity *id = &senders[i].identity;
        json_put_item(&b);
        buf_addc(&b, '{');
        json_put_number(&b, "bucket", identity_bucket(id->kind, id->value));
        json_put_text(&b, "kind", id->kind);
        json_put_text(&b, "value", id->value);
        buf_addc(&b, '}');
    }
    buf_addc(&b, ']');
    struct pg_args *args = ARENA_NEW(a, struct pg_args);
    *args = pg_args(a);
    pg_put_text(args, arena_strndup(a, b.p, b.len));
    return (struct pg_step){&conversations_lock_by_identity, args};
}

enum err conversations_find(struct pg *c, struct arena *a, struct uid id,
                            struct conversation *out) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_int(&args, uid_bucket(id));
    pg_put_uid(&args, id);
    TRY(pg_run(c, &conversations_by_id, &args, &r));
    return pg_rows(r) ? conversations_row(a, r, 0, 0, out) : ERR_ABSENT;
}
