#include "auth.h"

#include <strings.h>

#include "../../common/codec/crypto.h"

#define SCHEME "Bearer "
#define KEY_MARK "rt_"
#define KEY_CHARS_MAX 200

/* The credential behind the scheme; empty if it is not ours. */
static struct span bearer(const struct http_call *call) {
    const char *value = wire_header_find(call->headers, call->n_headers, "authorization");
    if (!value || strncasecmp(value, SCHEME, strlen(SCHEME)) != 0)
        return (struct span){"", 0};
    struct span key = span_trim(span_of(value + strlen(SCHEME)));
    bool ours = key.n <= KEY_CHARS_MAX && strncmp(key.p, KEY_MARK, strlen(KEY_MARK)) == 0;
    return ours ? key : (struct span){"", 0};
}

enum err auth_read(struct http_call *call, struct auth_claim *out) {
    struct span key = bearer(call), id;
    if (key.n == 0)
        return ERR_UNKNOWN_KEY;
    struct span rest = {key.p + strlen(KEY_MARK), key.n - strlen(KEY_MARK)};
    if (!span_split(&rest, '_', &id) || id.n == 0 || rest.n == 0)
        return ERR_UNKNOWN_KEY;
    out->key_id = arena_strndup(call->arena, id.p, id.n);
    crypto_sha256(key, out->hash);
    return OK;
}

bool auth_knows(const struct snapshot *s, const struct auth_claim *claim) {
    return snapshot_key(s, claim->key_id) != NULL;
}

enum err auth_check(const struct snapshot *s, const struct auth_claim *claim,
                    const struct route *route, struct principal *out) {
    const struct api_key *key = snapshot_key(s, claim->key_id);
    if (!key || !crypto_equal(key->hash, sizeof key->hash, claim->hash, sizeof claim->hash))
        return ERR_UNKNOWN_KEY;
    *out = (struct principal){.role = key->role, .key_id = key->id, .key = key};
    return route->roles & ROLE_BIT(key->role) ? OK : ERR_DENIED;
}
