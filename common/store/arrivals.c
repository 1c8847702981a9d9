#include "arrivals.h"

#include "../codec/crypto.h"
#include "../codec/json.h"
#include "statement.h"

STATEMENT(arrivals_find, "SELECT a.key, a.conversation_id, a.seq"
                         " FROM json_to_recordset($1::json) AS i(bucket smallint, key uuid)"
                         " JOIN arrival a ON a.bucket = i.bucket AND a.key = i.key");

struct arrival_key arrivals_key(struct arena *a, const char *scope, const char *id) {
    size_t scope_n = strlen(scope) + 1, id_n = strlen(id);
    char *both = arena_alloc(a, scope_n + id_n);
    uint8_t sha[CRYPTO_SHA256_BYTES];
    struct arrival_key out;
    memcpy(both, scope, scope_n);
    memcpy(both + scope_n, id, id_n);
    crypto_sha256((struct span){both, scope_n + id_n}, sha);
    memcpy(out.key.b, sha, sizeof out.key.b);
    return out;
}

struct pg_step arrivals_find_step(struct arena *a, const struct arrival_key *keys, int n) {
    buf_auto b;
    char text[UID_TEXT_MAX];
    struct pg_args *args = ARENA_NEW(a, struct pg_args);
    buf_init(&b, (size_t)n * 80 + 16);
    buf_addc(&b, '[');
    for (int i = 0; i < n; i++) {
        json_put_item(&b);
        buf_addc(&b, '{');
        json_put_number(&b, "bucket", uid_bucket(keys[i].key));
        json_put_text(&b, "key", uid_text(keys[i].key, text));
        buf_addc(&b, '}');
    }
    buf_addc(&b, ']');
    *args = pg_args(a);
    pg_put_text(args, arena_strndup(a, b.p, b.len));
    return (struct pg_step){&arrivals_find, args};
}
