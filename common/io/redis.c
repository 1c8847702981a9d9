#include "redis.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "../base/metric.h"
#include "redis_link.h"
#include "redis_parts.h"

#define LINKS_MAX 16
#define FAILURES_MAX 3
#define PROBE_EVERY_MS 1000

struct redis {
    struct redis_target target;
    bool present; /* a URL was given */
    int timeout_ms;
    pthread_mutex_t lock; /* everything below */
    struct redis_link links[LINKS_MAX];
    int failures;     /* in a row; FAILURES_MAX opens the breaker */
    int64_t probe_ms; /* breaker open: not before then */
    int64_t good_ms;  /* the last success */
};

/* A reply that is not what the command promises counts like no reply. */
typedef bool judge(void *ctx, int i, const redisReply *reply);

/* ---- breaker and pool ---- */

/* The lock is held. With the breaker open one caller a second may try, of those who listen. */
static bool may_try(struct redis *r) {
    int64_t now_ms = clock_monotonic_ms();
    if (r->failures < FAILURES_MAX)
        return true;
    if (now_ms < r->probe_ms)
        return false;
    r->probe_ms = now_ms + PROBE_EVERY_MS;
    return true;
}

static struct redis_link *take(struct redis *r, bool listens) {
    struct redis_link *found = NULL;
    pthread_mutex_lock(&r->lock);
    bool try = r->present && (listens ? may_try(r) : r->failures < FAILURES_MAX);
    for (int i = 0; try && !found && i < LINKS_MAX; i++)
        if (!r->links[i].taken)
            found = &r->links[i];
    if (found)
        found->taken = true;
    pthread_mutex_unlock(&r->lock);
    return found;
}

static void note_failure(struct redis *r) {
    metric_add(METRIC_redis_failures, 1);
    r->failures++;
    if (r->failures != FAILURES_MAX)
        return;
    r->probe_ms = clock_monotonic_ms() + PROBE_EVERY_MS;
    metric_set(METRIC_redis_up, 0);
    log_event(LOG_WARN, "redis_absent", LOG_N("failures", r->failures));
}

static void note_success(struct redis *r) {
    if (r->failures >= FAILURES_MAX)
        log_event(LOG_INFO, "redis_back", LOG_N("failures", r->failures));
    if (r->failures || !r->good_ms)
        metric_set(METRIC_redis_up, 1);
    r->failures = 0;
    r->good_ms = clock_monotonic_ms();
}

enum outcome { ANSWERED, FAILED, UNKNOWN };

static void give(struct redis *r, struct redis_link *l, enum outcome outcome) {
    if (outcome == FAILED)
        redis_link_close(l);
    pthread_mutex_lock(&r->lock);
    l->taken = false;
    if (outcome == ANSWERED)
        note_success(r);
    if (outcome == FAILED)
        note_failure(r);
    pthread_mutex_unlock(&r->lock);
}

/* n commands in one go, their replies left for later. */
static bool post(struct redis *r, const struct redis_command *commands, int n) {
    struct redis_link *l = take(r, false);
    if (!l)
        return false;
    int64_t deadline_ms = clock_monotonic_ms() + r->timeout_ms;
    bool ok =
        redis_link_open_trusting(l, &r->target, deadline_ms) && redis_link_post(l, commands, n);
    give(r, l, ok ? UNKNOWN : FAILED);
    return ok;
}

/* Commands that somebody waits for. */
struct question {
    const struct redis_command *commands;
    int n;
    judge *good;
    void *ctx;
};

static bool ask(struct redis_link *l, const struct question *q, int64_t deadline_ms) {
    bool ok = true;
    for (int i = 0; ok && i < q->n; i++)
        ok = redis_link_send(l, &q->commands[i]);
    ok = ok && redis_link_settle(l, deadline_ms);
    for (int i = 0; ok && i < q->n; i++) {
        redisReply *reply = redis_link_reply(l, deadline_ms, -1);
        ok = reply && q->good(q->ctx, i, reply);
        if (reply)
            freeReplyObject(reply);
    }
    return ok;
}

/* In one go, behind what was posted just now; judges every reply. A link that was trusted because
 * it had just been used may have been closed since: then once more on a new one. */
static bool run(struct redis *r, const struct question *q) {
    struct redis_link *l = take(r, true);
    if (!l)
        return false;
    int64_t deadline_ms = clock_monotonic_ms() + r->timeout_ms;
    bool trusted = l->owed > 0;
    bool ok = redis_link_open_trusting(l, &r->target, deadline_ms) && ask(l, q, deadline_ms);
    if (!ok && trusted) {
        redis_link_close(l);
        ok = redis_link_open(l, &r->target, deadline_ms) && ask(l, q, deadline_ms);
    }
    give(r, l, ok ? ANSWERED : FAILED);
    return ok;
}

/* ---- opening ---- */

