#include "redis_link.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../base/clock.h"
#include "../codec/enc.h"

#define DEFAULT_PORT 6379
#define ELEMENTS_MAX 65536
#define OUTGOING_MAX ((size_t)64 << 20)
#define OUTGOING_KEPT ((size_t)256 << 10)
#define OWED_MAX 4096 /* beyond, replies are read before more is posted */
#define POSTED_JUST_NOW_MS 100

#if HIREDIS_MAJOR >= 1
typedef size_t element_count;
#else
typedef int element_count;
#endif

/* ---- the URL ---- */

static char *keep(const char *s, size_t n) {
    char *copy = strndup(s, n);
    if (!copy)
        abort();
    return copy;
}

/* A whole decimal number from 0 to max; -1: not one. */
static int number(const char *s, size_t n, int max) {
    int v = 0;
    for (size_t i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9' || v > max)
            return -1;
        v = v * 10 + s[i] - '0';
    }
    return n && v <= max ? v : -1;
}

static char *decoded(struct span s) {
    struct arena *a = arena_new();
    char *text;
    char *copy = enc_unpercent(a, s, false, &text) == OK ? keep(text, strlen(text)) : NULL;
    arena_free(a);
    return copy;
}

/* "user:password" or ":password"; percent-encoded. */
static bool parse_login(struct redis_target *t, struct span login) {
    const char *colon = memchr(login.p, ':', login.n);
    if (!colon)
        return false;
    size_t user = (size_t)(colon - login.p);
    t->user = user ? decoded((struct span){login.p, user}) : NULL;
    t->password = decoded((struct span){colon + 1, login.n - user - 1});
    return t->password && (t->user || !user);
}

static bool parse_tcp(struct redis_target *t, const char *rest) {
    const char *at = strrchr(rest, '@');
    if (at && !parse_login(t, (struct span){rest, (size_t)(at - rest)}))
        return false;
    const char *host = at ? at + 1 : rest;
    size_t n = strcspn(host, "/");
    if (host[n] && host[n + 1])
        t->database = number(host + n + 1, strlen(host + n + 1), 9999);
    const char *colon = memrchr(host, ':', n);
    if (colon && memchr(colon, ']', n - (size_t)(colon - host)))
        colon = NULL; /* inside an IPv6 address */
    t->port = colon ? number(colon + 1, n - (size_t)(colon - host) - 1, 65535) : DEFAULT_PORT;
    size_t host_n = colon ? (size_t)(colon - host) : n;
    if (host_n > 2 && host[0] == '[' && host[host_n - 1] == ']') {
        host++;
        host_n -= 2;
    }
    t->host = keep(host, host_n);
    return host_n > 0 && t->port > 0 && t->database >= 0;
}

enum err redis_link_target(const char *url, struct redis_target *out, struct why *why) {
    static const char tcp[] = "redis://", local[] = "unix:///";
    memset(out, 0, sizeof *out);
    bool ok = false;
    if (!strncmp(url, tcp, strlen(tcp))) {
        ok = parse_tcp(out, url + strlen(tcp));
    } else if (!strncmp(url, local, strlen(local)) && url[strlen(local)]) {
        out->host = keep(url + strlen(local) - 1, strlen(url));
        ok = true;
    }
    if (ok)
        return OK;
    redis_link_target_fini(out);
    return why_set(
        why, ERR_INVALID, "",
        "the Redis URL is not redis://[[user]:password@]host[:port][/db] or unix:///path");
}

void redis_link_target_fini(struct redis_target *t) {
    free(t->host);
    free(t->user);
    free(t->password);
    memset(t, 0, sizeof *t);
}

/* ---- waiting ---- */

/* 0: late or told to stop. */
static short wait_for(const struct redis_link *l, short events, int64_t deadline_ms, int stop_fd) {
    for (;;) {
        int64_t left = deadline_ms - clock_monotonic_ms();
        if (left <= 0)
            return 0;
        struct pollfd p[] = {{.fd = l->context->fd, .events = events},
                             {.fd = stop_fd, .events = POLLIN}};
        int n = poll(p, 2, (int)left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0 || p[1].revents)
            return 0;
        return p[0].revents;
    }
}

void redis_link_close(struct redis_link *l) {
    if (l->context)
        redisFree(l->context);
    l->context = NULL;
    l->owed = 0;
    buf_fini(&l->outgoing);
}

static void put_count(struct buf *b, char mark, int64_t n) {
    buf_addc(b, mark);
    buf_add_int(b, n);
    buf_add(b, "\r\n", 2);
}

/* Packed here: hiredis makes a string of its own of each command and copies it then. */
bool redis_link_send(struct redis_link *l, const struct redis_command *c) {
    struct buf *b = &l->outgoing;
    put_count(b, '*', c->n);
    for (int i = 0; i < c->n; i++) {
        put_count(b, '$', (int64_t)c->size[i]);
        buf_add(b, c->word[i], c->size[i]);
        buf_add(b, "\r\n", 2);
    }
    return buf_done(b) == OK;
}

static bool hand_over(struct redis_link *l) {
    struct span s = buf_span(&l->outgoing);
    bool ok = s.n == 0 || redisAppendFormattedCommand(l->context, s.p, s.n) == REDIS_OK;
    if (l->outgoing.cap > OUTGOING_KEPT)
        buf_fini(&l->outgoing);
    buf_reset(&l->outgoing);
    return ok;
}

