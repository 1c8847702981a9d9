/*
 * world: what a process owns, opened in order and closed in reverse. The nearest thing to a god
 * struct: only mains, flow and the API handlers may include it, and it holds no rules.
 */
#pragma once
#include "../base/config.h"
#include "../io/fetch.h"
#include "../io/pg.h"
#include "../io/redis.h"
#include "roster_memory.h"
#include "snapshot.h"
#include "version_memory.h"

#define WORLD_BELL "redthread:config" /* Redis channel: the configuration moved */

struct world {
    const struct config *cfg;
    uint8_t sealing_key[32];
    struct pg_pool *turns; /* connections of the executors (or of a worker's lanes) */
    struct pg_pool *reads; /* connections of reads and configuration */
    struct redis *redis;
    struct fetch_net *net;             /* what outgoing calls may reach */
    struct roster_memory *people;      /* who could be asked a moment ago */
    struct version_memory *versions;   /* what was saved a moment ago */
    struct world_snapshots *snapshots; /* private to world.c */
};

/* Opens all; refuses with one clear line in why: database unreachable, not migrated or newer than
 * us. */
/* turn_connections: of the pool that runs turns; as many as threads that compute, more for threads
 * that wait. */
MUST_CHECK enum err world_open(const struct config *cfg, const char *service, int turn_connections,
                               struct world **out, struct why *why);
void world_close(struct world *w);

/* The present snapshot, held for the caller. A watcher thread compares generations twice a second
 * and at each bell, so a change is seen everywhere within a second, with or without Redis. */
struct snapshot *world_snapshot(struct world *w);
/* The snapshots that something was made with over a while: their texts are in use until all are let
 * go. Begins as {0}; the older ones live in the arena. */
struct world_held {
    struct snapshot *newest;
    const struct world_held *older;
};
void world_hold(struct world *w, struct arena *a, struct world_held *h); /* newest: the present */
void world_let_go(struct world_held *h);
/* Compares now; for read-your-writes, and before an unknown id or key is refused. */
MUST_CHECK enum err world_refresh(struct world *w, struct pg *c);
/* Has the database the schema we were built for, or a newer one? ERR_CONFLICT if not yet; ERR_STORE
 * if it does not answer. */
MUST_CHECK enum err world_ready(struct world *w);
