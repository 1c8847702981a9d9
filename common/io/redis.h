/*
 * redis: a cache and a bell that may be absent at any time. Every call has a short deadline; after
 * some failures a breaker answers "absent" at once and probes once a second. Nobody waits on
 * Redis. Losing it is a result (false, or no value), never an error. Thread-safe: a small pool of
 * contexts inside. The only file with <hiredis/...>; builds with 0.14 and 1.x.
 */
#pragma once
#include <stdbool.h>

#include "../base/arena.h"
#include "../base/span.h"

struct redis;

struct redis_options {
    const char *url; /* empty: no Redis, every call answers absent */
    int timeout_ms;
};

/* ERR_INVALID with why when the url is not one; connects nowhere yet. */
MUST_CHECK enum err redis_open(const struct redis_options *options, struct redis **out,
                               struct why *why);
void redis_close(struct redis *r);
bool redis_up(struct redis *r); /* what the breaker believes; pings at most once a second */

/* values[i].p is NULL for an absent key. False: Redis is absent, all values are NULL. */
bool redis_get_many(struct redis *r, struct arena *a, const struct span *keys, int n,
                    struct span *values);

/* What is to be kept, and what is published behind it. */
struct redis_values {
    const struct span *keys, *values;
    int n, ttl_s;
    const char *channel; /* NULL: nothing is published */
    struct span message;
};
/* Sent, not waited for: true says that it is on its way, as far as we know. */
bool redis_set_many(struct redis *r, const struct redis_values *v);
bool redis_publish(struct redis *r, const char *channel, struct span message);
bool redis_delete_many(struct redis *r, const struct span *keys, int n);

/* One thread that calls back for each message (and once after each new connection, with an empty
 * message: something may have been missed). Keeps trying while Redis is away. */
typedef void redis_heard(void *ctx, struct span message);
struct redis_subscriber;
struct redis_subscriber *redis_subscribe(struct redis *r, const char *channel, redis_heard *heard,
                                         void *ctx);
void redis_unsubscribe(struct redis_subscriber *s);
