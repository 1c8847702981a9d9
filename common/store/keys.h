/*
 * keys: API keys. Only the SHA-256 of a key is kept; the key itself is seen once, by whoever made
 * it.
 */
#pragma once
#include "../model/account.h"
#include "statement.h"

/* ERR_CONFLICT: that id is taken. */
MUST_CHECK enum err keys_add(struct pg *c, struct arena *a, const struct api_key *key);
/* ERR_ABSENT: no such key, or revoked before. */
MUST_CHECK enum err keys_revoke(struct pg *c, struct arena *a, const char *id);
/* Those that are not revoked, by id. */
MUST_CHECK enum err keys_load_all(struct pg *c, struct arena *a, const struct api_key **keys,
                                  int *n);
