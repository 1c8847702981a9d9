/* One thread that listens. It has its own link and does not touch the breaker. */
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../base/clock.h"
#include "redis_parts.h"

#define PAUSE_MIN_MS 100
#define PAUSE_MAX_MS 2000
#define QUIET_MAX_MS 5000 /* then the server is asked whether it is there */

struct redis_subscriber {
    const struct redis *redis;
    char *channel;
    redis_heard *heard;
    void *ctx;
    struct redis_link link;
    int stop_fd;
    bool running;
    pthread_t thread;
};

/* True: asked to stop. */
static bool pause_for(const struct redis_subscriber *s, int ms) {
    struct pollfd p = {.fd = s->stop_fd, .events = POLLIN};
    return poll(&p, 1, ms) > 0;
}

static bool send_words(struct redis_subscriber *s, const char *first, const char *second) {
    const char *word[] = {first, second};
    size_t size[] = {strlen(first), second ? strlen(second) : 0};
    struct redis_command c = {second ? 2 : 1, word, size};
    return redis_link_send(&s->link, &c);
}

static bool text_is(const redisReply *r, const char *text) {
    return r->type == REDIS_REPLY_STRING && !strcmp(r->str, text);
}

static bool subscribe(struct redis_subscriber *s) {
    int64_t deadline_ms = clock_monotonic_ms() + redis_parts_timeout_ms(s->redis);
    if (!redis_link_open(&s->link, redis_parts_target(s->redis), deadline_ms) ||
        !send_words(s, "SUBSCRIBE", s->channel))
        return false;
    redisReply *r = redis_link_reply(&s->link, deadline_ms, s->stop_fd);
    bool ok = r && r->type == REDIS_REPLY_ARRAY && r->elements == 3 &&
              text_is(r->element[0], "subscribe");
    if (r)
        freeReplyObject(r);
    return ok;
}

/* "message", channel, text; or the answer to a ping. Anything else is not the protocol. */
static bool take_reply(struct redis_subscriber *s, const redisReply *r) {
    if (r->type != REDIS_REPLY_ARRAY || r->elements < 2)
        return false;
    if (text_is(r->element[0], "pong"))
        return true;
    if (r->elements != 3 || !text_is(r->element[0], "message") ||
        r->element[2]->type != REDIS_REPLY_STRING)
        return false;
    s->heard(s->ctx, (struct span){r->element[2]->str, (size_t)r->element[2]->len});
    return true;
}

/* Until the link fails or the thread is asked to stop. */
static void listen_on(struct redis_subscriber *s) {
    bool asked = false;
    for (;;) {
        redisReply *r = redis_link_reply(&s->link, clock_monotonic_ms() + QUIET_MAX_MS, s->stop_fd);
        if (!r && (asked || s->link.context->err || pause_for(s, 0)))
            return;
        asked = !r;
        if (!r && !send_words(s, "PING", NULL))
            return;
        bool ok = !r || take_reply(s, r);
        if (r)
            freeReplyObject(r);
        if (!ok)
            return;
    }
}

static void *run_thread(void *arg) {
    struct redis_subscriber *s = arg;
    int pause_ms = PAUSE_MIN_MS;
    do {
        if (subscribe(s)) {
            pause_ms = PAUSE_MIN_MS;
            s->heard(s->ctx, (struct span){"", 0});
            listen_on(s);
        } else if (pause_ms < PAUSE_MAX_MS) {
            pause_ms *= 2;
        }
        redis_link_close(&s->link);
    } while (!pause_for(s, pause_ms));
    return NULL;
}

struct redis_subscriber *redis_subscribe(struct redis *r, const char *channel, redis_heard *heard,
                                         void *ctx) {
    struct redis_subscriber *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    s->redis = r;
    s->channel = strdup(channel);
    s->heard = heard;
    s->ctx = ctx;
    s->stop_fd = eventfd(0, EFD_CLOEXEC);
    s->running = redis_parts_target(r) != NULL;
    if (!s->channel || s->stop_fd < 0)
        abort();
    if (s->running && pthread_create(&s->thread, NULL, run_thread, s))
        abort();
    return s;
}

void redis_unsubscribe(struct redis_subscriber *s) {
    uint64_t one = 1;
    (void)!write(s->stop_fd, &one, sizeof one);
    if (s->running)
        pthread_join(s->thread, NULL);
    close(s->stop_fd);
    free(s->channel);
    free(s);
}
