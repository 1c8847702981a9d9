/*
 * arrivals: what has arrived arrives once. The key is a hash of its scope and the sender's own id
 * for it; the unique row in Postgres is the only truth about duplicates. Rows are written by the
 * ledger.
 */
#pragma once
#include "../io/pg.h"

struct arrival_key {
    struct uid key; /* 128 bits of SHA-256; the last byte is its bucket */
};
/* scope: "channel/<id>" with a provider's message id, "key/<caller and route>" with an
 * Idempotency-Key. */
struct arrival_key arrivals_key(struct arena *a, const char *scope, const char *id);

/* Those of the keys that have arrived: rows of (key, conversation id, seq). */
struct pg_step arrivals_find_step(struct arena *a, const struct arrival_key *keys, int n);
