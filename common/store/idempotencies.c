#include "idempotencies.h"

#include "statement.h"

#define PRUNE_BATCH 5000

STATEMENT(idempotencies_insert,
          "INSERT INTO idempotency AS i (bucket, key, body_hash, created_at)"
          " VALUES ($1, $2, $3::bytea, now())"
          " ON CONFLICT (bucket, key) DO UPDATE SET created_at = excluded.created_at"
          " WHERE i.status IS NULL AND i.body_hash = excluded.body_hash"
          " AND i.created_at < excluded.created_at - make_interval(secs => $4)"
          " RETURNING true");
STATEMENT(idempotencies_select, "SELECT body_hash = $3::bytea, status, content_type, answer"
                                " FROM idempotency WHERE bucket = $1 AND key = $2");
STATEMENT(idempotencies_update, "UPDATE idempotency SET status = $3, content_type = $4, answer = $5"
                                " WHERE bucket = $1 AND key = $2");
STATEMENT(idempotencies_delete,
          "DELETE FROM idempotency WHERE bucket = $1 AND key = $2 AND status IS NULL");
STATEMENT(idempotencies_delete_old,
          "DELETE FROM idempotency WHERE ctid IN (SELECT ctid FROM idempotency"
          " WHERE created_at < now() - make_interval(hours => $1) LIMIT $2)");

static struct pg_args key_args(struct arena *a, struct uid key) {
    struct pg_args args = pg_args(a);
    pg_put_int(&args, uid_bucket(key));
    pg_put_uid(&args, key);
    return args;
}

/* A row that vanished between the two statements was dropped by whoever ran it: still not ours. */
static void read_row(struct arena *a, const struct pg_result *r, struct idempotencies_row *out) {
    out->state = IDEMPOTENCIES_RUNNING;
    if (pg_rows(r) == 0)
        return;
    if (!pg_flag(r, 0, 0))
        out->state = IDEMPOTENCIES_OTHER;
    else if (!pg_is_null(r, 0, 1))
        *out = (struct idempotencies_row){.state = IDEMPOTENCIES_DONE,
                                          .status = (int)pg_int(r, 0, 1),
                                          .content_type = pg_text(a, r, 0, 2),
                                          .answer = pg_text(a, r, 0, 3)};
}

enum err idempotencies_claim(struct pg *c, struct arena *a, struct uid key, struct span body_hash,
                             struct idempotencies_row *out) {
    struct pg_args find = key_args(a, key);
    pg_put_bytes(&find, body_hash);
    struct pg_args insert = find;
    pg_put_int(&insert, IDEMPOTENCIES_RUNNING_MAX_S);
    pg_result_auto mine = NULL;
    pg_result_auto found = NULL;
    *out = (struct idempotencies_row){.state = IDEMPOTENCIES_MINE};
    TRY(pg_run(c, &idempotencies_insert, &insert, &mine));
    if (pg_rows(mine) > 0)
        return OK;
    TRY(pg_run(c, &idempotencies_select, &find, &found));
    read_row(a, found, out);
    return OK;
}

enum err idempotencies_finish(struct pg *c, struct arena *a, struct uid key,
                              const struct idempotencies_row *done) {
    struct pg_args args = key_args(a, key);
    pg_put_int(&args, done->status);
    pg_put_text(&args, done->content_type);
    pg_put_text(&args, done->answer);
    return pg_run(c, &idempotencies_update, &args, NULL);
}

enum err idempotencies_drop(struct pg *c, struct arena *a, struct uid key) {
    struct pg_args args = key_args(a, key);
    return pg_run(c, &idempotencies_delete, &args, NULL);
}

enum err idempotencies_prune(struct pg *c, struct arena *a, int64_t hours, int64_t *n) {
    struct pg_args args = pg_args(a);
    pg_result_auto r = NULL;
    pg_put_int(&args, hours);
    pg_put_int(&args, PRUNE_BATCH);
    TRY(pg_run(c, &idempotencies_delete_old, &args, &r));
    *n = pg_affected(r);
    return OK;
}
