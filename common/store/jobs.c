#include "jobs.h"

#include "statement.h"

#ifdef BROKEN_NAIVE_SKIP_LOCKED
#define JOBS_IN_ORDER ""
#else
/* Head of line: nothing of a conversation leaves while something earlier has not. Timers (lane 2)
 * have each a time of their own. */
#define JOBS_IN_ORDER                                                                              \
    " AND (j.lane = 2 OR NOT EXISTS (SELECT 1 FROM job e WHERE e.bucket = j.bucket"                \
    " AND e.lane = j.lane AND e.conversation_id = j.conversation_id AND e.seq < j.seq"             \
    " AND e.dead_at IS NULL))"
#endif

/* Each look begins behind the last one's end, so that no bucket is served first for ever. */
#define JOBS_BUCKETS(there)                                                                        \
    "SELECT b FROM generate_series(0, 255) b WHERE EXISTS (SELECT 1 FROM job j WHERE j.lane = $1"  \
    " AND j.bucket = b AND j.run_at <= now() AND j.dead_at IS NULL" there ")"                      \
    " ORDER BY (b - $2 + 511) % 256 LIMIT $3"
/* One index probe a bucket, however many jobs wait. */
STATEMENT(jobs_buckets, JOBS_BUCKETS(""));
/* And one for each job before the first that may go: 0.2 s where 100 000 wait behind others. */
STATEMENT(jobs_buckets_free, JOBS_BUCKETS(JOBS_IN_ORDER));

/* Probes alike, of every lane. */
#define JOBS_DUE_THERE                                                                             \
    " FROM job j WHERE j.lane = l AND j.bucket = b AND j.run_at <= now() AND j.dead_at IS NULL"
STATEMENT(jobs_count_due,
          "SELECT sum((SELECT count(*) FROM (SELECT 1" JOBS_DUE_THERE " LIMIT $1) few))::bigint,"
          " coalesce(extract(epoch FROM now() - min((SELECT j.run_at" JOBS_DUE_THERE JOBS_IN_ORDER
          " ORDER BY j.run_at LIMIT 1))) * 1000, 0)::bigint"
          " FROM generate_series(0, 255) b, generate_series(0, $2) l");

#define JOB_COLUMNS                                                                                \
    "t.lane, t.conversation_id, t.seq, t.epoch, t.run_at, t.attempts, t.token, t.endpoint,"        \
    " t.last_error, t.created_at, t.dead_at, t.parts_sent"
STATEMENT(jobs_take,
          "UPDATE job t SET run_at = now() + $4 * interval '1 millisecond', token = $5,"
          " attempts = t.attempts + 1 FROM (SELECT j.conversation_id, j.seq FROM job j"
          " WHERE j.bucket = $1 AND j.lane = $2 AND j.run_at <= now()"
          " AND j.dead_at IS NULL" JOBS_IN_ORDER
          " ORDER BY j.run_at LIMIT $3 FOR UPDATE SKIP LOCKED) d"
          " WHERE t.bucket = $1 AND t.lane = $2 AND t.conversation_id = d.conversation_id"
          " AND t.seq = d.seq RETURNING " JOB_COLUMNS);

#define HELD " WHERE bucket = $1 AND lane = $2 AND conversation_id = $3 AND seq = $4 AND token = $5"
STATEMENT(jobs_hold, "SELECT 1 FROM job" HELD " FOR UPDATE");
STATEMENT(jobs_done, "DELETE FROM job" HELD);
STATEMENT(jobs_later, "UPDATE job SET run_at = now() + $6 * interval '1 millisecond', token = NULL,"
                      " attempts = attempts - $7, last_error = $8" HELD);
STATEMENT(jobs_sent_part, "UPDATE job SET parts_sent = $6" HELD);
STATEMENT(jobs_other_way, "UPDATE job SET endpoint = $6, run_at = now(), token = NULL,"
                          " parts_sent = 0, attempts = 0" HELD);
/* Its event has a number of its own in the transaction, where a delivery's is 0. */
STATEMENT(jobs_kill,
          "WITH dead AS (UPDATE job SET dead_at = now(), token = NULL, last_error = $6" HELD
          " RETURNING bucket, conversation_id, seq, endpoint, attempts) INSERT INTO event (bucket,"
          " kind, seq, n, at, conversation_id, data) SELECT bucket, 13, seq, 1, now(),"
          " conversation_id, jsonb_build_object('lane', $7::text, 'endpoint', endpoint,"
          " 'attempts', attempts, 'error', $6::text) FROM dead");
STATEMENT(jobs_dead_letters,
          "SELECT " JOB_COLUMNS " FROM job t WHERE t.dead_at IS NOT NULL"
          " AND ($1::timestamptz IS NULL OR t.dead_at < $1) ORDER BY t.dead_at DESC LIMIT $2");
STATEMENT(jobs_again,
          "UPDATE job SET dead_at = NULL, attempts = 0, run_at = now(), last_error = NULL"
          " WHERE bucket = $1 AND lane = $2 AND conversation_id = $3 AND seq = $4"
          " AND dead_at IS NOT NULL");

