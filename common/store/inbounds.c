#include "inbounds.h"

#include "../codec/json.h"
#include "statement.h"

#define CALL_BYTES_MAX (256 * 1024)
#define PRUNE_BATCH 1000

#define COLUMNS                                                                                    \
    "i.id, i.channel, i.received_at, i.state, i.attempts, i.events, coalesce(i.error, '')"
#define WHOLE COLUMNS ", i.call, i.body"
#define LEASE(param) " now() + " param " * interval '1 millisecond'"

STATEMENT(inbounds_insert,
          "INSERT INTO inbound (bucket, id, channel, received_at, state, run_at, call, body)"
          " VALUES ($1, $2, $3, $4, 0," LEASE("$5::bigint") ", $6::jsonb, $7::bytea)");
STATEMENT(inbounds_update,
          "UPDATE inbound SET state = $3::smallint, events = $4::jsonb, error = nullif($5, ''),"
          " attempts = attempts + 1, body = CASE WHEN $3::smallint IN (0, 2) THEN body END, "
          "conversations = "
          "$6::uuid[]"
          " WHERE bucket = $1 AND id = $2");
STATEMENT(inbounds_delay, "UPDATE inbound SET run_at =" LEASE(
                              "$3::bigint") ", attempts = attempts + 1, error = nullif($4, '')"
                                            " WHERE bucket = $1 AND id = $2 AND state = 0");
/* The inner look takes what is due in its order; the lock and the second condition make it one
 * taker's. */
STATEMENT(inbounds_take,
          "WITH due AS (SELECT bucket, id FROM inbound WHERE state = 0 AND run_at <= now()"
          " ORDER BY run_at LIMIT $1 FOR UPDATE SKIP LOCKED)"
          " UPDATE inbound i SET run_at =" LEASE(
              "$2::bigint") " FROM due"
                            " WHERE i.bucket = due.bucket AND i.id = due.id RETURNING " WHOLE);
STATEMENT(inbounds_newest,
          "SELECT " COLUMNS " FROM inbound i WHERE i.channel = $1"
          " AND ($2::uuid IS NULL OR i.id < $2::uuid) ORDER BY i.id DESC LIMIT $3");
STATEMENT(inbounds_one, "SELECT " WHOLE " FROM inbound i WHERE i.bucket = $1 AND i.id = $2"
                        " AND i.channel = $3");
STATEMENT(inbounds_revive,
          "UPDATE inbound SET state = 0, run_at =" LEASE(
              "$3::bigint") " WHERE bucket = $1 AND id = $2 AND state = 2 RETURNING 1");
STATEMENT(
    inbounds_delete_old,
    "WITH gone AS (DELETE FROM inbound WHERE (bucket, id) IN (SELECT bucket, id FROM inbound"
    " WHERE received_at < $1 AND state <> 0 LIMIT $2) RETURNING 1) SELECT count(*) FROM gone");

static const char *render_call(struct arena *a, const struct inbounds_call *call) {
    buf_auto b;
    buf_init(&b, CALL_BYTES_MAX);
    buf_addc(&b, '{');
    json_put_text(&b, "url", call->url);
    json_put_key(&b, "headers");
    buf_addc(&b, '[');
    for (int i = 0; i < call->n_headers; i++) {
        json_put_item(&b);
        buf_addc(&b, '[');
        json_put_string(&b, call->headers[i].name);
        buf_addc(&b, ',');
        json_put_string(&b, call->headers[i].value);
        buf_addc(&b, ']');
    }
    buf_adds(&b, "]}");
    return arena_strndup(a, b.p, b.len);
}

static struct pg_args key_args(struct arena *a, struct uid id) {
    struct pg_args args = pg_args(a);
    pg_put_int(&args, uid_bucket(id));
    pg_put_uid(&args, id);
    return args;
}

enum err inbounds_add(struct pg *c, struct arena *a, const struct inbounds_call *call,
                      int64_t lease_ms) {
    struct pg_args args = key_args(a, call->id);
    pg_put_text(&args, call->channel);
    pg_put_time(&args, call->received_ms);
    pg_put_int(&args, lease_ms);
    pg_put_text(&args, render_call(a, call));
    pg_put_bytes(&args, call->body.p ? call->body : (struct span){"", 0});
    return pg_run(c, &inbounds_insert, &args, NULL);
}

static void put_conversations(struct pg_args *args, const struct inbounds_call *call) {
    const char **texts = ARENA_ARRAY(args->arena, const char *, call->n_conversations + 1);
    char text[UID_TEXT_MAX];
    for (int i = 0; i < call->n_conversations; i++)
        texts[i] = arena_strdup(args->arena, uid_text(call->conversations[i], text));
    pg_put_text_array(args, texts, call->n_conversations);
}

