#include "rollups.h"

#include "../codec/json.h"
#include "statement.h"

#define BATCH_BYTES_MAX (8 * 1024 * 1024)

/* In the order of the key, so that two who add to the same rows never wait in a circle. */
STATEMENT(rollups_upsert,
          "INSERT INTO rollup AS r (hour, channel, mode, handler, intent, messages_in,"
          " messages_out) SELECT hour, channel, mode, handler, intent, messages_in, messages_out"
          " FROM json_to_recordset($1::json) AS i(hour timestamptz, channel text, mode smallint,"
          " handler text, intent text, messages_in bigint, messages_out bigint)"
          " ORDER BY hour, channel, mode, handler, intent"
          " ON CONFLICT (hour, channel, mode, handler, intent) DO UPDATE SET"
          " messages_in = r.messages_in + excluded.messages_in,"
          " messages_out = r.messages_out + excluded.messages_out");

static bool same_row(const struct rollups_count *a, const struct rollups_count *b) {
    return a->hour_ms == b->hour_ms && a->mode == b->mode && strcmp(a->channel, b->channel) == 0 &&
           strcmp(a->handler, b->handler) == 0 && strcmp(a->intent, b->intent) == 0;
}

void rollups_count(struct rollups_batch *batch, const struct rollups_count *one) {
    for (int i = 0; i < batch->n; i++) {
        struct rollups_count *row = &batch->items[i];
        if (!same_row(row, one))
            continue;
        row->messages_in += one->messages_in;
        row->messages_out += one->messages_out;
        return;
    }
    batch->items[batch->n++] = *one;
}

enum err rollups_add(struct pg *c, struct arena *a, const struct rollups_batch *batch) {
    struct pg_args args = pg_args(a);
    buf_auto b;
    buf_init(&b, BATCH_BYTES_MAX);
    buf_addc(&b, '[');
    for (int i = 0; i < batch->n; i++) {
        const struct rollups_count *row = &batch->items[i];
        json_put_item(&b);
        buf_addc(&b, '{');
        json_put_when(&b, "hour", row->hour_ms);
        json_put_text(&b, "channel", row->channel);
        json_put_number(&b, "mode", row->mode);
        json_put_text(&b, "handler", row->handler);
        json_put_text(&b, "intent", row->intent);
        json_put_number(&b, "messages_in", row->messages_in);
        json_put_number(&b, "messages_out", row->messages_out);
        buf_addc(&b, '}');
    }
    buf_addc(&b, ']');
    TRY(buf_done(&b));
    pg_put_text(&args, b.p);
    return pg_run(c, &rollups_upsert, &args, NULL);
}
