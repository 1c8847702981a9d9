#include "agents.h"

#include "../codec/json.h"
#include "generations.h"

#define STORED_BYTES_MAX (64 * 1024)

STATEMENT(agents_select, "SELECT id, settings, presence, capacity, last_assigned_at FROM agent"
                         " WHERE $1::text IS NULL OR id = $1 ORDER BY id COLLATE \"C\"");
STATEMENT(agents_upsert, "WITH changed AS (INSERT INTO agent AS old (id, settings, capacity)"
                         " VALUES ($1, $2::jsonb, coalesce($3::integer, 1))"
                         " ON CONFLICT (id) DO UPDATE SET settings = excluded.settings,"
                         " capacity = coalesce($3::integer, old.capacity), updated_at = now()"
                         " RETURNING (xmax = 0) AS created)" GENERATIONS_BUMP);
STATEMENT(agents_remove, "WITH changed AS (DELETE FROM agent WHERE id = $1 AND NOT EXISTS"
                         " (SELECT FROM attention WHERE agent = $1)"
                         " RETURNING false AS created)" GENERATIONS_BUMP);
STATEMENT(agents_exists, "SELECT EXISTS (SELECT FROM agent WHERE id = $1)");
STATEMENT(agents_update_presence,
          "WITH changed AS (UPDATE agent SET presence = $2,"
          " capacity = coalesce($3::integer, capacity) WHERE id = $1"
          " RETURNING id, settings, presence, capacity, last_assigned_at),"
          " told AS (INSERT INTO event (bucket, kind, seq, n, at, data) SELECT 0, 11, 0, 0, now(),"
          " jsonb_build_object('agent', id, 'presence', $4::text, 'capacity', capacity)"
          " FROM changed) SELECT id, settings, presence, capacity, last_assigned_at FROM changed");
STATEMENT(agents_select_queues,
          "SELECT id, coalesce(settings->>'name', '') FROM queue ORDER BY id COLLATE \"C\"");
STATEMENT(agents_upsert_queue,
          "WITH changed AS (INSERT INTO queue (id, settings)"
          " VALUES ($1, jsonb_build_object('name', $2::text))"
          " ON CONFLICT (id) DO UPDATE SET settings = excluded.settings, updated_at = now()"
          " RETURNING (xmax = 0) AS created)" GENERATIONS_BUMP);
STATEMENT(agents_remove_queue, "WITH changed AS (DELETE FROM queue WHERE id = $1"
                               " AND NOT EXISTS (SELECT FROM agent WHERE settings->'queues' ? $1)"
                               " AND NOT EXISTS (SELECT FROM attention WHERE queue = $1)"
                               " RETURNING false AS created)" GENERATIONS_BUMP);
STATEMENT(agents_has_queue, "SELECT EXISTS (SELECT FROM queue WHERE id = $1)");

/* ---- agents ---- */

static int read_list(struct arena *a, const json_t *list, const char *const **out) {
    int n = (int)json_array_size(list);
    const char **items = ARENA_ARRAY(a, const char *, n + 1);
    for (int i = 0; i < n; i++)
        items[i] = arena_strdup(a, json_string_value(json_array_get(list, (size_t)i)));
    *out = items;
    return n;
}

static enum err read_agent(struct arena *a, const struct pg_result *r, int row,
                           struct agent *agent) {
    json_auto s = NULL;
    TRY(json_load_span(pg_bytes(a, r, row, 1), &s, NULL));
    agent->id = pg_text(a, r, row, 0);
    agent->name = arena_strdup(a, json_string_value(json_object_get(s, "name")));
    agent->n_queues = read_list(a, json_object_get(s, "queues"), &agent->queues);
    agent->n_languages = read_list(a, json_object_get(s, "languages"), &agent->languages);
    agent->n_strengths = read_list(a, json_object_get(s, "strengths"), &agent->strengths);
    agent->presence = (enum presence)pg_int(r, row, 2);
    agent->capacity = (int)pg_int(r, row, 3);
    agent->last_assigned_ms = pg_time(r, row, 4);
    return OK;
}