enum err inbounds_settle(struct pg *c, struct arena *a, const struct inbounds_call *call) {
    struct pg_args args = key_args(a, call->id);
    pg_put_int(&args, call->state);
    pg_put_text(&args, call->events);
    pg_put_text(&args, call->error);
    put_conversations(&args, call);
    return pg_run(c, &inbounds_update, &args, NULL);
}

enum err inbounds_put_off(struct pg *c, struct arena *a, const struct inbounds_call *call,
                          int64_t delay_ms) {
    struct pg_args args = key_args(a, call->id);
    pg_put_int(&args, delay_ms);
    pg_put_text(&args, call->error);
    return pg_run(c, &inbounds_delay, &args, NULL);
}

/* ---- reading ---- */

static enum err parse_headers(struct arena *a, const json_t *list, struct inbounds_call *out) {
    struct wire_header *headers = ARENA_ARRAY(a, struct wire_header, json_array_size(list) + 1);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *pair = json_array_get(list, i);
        const char *name = json_string_value(json_array_get(pair, 0));
        const char *value = json_string_value(json_array_get(pair, 1));
        if (!name || !value)
            return ERR_BUG;
        headers[out->n_headers++] =
            (struct wire_header){arena_strdup(a, name), arena_strdup(a, value)};
    }
    out->headers = headers;
    return OK;
}

static enum err parse_call(struct arena *a, const char *text, struct inbounds_call *out) {
    json_auto call = NULL;
    TRY(json_load_limited(span_of(text), INT64_MAX, &call, NULL));
    const char *url = json_string_value(json_object_get(call, "url"));
    out->url = arena_strdup(a, url ? url : "");
    return parse_headers(a, json_object_get(call, "headers"), out);
}

static enum err read_row(struct arena *a, const struct pg_result *r, int row, bool whole,
                         struct inbounds_call *out) {
    *out = (struct inbounds_call){.id = pg_uid(r, row, 0),
                                  .channel = pg_text(a, r, row, 1),
                                  .received_ms = pg_time(r, row, 2),
                                  .state = (enum inbound_state)pg_int(r, row, 3),
                                  .attempts = (int)pg_int(r, row, 4),
                                  .events = pg_text(a, r, row, 5),
                                  .error = pg_text(a, r, row, 6),
                                  .url = ""};
    if (!whole)
        return OK;
    out->body = pg_bytes(a, r, row, 8);
    return parse_call(a, pg_text(a, r, row, 7), out);
}

static enum err read_rows(struct arena *a, const struct pg_result *r, bool whole,
                          struct inbounds *out) {
    out->n = pg_rows(r);
    out->items = ARENA_ARRAY(a, struct inbounds_call, out->n + 1);
    for (int i = 0; i < out->n; i++)
        TRY(read_row(a, r, i, whole, &out->items[i]));
    return OK;
}

enum err inbounds_claim(struct pg *c, struct arena *a, int limit, int64_t lease_ms,
                        struct inbounds *out) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_int(&args, limit);
    pg_put_int(&args, lease_ms);
    TRY(pg_run(c, &inbounds_take, &args, &r));
    return read_rows(a, r, true, out);
}

enum err inbounds_list(struct pg *c, struct arena *a, const struct inbounds_look *look,
                       struct inbounds *out) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_text(&args, look->channel);
    pg_put_uid(&args, look->before);
    pg_put_int(&args, look->limit);
    TRY(pg_run(c, &inbounds_newest, &args, &r));
    return read_rows(a, r, false, out);
}

enum err inbounds_find(struct pg *c, struct arena *a, const char *channel, struct uid id,
                       struct inbounds_call *out) {
    pg_result_auto r = NULL;
    struct pg_args args = key_args(a, id);
    pg_put_text(&args, channel);
    TRY(pg_run(c, &inbounds_one, &args, &r));
    return pg_rows(r) ? read_row(a, r, 0, true, out) : ERR_ABSENT;
}

enum err inbounds_reopen(struct pg *c, struct arena *a, struct uid id, int64_t lease_ms) {
    pg_result_auto r = NULL;
    struct pg_args args = key_args(a, id);
    pg_put_int(&args, lease_ms);
    TRY(pg_run(c, &inbounds_revive, &args, &r));
    return pg_rows(r) ? OK : ERR_CONFLICT;
}

enum err inbounds_prune(struct pg *c, struct arena *a, int64_t before_ms, int64_t *gone) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_time(&args, before_ms);
    pg_put_int(&args, PRUNE_BATCH);
    TRY(pg_run(c, &inbounds_delete_old, &args, &r));
    *gone = pg_int(r, 0, 0);
    return OK;
}
