#include "attempts.h"

#include "statement.h"

STATEMENT(attempts_add, "INSERT INTO attempt (endpoint, at, failed) VALUES ($1, now(), $2)");
STATEMENT(attempts_recent, "SELECT count(*), count(*) FILTER (WHERE failed),"
                           " (extract(epoch FROM now() - max(at)) * 1000)::bigint FROM attempt"
                           " WHERE endpoint = $1 AND at > now() - $2 * interval '1 millisecond'");
STATEMENT(attempts_delete, "DELETE FROM attempt WHERE at < now() - $1 * interval '1 millisecond'");

enum err attempts_note(struct pg *c, struct arena *a, const char *endpoint, bool failed) {
    struct pg_args args = pg_args(a);
    pg_put_text(&args, endpoint);
    pg_put_flag(&args, failed);
    return pg_run(c, &attempts_add, &args, NULL);
}

enum err attempts_count(struct pg *c, struct arena *a, const char *endpoint, int64_t window_ms,
                        struct attempts_count *out) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_text(&args, endpoint);
    pg_put_int(&args, window_ms);
    TRY(pg_run(c, &attempts_recent, &args, &r));
    *out = (struct attempts_count){(int)pg_int(r, 0, 0), (int)pg_int(r, 0, 1),
                                   pg_is_null(r, 0, 2) ? -1 : pg_int(r, 0, 2)};
    return OK;
}

enum err attempts_prune(struct pg *c, struct arena *a, int64_t keep_ms) {
    struct pg_args args = pg_args(a);
    pg_put_int(&args, keep_ms);
    return pg_run(c, &attempts_delete, &args, NULL);
}
