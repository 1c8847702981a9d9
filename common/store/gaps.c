#include "gaps.h"

#include "statement.h"

/* A question is all that was written from its first message to the one that was answered. */
STATEMENT(gaps_select,
          "WITH e AS MATERIALIZED (SELECT bucket, conversation_id, seq, at, data FROM event"
          " WHERE kind = 19 AND at >= $1 AND ($2 = '' OR data->>'language' = $2)"
          " ORDER BY at DESC LIMIT $3)"
          " SELECT m.id, e.conversation_id, coalesce(c.merged_into, c.id), e.at,"
          " coalesce(e.data->>'language', ''), coalesce(e.data->>'intent', ''),"
          " coalesce((e.data->>'confidence')::float8, 0), left(said.words, $4)"
          " FROM e JOIN conversation c ON c.bucket = e.bucket AND c.id = e.conversation_id"
          " JOIN message m ON m.bucket = e.bucket AND m.conversation_id = e.conversation_id"
          " AND m.seq = e.seq"
          " CROSS JOIN LATERAL (SELECT string_agg(x.text, E'\\n' ORDER BY x.seq) AS words"
          " FROM message x WHERE x.bucket = e.bucket AND x.conversation_id = e.conversation_id"
          " AND x.seq BETWEEN greatest((e.data->>'from')::int, e.seq - 100) AND e.seq"
          " AND x.direction = 0 AND x.kind = 0 AND x.deleted_at IS NULL) said"
          " WHERE said.words <> '' ORDER BY e.at, e.conversation_id, e.seq");

static struct unanswered read_one(struct arena *a, const struct pg_result *r, int row) {
    return (struct unanswered){.message_id = pg_uid(r, row, 0),
                               .conversation_id = pg_uid(r, row, 1),
                               .person = pg_uid(r, row, 2),
                               .at_ms = pg_time(r, row, 3),
                               .language = pg_text(a, r, row, 4),
                               .intent = pg_text(a, r, row, 5),
                               .confidence = pg_real(r, row, 6),
                               .text = pg_text(a, r, row, 7)};
}

enum err gaps_load(struct pg *c, struct arena *a, const struct gaps_span *s,
                   struct unanswered **items, int *n) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_time(&args, s->from_ms);
    pg_put_text(&args, s->language);
    pg_put_int(&args, s->limit);
    pg_put_int(&args, GAPS_TEXT_MAX);
    TRY(pg_run(c, &gaps_select, &args, &r));
    *n = pg_rows(r);
    *items = ARENA_ARRAY(a, struct unanswered, *n + 1);
    for (int i = 0; i < *n; i++)
        (*items)[i] = read_one(a, r, i);
    return OK;
}
