#include "arrivals.h"

#include "../codec/crypto.h"
#include "statement.h"

STATEMENT(arrivals_find, "SELECT a.key, a.conversation_id, a.seq"
                         " FROM unnest($1::uuid[]) i JOIN arrival a"
                         " ON a.bucket = get_byte(uuid_send(i), 15) AND a.key = i");

struct arrival_key arrivals_key(struct arena *a, const char *scope, const char *id) {
    const size_t scope_n = strlen(scope) + 1; /* its NUL parts the two */
    const struct span own = span_of(id);
    char *both = arena_alloc(a, scope_n + own.n);
    uint8_t sha[CRYPTO_SHA256_BYTES];
    struct arrival_key out;
    memcpy(both, scope, scope_n);
    memcpy(both + scope_n, own.p, own.n);
    crypto_sha256((struct span){both, scope_n + own.n}, sha);
    memcpy(out.key.b, sha, sizeof out.key.b);
    return out;
}

struct pg_step arrivals_find_step(struct arena *a, const struct arrival_key *keys, int n) {
    struct uid *ids = ARENA_ARRAY(a, struct uid, n);
    struct pg_args *args = ARENA_NEW(a, struct pg_args);
    for (int i = 0; i < n; i++)
        ids[i] = keys[i].key;
    *args = pg_args(a);
    pg_put_uid_array(args, ids, n);
    return (struct pg_step){&arrivals_find, args};
}