enum err redis_open(const struct redis_options *options, struct redis **out, struct why *why) {
    struct redis *r = calloc(1, sizeof *r);
    if (!r)
        abort();
    r->timeout_ms = options->timeout_ms;
    r->present = options->url && *options->url;
    enum err e = r->present ? redis_link_target(options->url, &r->target, why) : OK;
    if (e != OK) {
        free(r);
        return e;
    }
    /* hiredis writes without MSG_NOSIGNAL. */
    signal(SIGPIPE, SIG_IGN);
    pthread_mutex_init(&r->lock, NULL);
    *out = r;
    return OK;
}

void redis_close(struct redis *r) {
    for (int i = 0; i < LINKS_MAX; i++)
        redis_link_close(&r->links[i]);
    redis_link_target_fini(&r->target);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

const struct redis_target *redis_parts_target(const struct redis *r) {
    return r->present ? &r->target : NULL;
}

int redis_parts_timeout_ms(const struct redis *r) { return r->timeout_ms; }

/* ---- commands ---- */

static bool is_pong(void *ctx, int i, const redisReply *reply) {
    (void)ctx, (void)i;
    return reply->type == REDIS_REPLY_STATUS && !strcmp(reply->str, "PONG");
}

bool redis_up(struct redis *r) {
    const char *word[] = {"PING"};
    size_t size[] = {4};
    struct redis_command ping = {1, word, size};
    pthread_mutex_lock(&r->lock);
    bool fresh = r->good_ms && clock_monotonic_ms() - r->good_ms < PROBE_EVERY_MS;
    bool up = r->failures < FAILURES_MAX;
    pthread_mutex_unlock(&r->lock);
    if (!r->present || (fresh && up))
        return r->present;
    return run(r, &(struct question){&ping, 1, is_pong, NULL});
}

/* name followed by the spans, as one command in the arena. */
static struct redis_command command(struct arena *a, const char *name, const struct span *words,
                                    int n) {
    struct redis_command c = {n + 1, ARENA_ARRAY(a, const char *, n + 1),
                              ARENA_ARRAY(a, size_t, n + 1)};
    c.word[0] = name;
    c.size[0] = strlen(name);
    for (int i = 0; i < n; i++) {
        c.word[i + 1] = words[i].p;
        c.size[i + 1] = words[i].n;
    }
    return c;
}

struct got {
    struct arena *arena;
    struct span *values;
    int n;
};

static bool take_values(void *ctx, int i, const redisReply *reply) {
    struct got *g = ctx;
    (void)i;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != (size_t)g->n)
        return false;
    for (int k = 0; k < g->n; k++) {
        const redisReply *e = reply->element[k];
        if (e->type == REDIS_REPLY_NIL)
            continue;
        if (e->type != REDIS_REPLY_STRING)
            return false;
        g->values[k] = (struct span){arena_copy(g->arena, e->str, (size_t)e->len), (size_t)e->len};
    }
    return true;
}

bool redis_get_many(struct redis *r, struct arena *a, const struct span *keys, int n,
                    struct span *values) {
    struct got g = {a, values, n};
    memset(values, 0, (size_t)n * sizeof *values);
    if (n == 0)
        return r->present;
    struct redis_command c = command(a, "MGET", keys, n);
    bool ok = run(r, &(struct question){&c, 1, take_values, &g});
    if (!ok)
        memset(values, 0, (size_t)n * sizeof *values);
    return ok;
}

static bool is_number(void *ctx, int i, const redisReply *reply) {
    (void)ctx, (void)i;
    return reply->type == REDIS_REPLY_INTEGER;
}

bool redis_set_many(struct redis *r, const struct redis_values *v) {
    struct arena *a = arena_new();
    struct redis_command *commands = ARENA_ARRAY(a, struct redis_command, v->n + 1);
    struct span ttl = span_of(arena_printf(a, "%d", v->ttl_s));
    int n = 0;
    for (; n < v->n; n++) {
        struct span words[] = {v->keys[n], v->values[n], span_of("EX"), ttl};
        commands[n] = command(a, "SET", words, 4);
    }
    if (v->channel)
        commands[n++] = command(a, "PUBLISH", (struct span[]){span_of(v->channel), v->message}, 2);
    bool ok = n == 0 ? r->present : post(r, commands, n);
    arena_free(a);
    return ok;
}

static bool run_number(struct redis *r, const char *name, const struct span *words, int n) {
    struct arena *a = arena_new();
    struct redis_command c = command(a, name, words, n);
    bool ok = run(r, &(struct question){&c, 1, is_number, NULL});
    arena_free(a);
    return ok;
}

bool redis_delete_many(struct redis *r, const struct span *keys, int n) {
    return n == 0 ? r->present : run_number(r, "DEL", keys, n);
}

bool redis_publish(struct redis *r, const char *channel, struct span message) {
    struct arena *a = arena_new();
    struct span words[] = {span_of(channel), message};
    struct redis_command c = command(a, "PUBLISH", words, 2);
    bool ok = post(r, &c, 1);
    arena_free(a);
    return ok;
}
