#include "policies.h"

#include "generations.h"

#define ADD_TRIES 5

/* Two at once may compute the same number: the loser tries again. */
STATEMENT(policies_insert, "INSERT INTO policy (version, body, note)"
                           " SELECT coalesce(max(version), 0) + 1, $1::jsonb, $2 FROM policy"
                           " RETURNING version");
STATEMENT(policies_select, "SELECT version, note, created_at, activated_at, body FROM policy"
                           " WHERE version = $1");
STATEMENT(policies_select_list,
          "SELECT version, note, created_at, activated_at FROM policy WHERE version < $1"
          " ORDER BY version DESC LIMIT $2");
STATEMENT(policies_select_active,
          "SELECT version, note, created_at, activated_at, body FROM policy"
          " WHERE activated_at IS NOT NULL ORDER BY activated_at DESC, version DESC LIMIT 1");
STATEMENT(policies_set_active,
          "WITH changed AS (UPDATE policy SET activated_at = clock_timestamp() WHERE version = $1"
          " RETURNING false AS created)" GENERATIONS_BUMP);
STATEMENT(policies_set_none,
          "WITH changed AS (UPDATE policy SET activated_at = NULL WHERE activated_at IS NOT NULL"
          " RETURNING false AS created)" GENERATIONS_BUMP);

static enum err add_once(struct pg *c, const struct pg_args *args, int *version) {
    pg_result_auto r = NULL;
    TRY(pg_run(c, &policies_insert, args, &r));
    *version = (int)pg_int(r, 0, 0);
    return OK;
}

enum err policies_add(struct pg *c, struct arena *a, const char *body, const char *note,
                      int *version) {
    struct pg_args args = pg_args(a);
    pg_put_text(&args, body);
    pg_put_text(&args, note);
    enum err e = ERR_CONFLICT;
    for (int i = 0; i < ADD_TRIES && e == ERR_CONFLICT; i++)
        e = add_once(c, &args, version);
    return e == ERR_CONFLICT ? ERR_BUSY : e;
}

static void read_version(struct arena *a, const struct pg_result *r, int row,
                         struct policies_version *out) {
    out->version = (int)pg_int(r, row, 0);
    out->note = pg_text(a, r, row, 1);
    out->created_ms = pg_time(r, row, 2);
    out->activated_ms = pg_time(r, row, 3);
    out->body = NULL;
}

enum err policies_load(struct pg *c, struct arena *a, int version, struct policies_version *out) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_int(&args, version);
    TRY(pg_run(c, &policies_select, &args, &r));
    if (pg_rows(r) == 0)
        return ERR_ABSENT;
    read_version(a, r, 0, out);
    out->body = pg_text(a, r, 0, 4);
    return OK;
}

enum err policies_load_page(struct pg *c, struct arena *a, int before, int limit,
                            struct policies_page *out) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_int(&args, before);
    pg_put_int(&args, limit);
    TRY(pg_run(c, &policies_select_list, &args, &r));
    out->n = pg_rows(r);
    out->items = ARENA_ARRAY(a, struct policies_version, out->n + 1);
    for (int i = 0; i < out->n; i++)
        read_version(a, r, i, &out->items[i]);
    return OK;
}

enum err policies_load_active(struct pg *c, struct arena *a, struct policies_version *out) {
    pg_result_auto r = NULL;
    *out = (struct policies_version){.version = POLICIES_BUILT_IN, .note = ""};
    TRY(pg_run(c, &policies_select_active, NULL, &r));
    if (pg_rows(r) == 0)
        return OK;
    read_version(a, r, 0, out);
    out->body = pg_text(a, r, 0, 4);
    return OK;
}

enum err policies_make_active(struct pg *c, struct arena *a, int version) {
    struct pg_args args = pg_args(a);
    if (version == POLICIES_BUILT_IN) {
        enum err e = generations_change(c, &policies_set_none, NULL, NULL);
        return e == ERR_ABSENT ? OK : e; /* none was active: it rules already */
    }
    pg_put_int(&args, version);
    return generations_change(c, &policies_set_active, &args, NULL);
}