enum err jobs_due_buckets(struct pg *c, struct arena *a, const struct jobs_look *look,
                          int **buckets, int *n) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_int(&args, look->lane);
    pg_put_int(&args, look->behind);
    pg_put_int(&args, look->limit);
    TRY(pg_run(c, look->thorough ? &jobs_buckets_free : &jobs_buckets, &args, &r));
    *n = pg_rows(r);
    *buckets = ARENA_ARRAY(a, int, *n);
    for (int i = 0; i < *n; i++)
        (*buckets)[i] = (int)pg_int(r, i, 0);
    return OK;
}

enum err jobs_measure(struct pg *c, struct arena *a, struct jobs_backlog *out) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_int(&args, JOBS_COUNTED);
    pg_put_int(&args, lane_count_ - 1);
    TRY(pg_run(c, &jobs_count_due, &args, &r));
    *out = (struct jobs_backlog){pg_int(r, 0, 0), pg_int(r, 0, 1)};
    return OK;
}

static void read_jobs(struct arena *a, const struct pg_result *r, struct jobs *out) {
    out->n = pg_rows(r);
    out->items = ARENA_ARRAY(a, struct job, out->n);
    for (int i = 0; i < out->n; i++) {
        const char *error = pg_text(a, r, i, 8);
        out->items[i] = (struct job){.lane = (enum lane)pg_int(r, i, 0),
                                     .conversation_id = pg_uid(r, i, 1),
                                     .seq = (int)pg_int(r, i, 2),
                                     .epoch = (int)pg_int(r, i, 3),
                                     .run_ms = pg_time(r, i, 4),
                                     .attempts = (int)pg_int(r, i, 5),
                                     .token = pg_uid(r, i, 6),
                                     .endpoint = pg_text(a, r, i, 7),
                                     .last_error = error ? error : "",
                                     .created_ms = pg_time(r, i, 9),
                                     .dead_ms = pg_time(r, i, 10),
                                     .parts_sent = (int)pg_int(r, i, 11)};
    }
}

enum err jobs_claim(struct pg *c, struct arena *a, const struct jobs_claim *claim,
                    struct jobs *out) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_int(&args, claim->bucket);
    pg_put_int(&args, claim->lane);
    pg_put_int(&args, claim->limit);
    pg_put_int(&args, claim->lease_ms);
    pg_put_uid(&args, claim->token);
    TRY(pg_run(c, &jobs_take, &args, &r));
    read_jobs(a, r, out);
    return OK;
}

static struct pg_args held(struct arena *a, const struct job *j) {
    struct pg_args args = pg_args(a);
    pg_put_int(&args, uid_bucket(j->conversation_id));
    pg_put_int(&args, j->lane);
    pg_put_uid(&args, j->conversation_id);
    pg_put_int(&args, j->seq);
    pg_put_uid(&args, j->token);
    return args;
}

static enum err say(struct pg *c, const struct pg_stmt *s, const struct pg_args *args,
                    bool *was_held) {
    pg_result_auto r = NULL;
    TRY(pg_run(c, s, args, &r));
    *was_held = pg_affected(r) == 1;
    return OK;
}

struct pg_step jobs_hold_step(struct arena *a, const struct job *j) {
    struct pg_args *args = ARENA_NEW(a, struct pg_args);
    *args = held(a, j);
    return (struct pg_step){&jobs_hold, args};
}

enum err jobs_finish(struct pg *c, struct arena *a, const struct job *j, bool *was_held) {
    struct pg_args args = held(a, j);
    return say(c, &jobs_done, &args, was_held);
}

enum err jobs_put_off(struct pg *c, struct arena *a, const struct job *j,
                      const struct jobs_delay *delay, bool *was_held) {
    struct pg_args args = held(a, j);
    pg_put_int(&args, delay->ms);
    pg_put_int(&args, delay->spend_attempt ? 0 : 1);
    pg_put_text(&args, delay->error);
    return say(c, &jobs_later, &args, was_held);
}

enum err jobs_progress(struct pg *c, struct arena *a, const struct job *j, int parts_sent,
                       bool *was_held) {
    struct pg_args args = held(a, j);
    pg_put_int(&args, parts_sent);
    return say(c, &jobs_sent_part, &args, was_held);
}

enum err jobs_redirect(struct pg *c, struct arena *a, const struct job *j, const char *endpoint,
                       bool *was_held) {
    struct pg_args args = held(a, j);
    pg_put_text(&args, endpoint);
    return say(c, &jobs_other_way, &args, was_held);
}

enum err jobs_bury(struct pg *c, struct arena *a, const struct job *j, const char *error,
                   bool *was_held) {
    struct pg_args args = held(a, j);
    pg_put_text(&args, error);
    pg_put_text(&args, lane_text(j->lane));
    return say(c, &jobs_kill, &args, was_held);
}

enum err jobs_dead(struct pg *c, struct arena *a, int64_t before_ms, int limit, struct jobs *out) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_time(&args, before_ms);
    pg_put_int(&args, limit);
    TRY(pg_run(c, &jobs_dead_letters, &args, &r));
    read_jobs(a, r, out);
    return OK;
}

enum err jobs_revive(struct pg *c, struct arena *a, enum lane lane, struct uid conversation,
                     int seq) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_int(&args, uid_bucket(conversation));
    pg_put_int(&args, lane);
    pg_put_uid(&args, conversation);
    pg_put_int(&args, seq);
    TRY(pg_run(c, &jobs_again, &args, &r));
    return pg_affected(r) == 1 ? OK : ERR_ABSENT;
}
