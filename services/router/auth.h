/*
 * auth: `Authorization: Bearer rt_<key id>_<secret>` -> the principal of a call. Compares hashes in
 * constant time and tells a caller nothing but "no valid key".
 */
#pragma once
#include "request.h"

/* What a caller claims: which key, and the hash of the whole of it. */
struct auth_claim {
    const char *key_id; /* in the call's arena */
    uint8_t hash[32];
};

/* ERR_UNKNOWN_KEY when there is no such header or it has not the form. */
MUST_CHECK enum err auth_read(struct http_call *call, struct auth_claim *out);
/* Is there a key of that name at all? If not, the snapshot may be old. */
bool auth_knows(const struct snapshot *s, const struct auth_claim *claim);
/* ERR_UNKNOWN_KEY, or ERR_DENIED when the key's role may not use the route. out borrows from s. */
MUST_CHECK enum err auth_check(const struct snapshot *s, const struct auth_claim *claim,
                               const struct route *route, struct principal *out);