enum err agents_load_all(struct pg *c, struct arena *a, const struct agent **out, int *n) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_text(&args, NULL);
    TRY(pg_run(c, &agents_select, &args, &r));
    *n = pg_rows(r);
    struct agent *all = ARENA_ARRAY(a, struct agent, *n + 1);
    for (int i = 0; i < *n; i++)
        TRY(read_agent(a, r, i, &all[i]));
    *out = all;
    return OK;
}

enum err agents_load(struct pg *c, struct arena *a, const char *id, struct agent *out) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_text(&args, id);
    TRY(pg_run(c, &agents_select, &args, &r));
    return pg_rows(r) ? read_agent(a, r, 0, out) : ERR_ABSENT;
}

static void put_list(struct buf *b, const char *name, const char *const *items, int n) {
    json_put_key(b, name);
    buf_addc(b, '[');
    for (int i = 0; i < n; i++) {
        json_put_item(b);
        json_put_string(b, items[i]);
    }
    buf_addc(b, ']');
}

static const char *render_settings(struct arena *a, const struct agent *agent) {
    buf_auto b;
    buf_init(&b, STORED_BYTES_MAX);
    buf_addc(&b, '{');
    json_put_text(&b, "name", agent->name);
    put_list(&b, "queues", agent->queues, agent->n_queues);
    put_list(&b, "languages", agent->languages, agent->n_languages);
    put_list(&b, "strengths", agent->strengths, agent->n_strengths);
    buf_addc(&b, '}');
    return arena_strndup(a, b.p, b.len);
}

static void put_capacity(struct pg_args *args, int capacity) {
    if (capacity == AGENTS_KEEP_CAPACITY)
        pg_put_text(args, NULL);
    else
        pg_put_int(args, capacity);
}

enum err agents_save(struct pg *c, struct arena *a, const struct agent *agent, bool *created) {
    struct pg_args args = pg_args(a);
    pg_put_text(&args, agent->id);
    pg_put_text(&args, render_settings(a, agent));
    put_capacity(&args, agent->capacity);
    return generations_change(c, &agents_upsert, &args, created);
}

/* Why did a guarded delete change nothing? */
static enum err kept_or_absent(struct pg *c, const struct pg_stmt *exists,
                               const struct pg_args *args) {
    pg_result_auto r = NULL;
    TRY(pg_run(c, exists, args, &r));
    return pg_flag(r, 0, 0) ? ERR_CONFLICT : ERR_ABSENT;
}

enum err agents_drop(struct pg *c, struct arena *a, const char *id) {
    struct pg_args args = pg_args(a);
    pg_put_text(&args, id);
    enum err e = generations_change(c, &agents_remove, &args, NULL);
    return e == ERR_ABSENT ? kept_or_absent(c, &agents_exists, &args) : e;
}

enum err agents_set_presence(struct pg *c, struct arena *a, struct agent *agent) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_text(&args, agent->id);
    pg_put_int(&args, agent->presence);
    put_capacity(&args, agent->capacity);
    pg_put_text(&args, presence_text(agent->presence));
    TRY(pg_run(c, &agents_update_presence, &args, &r));
    return pg_rows(r) ? read_agent(a, r, 0, agent) : ERR_ABSENT;
}

/* ---- queues ---- */

enum err agents_load_queues(struct pg *c, struct arena *a, const struct queue **out, int *n) {
    pg_result_auto r = NULL;
    TRY(pg_run(c, &agents_select_queues, NULL, &r));
    *n = pg_rows(r);
    struct queue *all = ARENA_ARRAY(a, struct queue, *n + 1);
    for (int i = 0; i < *n; i++)
        all[i] = (struct queue){.id = pg_text(a, r, i, 0), .name = pg_text(a, r, i, 1)};
    *out = all;
    return OK;
}

enum err agents_save_queue(struct pg *c, struct arena *a, const struct queue *queue,
                           bool *created) {
    struct pg_args args = pg_args(a);
    pg_put_text(&args, queue->id);
    pg_put_text(&args, queue->name);
    return generations_change(c, &agents_upsert_queue, &args, created);
}

enum err agents_drop_queue(struct pg *c, struct arena *a, const char *id) {
    struct pg_args args = pg_args(a);
    pg_put_text(&args, id);
    enum err e = generations_change(c, &agents_remove_queue, &args, NULL);
    return e == ERR_ABSENT ? kept_or_absent(c, &agents_has_queue, &args) : e;
}
