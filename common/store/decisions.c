#include "decisions.h"

#include "statement.h"

STATEMENT(decisions_behind,
          "SELECT id, conversation_id, seq, decision FROM message"
          " WHERE (bucket, conversation_id, seq) > ($1::smallint,"
          " coalesce($2::uuid, '00000000-0000-0000-0000-000000000000'), $3::int)"
          " AND decision IS NOT NULL ORDER BY bucket, conversation_id, seq LIMIT $4");

enum err decisions_after(struct pg *c, struct arena *a, const struct message_ref *place, int limit,
                         struct decisions *out) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_int(&args, uid_bucket(place->conversation_id));
    pg_put_uid(&args, place->conversation_id);
    pg_put_int(&args, place->seq);
    pg_put_int(&args, limit);
    TRY(pg_run(c, &decisions_behind, &args, &r));
    out->n = pg_rows(r);
    out->items = ARENA_ARRAY(a, struct decisions_record, out->n);
    for (int i = 0; i < out->n; i++) {
        struct decisions_record *one = &out->items[i];
        one->message_id = pg_uid(r, i, 0);
        one->place = (struct message_ref){pg_uid(r, i, 1), (int)pg_int(r, i, 2)};
        if (decision_unpack(a, pg_bytes(a, r, i, 3), &one->decision) != OK)
            return ERR_BUG;
    }
    return OK;
}
