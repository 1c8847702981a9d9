#include "keys.h"

#include <string.h>

#include "generations.h"

STATEMENT(
    keys_insert,
    "WITH changed AS (INSERT INTO api_key (id, role, hash, channels, agent)"
    " VALUES ($1, $2, $3::bytea, $4::text[], $5) RETURNING true AS created)" GENERATIONS_BUMP);
STATEMENT(keys_set_revoked,
          "WITH changed AS (UPDATE api_key SET revoked_at = now()"
          " WHERE id = $1 AND revoked_at IS NULL RETURNING false AS created)" GENERATIONS_BUMP);
STATEMENT(keys_select, "SELECT id, role, hash, channels, coalesce(agent, '') FROM api_key"
                       " WHERE revoked_at IS NULL ORDER BY id COLLATE \"C\"");

enum err keys_add(struct pg *c, struct arena *a, const struct api_key *key) {
    struct pg_args args = pg_args(a);
    pg_put_text(&args, key->id);
    pg_put_int(&args, key->role);
    pg_put_bytes(&args, (struct span){(const char *)key->hash, sizeof key->hash});
    pg_put_text_array(&args, key->channels, key->n_channels);
    pg_put_text(&args, key->agent);
    return generations_change(c, &keys_insert, &args, NULL);
}

enum err keys_revoke(struct pg *c, struct arena *a, const char *id) {
    struct pg_args args = pg_args(a);
    pg_put_text(&args, id);
    return generations_change(c, &keys_set_revoked, &args, NULL);
}

static void read_key(struct arena *a, const struct pg_result *r, int row, struct api_key *key) {
    const char **channels;
    struct span stored = pg_bytes(a, r, row, 2);
    key->id = pg_text(a, r, row, 0);
    key->role = (enum role)pg_int(r, row, 1);
    memcpy(key->hash, stored.p, stored.n < sizeof key->hash ? stored.n : sizeof key->hash);
    key->n_channels = pg_text_array(a, r, row, 3, &channels);
    if (key->n_channels > ACCOUNT_KEY_CHANNELS_MAX)
        key->n_channels = ACCOUNT_KEY_CHANNELS_MAX;
    for (int i = 0; i < key->n_channels; i++)
        key->channels[i] = channels[i];
    key->agent = pg_text(a, r, row, 4);
}

enum err keys_load_all(struct pg *c, struct arena *a, const struct api_key **keys, int *n) {
    pg_result_auto r = NULL;
    TRY(pg_run(c, &keys_select, NULL, &r));
    *n = pg_rows(r);
    struct api_key *all = ARENA_ARRAY(a, struct api_key, *n + 1);
    for (int i = 0; i < *n; i++)
        read_key(a, r, i, &all[i]);
    *keys = all;
    return OK;
}
