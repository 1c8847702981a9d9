#include "events.h"

#include <stdlib.h>

#include "../codec/json.h"
#include "statement.h"

#define PRUNE_BATCH 5000

#define EVENT_COLUMNS "e.xid::text::bigint, e.n, e.kind, e.conversation_id, e.seq, e.at, e.data"
/* A position is compared as a row so that the index on (xid, n) is walked. */
STATEMENT(events_feed,
          "SELECT " EVENT_COLUMNS ", m.id, m.direction, m.kind, m.author_type, m.author_id,"
          " m.channel, m.language, m.decision, m.address FROM (SELECT * FROM event WHERE"
          " (xid, n) > ($1::text::xid8, $2::int) AND xid < pg_snapshot_xmin(pg_current_snapshot())"
          " ORDER BY xid, n LIMIT $3) e LEFT JOIN message m ON e.kind = 0 AND m.bucket = e.bucket"
          " AND m.conversation_id = e.conversation_id AND m.seq = e.seq ORDER BY e.xid, e.n");
STATEMENT(events_last, "SELECT xid::text::bigint, n FROM event"
                       " WHERE xid < pg_snapshot_xmin(pg_current_snapshot())"
                       " ORDER BY xid DESC, n DESC LIMIT 1");
STATEMENT(events_first_since, "SELECT min(xid)::text::bigint FROM event WHERE at >= $1");
/* A place that this cluster has not come to yet is of another one, or of one that lost its end. */
STATEMENT(events_kept, "SELECT $1::text::xid8 < pg_snapshot_xmax(pg_current_snapshot())"
                       " AND $1::text::xid8 >= coalesce((SELECT xid FROM consumer"
                       " WHERE name = 'pruned'), '0'::xid8)");
STATEMENT(events_delete_old,
          "WITH gone AS (DELETE FROM event WHERE ctid IN (SELECT ctid FROM event WHERE at < $1"
          " AND at >= $3 AND (kind IN (0, 1) OR conversation_id IS NULL) LIMIT $2) RETURNING xid),"
          " upto AS (INSERT INTO consumer"
          " SELECT 'pruned', max(xid), 0 FROM gone HAVING count(*) > 0 ON CONFLICT (name)"
          " DO UPDATE SET xid = greatest(consumer.xid, excluded.xid))"
          " SELECT count(*) FROM gone");

/* Of another cluster is what this one has not counted up to yet. */
#define EVENTS_RESTORED "xid >= pg_snapshot_xmax(pg_current_snapshot())"
STATEMENT(events_any_restored, "SELECT EXISTS (SELECT FROM event WHERE " EVENTS_RESTORED ")");
/* What was restored becomes the feed's beginning, in its order, with what was written since behind
 * it; who reads it stands where it stood. 3 is the first id that a cluster gives. */
STATEMENT(events_adopt,
          "WITH place AS MATERIALIZED (SELECT ctid AS row, xid, n, " EVENTS_RESTORED " AS restored,"
          " row_number() OVER (ORDER BY NOT " EVENTS_RESTORED ", xid, n) AS no FROM event),"
          " readers AS (UPDATE consumer c SET xid = '3', n = (SELECT count(*) FROM place p"
          " WHERE p.restored AND (p.xid, p.n) <= (c.xid, c.n)) WHERE name <> 'pruned'),"
          " pruned AS (UPDATE consumer SET xid = '3', n = 0 WHERE name = 'pruned'),"
          " moved AS (UPDATE event e SET xid = '3', n = p.no FROM place p WHERE e.ctid = p.row"
          " RETURNING p.restored) SELECT count(*) FROM moved WHERE restored");

static struct event read_event(struct arena *a, const struct pg_result *r, int row) {
    return (struct event){.at = {(uint64_t)pg_int(r, row, 0), (int)pg_int(r, row, 1)},
                          .kind = (enum event_kind)pg_int(r, row, 2),
                          .conversation_id = pg_uid(r, row, 3),
                          .seq = (int)pg_int(r, row, 4),
                          .at_ms = pg_time(r, row, 5),
                          .data = pg_text(a, r, row, 6),
                          .author_id = "",
                          .channel = "",
                          .address = "",
                          .language = ""};
}

enum err events_after(struct pg *c, struct arena *a, struct event_position after, int limit,
                      struct events *out) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_text(&args, arena_printf(a, "%llu", (unsigned long long)after.xid));
    pg_put_int(&args, after.n);
    pg_put_int(&args, limit);
    TRY(pg_run(c, &events_feed, &args, &r));
    out->n = pg_rows(r);
    out->items = ARENA_ARRAY(a, struct event, out->n);
    for (int i = 0; i < out->n; i++) {
        struct event *e = &out->items[i];
        *e = read_event(a, r, i);
        if (pg_is_null(r, i, 7))
            continue;
        e->message_id = pg_uid(r, i, 7);
        e->direction = (enum direction)pg_int(r, i, 8);
        e->message_kind = (enum message_kind)pg_int(r, i, 9);
        e->author_type = (enum party_type)pg_int(r, i, 10);
        e->author_id = pg_text(a, r, i, 11);
        e->channel = pg_text(a, r, i, 12);
        e->language = pg_text(a, r, i, 13);
        e->decision = pg_bytes(a, r, i, 14);
        e->address = pg_text(a, r, i, 15);
    }
    return OK;
}

enum err events_newest(struct pg *c, struct arena *a, struct event_position *out) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    TRY(pg_run(c, &events_last, &args, &r));
    *out = (struct event_position){0, 0};
    if (pg_rows(r))
        *out = (struct event_position){(uint64_t)pg_int(r, 0, 0), (int)pg_int(r, 0, 1)};
    return OK;
}

enum err events_since(struct pg *c, struct arena *a, int64_t wall_ms, struct event_position *out) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_time(&args, wall_ms);
    TRY(pg_run(c, &events_first_since, &args, &r));
    if (!pg_rows(r) || pg_is_null(r, 0, 0))
        return events_newest(c, a, out);
    *out = (struct event_position){(uint64_t)pg_int(r, 0, 0), -1};
    return OK;
}

enum err events_reachable(struct pg *c, struct arena *a, struct event_position from, bool *out) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_text(&args, arena_printf(a, "%llu", (unsigned long long)from.xid));
    TRY(pg_run(c, &events_kept, &args, &r));
    *out = pg_flag(r, 0, 0);
    return OK;
}

bool events_parse_position(const char *text, struct event_position *out) {
    char *end = NULL;
    if (!text || *text < '0' || *text > '9')
        return false;
    out->xid = strtoull(text, &end, 10);
    if (*end != '-' || end[1] == '\0')
        return false;
    long n = strtol(end + 1, &end, 10);
    out->n = (int)n;
    return *end == '\0' && n >= -1 && n <= INT32_MAX;
}

enum err events_prune(struct pg *c, struct arena *a, int64_t from_ms, int64_t before_ms,
                      int64_t *gone) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_time(&args, before_ms);
    pg_put_int(&args, PRUNE_BATCH);
    pg_put_time(&args, from_ms);
    TRY(pg_run(c, &events_delete_old, &args, &r));
    *gone = pg_int(r, 0, 0);
    return OK;
}

enum err events_adopt_restored(struct pg *c, int64_t *adopted) {
    pg_result_auto some = NULL;
    pg_result_auto r = NULL;
    *adopted = 0;
    TRY(pg_run(c, &events_any_restored, NULL, &some));
    if (!pg_flag(some, 0, 0))
        return OK;
    TRY(pg_run(c, &events_adopt, NULL, &r));
    *adopted = pg_int(r, 0, 0);
    return OK;
}
