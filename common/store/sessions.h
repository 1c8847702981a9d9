/*
 * sessions: the Redis cache of what a turn needs: identity -> the conversation with its version. An
 * entry is sealed with a keyed hash over its key and content, so that a cache that lies is a cache
 * that misses; a stale one is caught by the version when Postgres saves. Loss makes us slower,
 * never wrong.
 */
#pragma once
#include "../io/redis.h"
#include "../model/conversation.h"
#include "../model/message.h"

#define SESSIONS_TTL_S (7 * 24 * 3600)

/* The cache, whose memory results live in, and the 32-byte key of the seal. */
struct sessions {
    struct redis *redis;
    struct arena *arena;
    const uint8_t *seal;
};
/* found[i] is NULL where the cache has nothing (or nothing we believe). */
void sessions_get(const struct sessions *s, const struct identity *ids, int n,
                  struct conversation **found);
/* And rings the bell of turns behind it, also for none. */
void sessions_put(const struct sessions *s, const struct identity *ids,
                  const struct conversation *const *conversations, int n);
void sessions_forget(struct redis *r, struct arena *a, const struct identity *ids, int n);