bool redis_link_post(struct redis_link *l, const struct redis_command *commands, int n) {
    int sent = 0;
    for (int i = 0; i < n; i++, l->owed++)
        if (!redis_link_send(l, &commands[i]))
            return false;
    l->posted_ms = clock_monotonic_ms();
    return hand_over(l) && redisBufferWrite(l->context, &sent) == REDIS_OK;
}

redisReply *redis_link_reply(struct redis_link *l, int64_t deadline_ms, int stop_fd) {
    int sent = 0;
    void *reply = NULL;
    if (!hand_over(l))
        return NULL;
    for (;;) {
        if (!sent && redisBufferWrite(l->context, &sent) != REDIS_OK)
            return NULL;
        if (redisGetReplyFromReader(l->context, &reply) != REDIS_OK || reply)
            return reply;
        short ready = wait_for(l, sent ? POLLIN : (short)(POLLIN | POLLOUT), deadline_ms, stop_fd);
        if (!ready)
            return NULL;
        if ((ready & ~POLLOUT) && redisBufferRead(l->context) != REDIS_OK)
            return NULL;
    }
}

/* ---- opening ---- */

static bool is_connected(const struct redis_link *l) {
    int problem = 0;
    socklen_t size = sizeof problem;
    return getsockopt(l->context->fd, SOL_SOCKET, SO_ERROR, &problem, &size) == 0 && problem == 0;
}

static bool ask_ok(struct redis_link *l, const struct redis_command *c, int64_t deadline_ms) {
    redisReply *r = redis_link_send(l, c) ? redis_link_reply(l, deadline_ms, -1) : NULL;
    bool ok = r && r->type == REDIS_REPLY_STATUS;
    if (r)
        freeReplyObject(r);
    return ok;
}

static bool introduce(struct redis_link *l, const struct redis_target *t, int64_t deadline_ms) {
    char database[16];
    const char *word[3] = {"AUTH", t->user ? t->user : t->password, t->password};
    size_t size[3] = {4, strlen(word[1] ? word[1] : ""), t->password ? strlen(t->password) : 0};
    struct redis_command auth = {t->user ? 3 : 2, word, size};
    if (t->password && !ask_ok(l, &auth, deadline_ms))
        return false;
    const char *choose[2] = {"SELECT", database};
    size_t choose_size[2] = {6, (size_t)snprintf(database, sizeof database, "%d", t->database)};
    struct redis_command select = {2, choose, choose_size};
    return !t->database || ask_ok(l, &select, deadline_ms);
}

/* hiredis allocates as many elements as the peer announces. Its own functions, but for that. */
static redisReplyObjectFunctions bounded;
static void *(*make_array)(const redisReadTask *task, element_count n);
static pthread_once_t bounded_once = PTHREAD_ONCE_INIT;

static void *make_bounded_array(const redisReadTask *task, element_count n) {
    return n > ELEMENTS_MAX ? NULL : make_array(task, n);
}

static void init_bounded(void) {
    redisReader *reader = redisReaderCreate();
    if (!reader)
        abort();
    bounded = *reader->fn;
    make_array = bounded.createArray;
    bounded.createArray = make_bounded_array;
    redisReaderFree(reader);
}

static void bound_replies(struct redis_link *l) {
    pthread_once(&bounded_once, init_bounded);
    l->context->reader->fn = &bounded;
}

bool redis_link_settle(struct redis_link *l, int64_t deadline_ms) {
    bool ok = true;
    for (; ok && l->owed; l->owed--) {
        redisReply *reply = redis_link_reply(l, deadline_ms, -1);
        ok = reply && reply->type != REDIS_REPLY_ERROR;
        if (reply)
            freeReplyObject(reply);
    }
    return ok;
}

/* A link that owes nothing has nothing to read, unless the server said goodbye. */
static bool still_good(const struct redis_link *l) {
    struct pollfd p = {.fd = l->context->fd, .events = POLLIN};
    return poll(&p, 1, 0) == 0;
}

bool redis_link_open(struct redis_link *l, const struct redis_target *t, int64_t deadline_ms) {
    if (l->context && redis_link_settle(l, deadline_ms) && still_good(l))
        return true;
    redis_link_close(l);
    l->context =
        t->port ? redisConnectNonBlock(t->host, t->port) : redisConnectUnixNonBlock(t->host);
    if (!l->context)
        abort();
    bound_replies(l);
    buf_init(&l->outgoing, OUTGOING_MAX);
    if (!l->context->err && wait_for(l, POLLOUT, deadline_ms, -1) && is_connected(l) &&
        introduce(l, t, deadline_ms))
        return true;
    redis_link_close(l);
    return false;
}

/* Else every batch would first wait for replies that nobody needs. */
bool redis_link_open_trusting(struct redis_link *l, const struct redis_target *t,
                              int64_t deadline_ms) {
    bool busy = l->context && l->owed && l->owed < OWED_MAX &&
                clock_monotonic_ms() - l->posted_ms < POSTED_JUST_NOW_MS;
    return busy || redis_link_open(l, t, deadline_ms);
}
