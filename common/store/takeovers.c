#include "takeovers.h"

#include "statement.h"

/* Every message looked at is a row, so that a page costs the same whatever it finds. The timeline's
 * index names the events of a conversation in order. */
STATEMENT(
    takeovers_behind,
    "WITH looked AS MATERIALIZED (SELECT bucket, conversation_id, seq, received_at,"
    " direction = 0 AND decision IS NOT NULL AND ($5::timestamptz IS NULL OR received_at >= $5)"
    " AND ($6::timestamptz IS NULL OR received_at < $6) AS judged, decision FROM message"
    " WHERE (bucket, conversation_id, seq) > ($1::smallint,"
    " coalesce($2::uuid, '00000000-0000-0000-0000-000000000000'), $3::int)"
    " ORDER BY bucket, conversation_id, seq LIMIT $4)"
    " SELECT m.conversation_id, m.seq, m.received_at,"
    " CASE WHEN m.judged THEN m.decision END, t.at, t.gave_up FROM looked m"
    " LEFT JOIN LATERAL (SELECT e.at, e.data->>'cause' IN ('bot_failed', 'bot_handed_over')"
    " AS gave_up FROM event e WHERE e.bucket = m.bucket"
    " AND e.conversation_id = m.conversation_id AND e.at >= m.received_at"
    " AND e.kind NOT IN (0, 1) AND e.kind = 2 AND e.data->>'cause' IN"
    " ('takeover', 'reply', 'echo', 'bot_failed', 'bot_handed_over')"
    " ORDER BY e.at LIMIT 1) t ON m.judged ORDER BY m.bucket, m.conversation_id, m.seq");

static enum err read_turn(struct arena *a, const struct pg_result *r, int row,
                          struct takeovers_turn *out) {
    out->conversation_id = pg_uid(r, row, 0);
    out->at_ms = pg_time(r, row, 2);
    out->came_ms = pg_time(r, row, 4);
    out->gave_up = pg_flag(r, row, 5);
    return decision_unpack(a, pg_bytes(a, r, row, 3), &out->decision) == OK ? OK : ERR_BUG;
}

enum err takeovers_after(struct pg *c, struct arena *a, const struct message_ref *place,
                         const struct takeovers_span *span, struct takeovers_page *out) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_int(&args, uid_bucket(place->conversation_id));
    pg_put_uid(&args, place->conversation_id);
    pg_put_int(&args, place->seq);
    pg_put_int(&args, span->page);
    pg_put_time(&args, span->since_ms);
    pg_put_time(&args, span->until_ms);
    TRY(pg_run(c, &takeovers_behind, &args, &r));
    int n = pg_rows(r);
    *out = (struct takeovers_page){.items = ARENA_ARRAY(a, struct takeovers_turn, n + 1),
                                   .place = *place,
                                   .last = n < span->page};
    for (int i = 0; i < n; i++)
        if (!pg_is_null(r, i, 3))
            TRY(read_turn(a, r, i, &out->items[out->n++]));
    if (n)
        out->place = (struct message_ref){pg_uid(r, n - 1, 0), (int)pg_int(r, n - 1, 1)};
    return OK;
}
