#include "attachments.h"

#include "statement.h"

STATEMENT(attachments_insert,
          "INSERT INTO attachment (bucket, id, conversation_id, seq, name, content_type, size,"
          " bytes) VALUES ($1, $2, $3, $4, $5, $6, $7, $8::bytea) ON CONFLICT DO NOTHING");
STATEMENT(attachments_one, "SELECT conversation_id, seq, name, content_type, size, bytes"
                           " FROM attachment WHERE bucket = $1 AND id = $2");

STATEMENT(attachments_still_here, "SELECT id, bytes FROM attachment WHERE bytes IS NOT NULL"
                                  " ORDER BY created_at LIMIT $1");
STATEMENT(attachments_set_moved,
          "WITH moved AS (UPDATE attachment SET bytes = NULL WHERE bucket = $1 AND id = $2"
          " RETURNING 1) INSERT INTO attachment_gone (bucket, id) SELECT $1, $2"
          " WHERE NOT EXISTS (SELECT FROM moved) ON CONFLICT DO NOTHING");
STATEMENT(attachments_to_delete, "SELECT id, NULL::bytea FROM attachment_gone LIMIT $1");
STATEMENT(attachments_deleted, "DELETE FROM attachment_gone WHERE bucket = $1 AND id = $2");

enum err attachments_add(struct pg *c, struct arena *a, const struct attachment *one) {
    struct pg_args args = pg_args(a);
    pg_put_int(&args, uid_bucket(one->id));
    pg_put_uid(&args, one->id);
    pg_put_uid(&args, one->of.conversation_id);
    pg_put_int(&args, one->of.seq);
    pg_put_text(&args, one->name);
    pg_put_text(&args, one->content_type);
    pg_put_int(&args, one->size);
    pg_put_bytes(&args, one->bytes);
    return pg_run(c, &attachments_insert, &args, NULL);
}

enum err attachments_find(struct pg *c, struct arena *a, struct uid id, struct attachment *out) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_int(&args, uid_bucket(id));
    pg_put_uid(&args, id);
    TRY(pg_run(c, &attachments_one, &args, &r));
    if (!pg_rows(r))
        return ERR_ABSENT;
    *out = (struct attachment){.id = id,
                               .of = {pg_uid(r, 0, 0), (int)pg_int(r, 0, 1)},
                               .name = pg_text(a, r, 0, 2),
                               .content_type = pg_text(a, r, 0, 3),
                               .size = pg_int(r, 0, 4),
                               .bytes = pg_bytes(a, r, 0, 5)};
    return OK;
}

static enum err list(struct pg *c, struct arena *a, const struct pg_stmt *stmt, int limit,
                     struct attachments *out) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_int(&args, limit);
    TRY(pg_run(c, stmt, &args, &r));
    out->n = pg_rows(r);
    out->items = ARENA_ARRAY(a, struct attachment, out->n + 1);
    for (int i = 0; i < out->n; i++)
        out->items[i] = (struct attachment){.id = pg_uid(r, i, 0), .bytes = pg_bytes(a, r, i, 1)};
    return OK;
}

static enum err say(struct pg *c, struct arena *a, const struct pg_stmt *stmt, struct uid id) {
    struct pg_args args = pg_args(a);
    pg_put_int(&args, uid_bucket(id));
    pg_put_uid(&args, id);
    return pg_run(c, stmt, &args, NULL);
}

enum err attachments_here(struct pg *c, struct arena *a, int limit, struct attachments *out) {
    return list(c, a, &attachments_still_here, limit, out);
}

enum err attachments_moved(struct pg *c, struct arena *a, struct uid id) {
    return say(c, a, &attachments_set_moved, id);
}

enum err attachments_gone(struct pg *c, struct arena *a, int limit, struct attachments *out) {
    return list(c, a, &attachments_to_delete, limit, out);
}

enum err attachments_forget(struct pg *c, struct arena *a, struct uid id) {
    return say(c, a, &attachments_deleted, id);
}
