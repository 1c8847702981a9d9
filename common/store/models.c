#include "models.h"

#include "generations.h"

#define ADD_TRIES 5

STATEMENT(models_remove_examples, "DELETE FROM example WHERE intent = $1");
STATEMENT(models_insert_examples,
          "INSERT INTO example (intent, no, text, language)"
          " SELECT $1, e.no, e.text, e.language"
          " FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS e (text, language, no)");
STATEMENT(models_select_examples, "SELECT intent, text, language FROM example"
                                  " WHERE $1::text IS NULL OR intent = $1 ORDER BY intent, no");

/* Two at once may compute the same number: the loser tries again. */
STATEMENT(models_insert, "INSERT INTO model (version) SELECT coalesce(max(version), 0) + 1"
                         " FROM model RETURNING version");
STATEMENT(models_set_ready, "UPDATE model SET state = 1, bytes = $2::bytea, report = $3::jsonb,"
                            " error = NULL WHERE version = $1");
STATEMENT(models_set_failed,
          "UPDATE model SET state = 2, error = $2 WHERE version = $1 AND state = 0");
STATEMENT(models_remove, "DELETE FROM model WHERE version = $1 AND state = 0");
STATEMENT(models_select_list,
          "SELECT version, CASE WHEN state = 0 AND created_at < now() - interval '10 minutes'"
          " THEN 2::smallint ELSE state END, report,"
          " coalesce(error, CASE WHEN state = 0 AND created_at < now() - interval '10 minutes'"
          " THEN 'the training was interrupted' ELSE '' END), created_at, activated_at"
          " FROM model WHERE version < $1 AND version > $2 ORDER BY version DESC LIMIT $3");
STATEMENT(models_set_active,
          "WITH changed AS (UPDATE model SET activated_at = clock_timestamp()"
          " WHERE version = $1 AND state = 1 RETURNING false AS created),"
          " told AS (INSERT INTO event (bucket, kind, seq, n, at, data)"
          " SELECT 0, 12, 0, 0, now(), $2::jsonb FROM changed)"
          " UPDATE generation SET number = number + 1 FROM changed RETURNING changed.created");
STATEMENT(models_select_active,
          "SELECT version FROM model WHERE activated_at IS NOT NULL AND state = 1"
          " ORDER BY activated_at DESC, version DESC LIMIT 1");
STATEMENT(models_select_previous,
          "SELECT version FROM model WHERE activated_at IS NOT NULL AND state = 1"
          " ORDER BY activated_at DESC, version DESC LIMIT 1 OFFSET 1");
STATEMENT(models_select_bytes, "SELECT bytes FROM model WHERE version = $1 AND state = 1");

/* ---- examples ---- */

enum err models_save_examples(struct pg *c, struct arena *a, const char *intent,
                              const struct models_examples *examples) {
    const char **texts = ARENA_ARRAY(a, const char *, examples->n + 1);
    const char **languages = ARENA_ARRAY(a, const char *, examples->n + 1);
    for (int i = 0; i < examples->n; i++) {
        texts[i] = examples->items[i].text;
        languages[i] = examples->items[i].language;
    }
    struct pg_args of_intent = pg_args(a), all = pg_args(a);
    pg_put_text(&of_intent, intent);
    pg_put_text(&all, intent);
    pg_put_text_array(&all, texts, examples->n);
    pg_put_text_array(&all, languages, examples->n);
    struct pg_step steps[] = {{&pg_begin, NULL},
                              {&models_remove_examples, &of_intent},
                              {&models_insert_examples, &all},
                              {&pg_commit, NULL}};
    return pg_run_batch(c, steps, sizeof steps / sizeof steps[0], NULL);
}

enum err models_load_examples(struct pg *c, struct arena *a, const char *intent,
                              struct models_examples *out) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_text(&args, intent);
    TRY(pg_run(c, &models_select_examples, &args, &r));
    out->n = pg_rows(r);
    out->items = ARENA_ARRAY(a, struct example, out->n + 1);
    for (int i = 0; i < out->n; i++)
        out->items[i] = (struct example){.intent = pg_text(a, r, i, 0),
                                         .text = pg_text(a, r, i, 1),
                                         .language = pg_text(a, r, i, 2)};
    return OK;
}

/* ---- models ---- */

