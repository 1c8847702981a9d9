#include "paces.h"

#include "statement.h"

#define US_PER_S 1000000

STATEMENT(paces_advance,
          "INSERT INTO pace AS p (channel, free_at) VALUES ($1, now()) ON CONFLICT (channel)"
          " DO UPDATE SET free_at = greatest(p.free_at, now() - interval '1 second')"
          " + $2::bigint * interval '1 microsecond' WHERE p.free_at <= now() RETURNING 1");
STATEMENT(paces_left, "SELECT greatest(1, ceil(extract(epoch FROM free_at - now()) * 1000))::bigint"
                      " FROM pace WHERE channel = $1");
STATEMENT(paces_move, "INSERT INTO pace AS p (channel, free_at)"
                      " VALUES ($1, now() + $2::bigint * interval '1 millisecond')"
                      " ON CONFLICT (channel) DO UPDATE SET"
                      " free_at = greatest(p.free_at, excluded.free_at)");

enum err paces_take(struct pg *c, struct arena *a, const char *channel, int64_t rate_per_s,
                    int64_t *wait_ms) {
    pg_result_auto taken = NULL;
    pg_result_auto left = NULL;
    struct pg_args args = pg_args(a), name = pg_args(a);
    pg_put_text(&args, channel);
    pg_put_int(&args, US_PER_S / rate_per_s);
    pg_put_text(&name, channel);
    *wait_ms = 0;
    TRY(pg_run(c, &paces_advance, &args, &taken));
    if (pg_rows(taken))
        return OK;
    TRY(pg_run(c, &paces_left, &name, &left));
    *wait_ms = pg_rows(left) ? pg_int(left, 0, 0) : 1;
    return OK;
}

enum err paces_hold(struct pg *c, struct arena *a, const char *channel, int64_t ms) {
    struct pg_args args = pg_args(a);
    pg_put_text(&args, channel);
    pg_put_int(&args, ms);
    return pg_run(c, &paces_move, &args, NULL);
}
