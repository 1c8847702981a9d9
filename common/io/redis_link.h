/*
 * redis_link: one connection to Redis, non-blocking, with a deadline on everything. Private to
 * redis*.c.
 *
 * hiredis' own time-outs restart with every byte, and 0.14 loses them when it reconnects; here it
 * only packs commands and unpacks replies, and the waiting is ours. Whatever goes wrong closes the
 * link.
 */
#pragma once
#include <hiredis/hiredis.h>
#include <stdint.h>

#include "../base/buf.h"
#include "redis.h"

struct redis_target {
    char *host; /* or the path of a unix socket */
    int port;   /* 0: unix socket */
    int database;
    char *user, *password; /* NULL: none */
};

struct redis_link {
    redisContext *context; /* NULL: closed */
    bool taken;
    int owed; /* replies to commands that nobody waits for; they come before the next ones */
    int64_t posted_ms;   /* when the last of those commands was sent */
    struct buf outgoing; /* commands not yet given to hiredis */
};

/* The bytes of one command; both arrays are the caller's. */
struct redis_command {
    int n;
    const char **word;
    size_t *size;
};

MUST_CHECK enum err redis_link_target(const char *url, struct redis_target *out, struct why *why);
void redis_link_target_fini(struct redis_target *t);

/* Connects, authenticates and selects. A link that is open stays; one the server has closed is
 * renewed. */
bool redis_link_open(struct redis_link *l, const struct redis_target *t, int64_t deadline_ms);
/* The same, but trusts a link that has been posted to just now: its replies are still owed. */
bool redis_link_open_trusting(struct redis_link *l, const struct redis_target *t,
                              int64_t deadline_ms);
void redis_link_close(struct redis_link *l);
bool redis_link_send(struct redis_link *l, const struct redis_command *c);
/* Commands whose replies nobody waits for: they are read before the link is used again. */
bool redis_link_post(struct redis_link *l, const struct redis_command *commands, int n);
/* Reads the replies that are owed; false: the server does not do what it is told. */
bool redis_link_settle(struct redis_link *l, int64_t deadline_ms);
/* The next reply, the caller's to free; NULL: late, lost or not the protocol. stop_fd: -1, or a
 * descriptor that ends the wait. */
redisReply *redis_link_reply(struct redis_link *l, int64_t deadline_ms, int stop_fd);