static enum err add_once(struct pg *c, int *version) {
    pg_result_auto r = NULL;
    TRY(pg_run(c, &models_insert, NULL, &r));
    *version = (int)pg_int(r, 0, 0);
    return OK;
}

enum err models_add(struct pg *c, int *version) {
    enum err e = ERR_CONFLICT;
    for (int i = 0; i < ADD_TRIES && e == ERR_CONFLICT; i++)
        e = add_once(c, version);
    return e == ERR_CONFLICT ? ERR_BUSY : e;
}

enum err models_finish(struct pg *c, struct arena *a, int version, struct span bytes,
                       const char *report) {
    struct pg_args args = pg_args(a);
    pg_put_int(&args, version);
    pg_put_bytes(&args, bytes);
    pg_put_text(&args, report);
    return pg_run(c, &models_set_ready, &args, NULL);
}

enum err models_fail(struct pg *c, struct arena *a, int version, const char *error) {
    struct pg_args args = pg_args(a);
    pg_put_int(&args, version);
    pg_put_text(&args, error);
    return pg_run(c, &models_set_failed, &args, NULL);
}

enum err models_drop(struct pg *c, struct arena *a, int version) {
    struct pg_args args = pg_args(a);
    pg_put_int(&args, version);
    return pg_run(c, &models_remove, &args, NULL);
}

/* Versions above `above` and below `below`. */
static enum err read_between(struct pg *c, const struct pg_args *args, struct models_page *out) {
    pg_result_auto r = NULL;
    struct arena *a = args->arena;
    TRY(pg_run(c, &models_select_list, args, &r));
    out->n = pg_rows(r);
    out->items = ARENA_ARRAY(a, struct models_version, out->n + 1);
    for (int i = 0; i < out->n; i++)
        out->items[i] = (struct models_version){.version = (int)pg_int(r, i, 0),
                                                .state = (enum models_state)pg_int(r, i, 1),
                                                .report = pg_text(a, r, i, 2),
                                                .error = pg_text(a, r, i, 3),
                                                .created_ms = pg_time(r, i, 4),
                                                .activated_ms = pg_time(r, i, 5)};
    return OK;
}

enum err models_load_page(struct pg *c, struct arena *a, int before, int limit,
                          struct models_page *out) {
    struct pg_args args = pg_args(a);
    pg_put_int(&args, before);
    pg_put_int(&args, 0);
    pg_put_int(&args, limit);
    return read_between(c, &args, out);
}

enum err models_load(struct pg *c, struct arena *a, int version, struct models_version *out) {
    struct models_page page;
    struct pg_args args = pg_args(a);
    if (version < 1)
        return ERR_ABSENT;
    pg_put_int(&args, (int64_t)version + 1);
    pg_put_int(&args, (int64_t)version - 1);
    pg_put_int(&args, 1);
    TRY(read_between(c, &args, &page));
    if (page.n == 0)
        return ERR_ABSENT;
    *out = page.items[0];
    return OK;
}

enum err models_make_active(struct pg *c, struct arena *a, int version, const char *audit) {
    struct models_version found;
    struct pg_args args = pg_args(a);
    pg_put_int(&args, version);
    pg_put_text(&args, audit);
    enum err e = generations_change(c, &models_set_active, &args, NULL);
    if (e != ERR_ABSENT)
        return e;
    TRY(models_load(c, a, version, &found));
    return ERR_CONFLICT;
}

static enum err read_version(struct pg *c, const struct pg_stmt *s, int *version) {
    pg_result_auto r = NULL;
    TRY(pg_run(c, s, NULL, &r));
    *version = pg_rows(r) ? (int)pg_int(r, 0, 0) : 0;
    return OK;
}

enum err models_load_active(struct pg *c, int *version) {
    return read_version(c, &models_select_active, version);
}

enum err models_load_previous(struct pg *c, int *version) {
    return read_version(c, &models_select_previous, version);
}

enum err models_load_bytes(struct pg *c, struct arena *a, int version, struct span *bytes) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_int(&args, version);
    TRY(pg_run(c, &models_select_bytes, &args, &r));
    if (pg_rows(r) == 0)
        return ERR_ABSENT;
    *bytes = pg_bytes(a, r, 0, 0);
    return OK;
}
