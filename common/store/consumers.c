#include "consumers.h"

#include "../codec/text.h"
#include "statement.h"

/* Set apart from other uses of advisory locks. */
#define LOCK_SEED 0x7265616473686966

/* The lock ends with the transaction, so that it also holds behind a pooler. What is derived can be
 * derived again: nobody waits for its flush. */
STATEMENT(consumers_lock, "SELECT pg_try_advisory_xact_lock($1),"
                          " set_config('synchronous_commit', 'off', true)");
STATEMENT(consumers_read, "SELECT xid::text::bigint, n FROM consumer WHERE name = $1");
STATEMENT(consumers_next,
          "SELECT (extract(epoch FROM now() - e.at) * 1000)::bigint FROM event e WHERE (e.xid, e.n)"
          " > (coalesce((SELECT xid FROM consumer WHERE name = $1), '0'::xid8),"
          " coalesce((SELECT n FROM consumer WHERE name = $1), 0)) ORDER BY e.xid, e.n LIMIT 1");
STATEMENT(consumers_write, "INSERT INTO consumer (name, xid, n) VALUES ($1, $2::text::xid8, $3)"
                           " ON CONFLICT (name) DO UPDATE SET xid = excluded.xid, n = excluded.n");

enum err consumers_begin(struct pg *c, struct arena *a, const char *task, bool *mine) {
    struct pg_args args = pg_args(a);
    struct pg_result *results[2] = {0};
    pg_put_int(&args, (int64_t)text_hash(task, strlen(task), LOCK_SEED));
    const struct pg_step steps[] = {{&pg_begin, NULL}, {&consumers_lock, &args}};
    enum err e = pg_run_batch(c, steps, 2, results);
    *mine = e == OK && pg_flag(results[1], 0, 0);
    pg_clear(results[0]);
    pg_clear(results[1]);
    if (e == OK && !*mine)
        e = pg_run(c, &pg_rollback, NULL, NULL);
    return e;
}

enum err consumers_place(struct pg *c, struct arena *a, const char *task,
                         struct event_position *out) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_text(&args, task);
    TRY(pg_run(c, &consumers_read, &args, &r));
    *out = (struct event_position){0, 0};
    if (pg_rows(r))
        *out = (struct event_position){(uint64_t)pg_int(r, 0, 0), (int)pg_int(r, 0, 1)};
    return OK;
}

enum err consumers_behind(struct pg *c, struct arena *a, const char *task, int64_t *behind_ms) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_text(&args, task);
    TRY(pg_run(c, &consumers_next, &args, &r));
    *behind_ms = pg_rows(r) ? pg_int(r, 0, 0) : 0;
    return OK;
}

enum err consumers_advance(struct pg *c, struct arena *a, const char *task,
                           struct event_position to) {
    struct pg_args args = pg_args(a);
    pg_put_text(&args, task);
    pg_put_int(&args, (int64_t)to.xid);
    pg_put_int(&args, to.n);
    return pg_run(c, &consumers_write, &args, NULL);
}

enum err consumers_end(struct pg *c, enum err e) {
    if (e == OK)
        return pg_run(c, &pg_commit, NULL, NULL);
    if (pg_in_transaction(c)) {
        enum err undone = pg_run(c, &pg_rollback, NULL, NULL);
        (void)undone; /* the lease's return rolls back too */
    }
    return e;
}
