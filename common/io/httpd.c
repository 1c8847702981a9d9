#include "httpd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "../base/metric.h"
#include "httpd_parts.h"

#define BACKLOG 1024
#define REAP_EVERY_MS 100
#define IDLE_MS 10000
#define END_STREAMS_MS 2000
#define SPARE_DESCRIPTORS 64 /* for the database, Redis, files */
#define LOG_LINES_PER_SECOND 5
#define CONNECTION_MEMORY ((size_t)32 * 1024)

/* ---- waking the loop ---- */

bool httpd_must_wake(struct httpd *h) {
    bool first = !h->woken;
    h->woken = true;
    return first;
}

void httpd_wake(struct httpd *h) {
    uint64_t one = 1;
    (void)!write(h->wake_fd, &one, sizeof one);
}

bool httpd_on_loop(const struct httpd *h) { return pthread_equal(pthread_self(), h->loop); }

/* ---- connections ---- */

static void name_peer(struct httpd_conn *conn, struct MHD_Connection *mhd) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info ? info->client_addr : NULL;
    if (!address)
        return;
    socklen_t size = address->sa_family == AF_INET6 ? (socklen_t)sizeof(struct sockaddr_in6)
                                                    : (socklen_t)sizeof(struct sockaddr_in);
    if (getnameinfo(address, size, conn->peer, sizeof conn->peer, NULL, 0, NI_NUMERICHOST))
        conn->peer[0] = '\0';
}

static void conn_open(struct httpd *h, struct MHD_Connection *mhd, void **context) {
    struct httpd_conn *conn = calloc(1, sizeof *conn);
    if (!conn)
        abort();
    conn->server = h;
    conn->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    conn->deadline_ms = clock_monotonic_ms() + h->options.body_deadline_ms;
    name_peer(conn, mhd);
    conn->next = h->conns;
    conn->at = &h->conns;
    if (conn->next)
        conn->next->at = &conn->next;
    h->conns = conn;
    *context = conn;
    metric_add(METRIC_http_connections, 1);
}

static void conn_close(struct httpd_conn *conn) {
    *conn->at = conn->next;
    if (conn->next)
        conn->next->at = conn->at;
    free(conn->uri);
    free(conn);
    metric_add(METRIC_http_connections, -1);
}

static void on_connection(void *cls, struct MHD_Connection *mhd, void **context,
                          enum MHD_ConnectionNotificationCode what) {
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        conn_open(cls, mhd, context);
    else
        conn_close(*context);
}

/* The library's own time-out starts again with every byte; this one does not. */
static void reap(struct httpd *h) {
    int64_t now_ms = clock_monotonic_ms();
    for (struct httpd_conn *c = h->conns; c; c = c->next)
        if (c->deadline_ms && c->deadline_ms <= now_ms)
            httpd_call_late(c);
}

/* ---- the loop ---- */

static void quiesce(struct httpd *h) {
    h->quiet = true;
    (void)MHD_quiesce_daemon(h->daemon);
    close(h->listen_fd);
    h->listen_fd = -1;
}

static void resume_answered(struct httpd_exchange *last_first) {
    struct httpd_exchange *first = NULL;
    while (last_first) {
        struct httpd_exchange *x = last_first;
        last_first = x->next;
        x->next = first;
        first = x;
    }
    while (first) {
        struct httpd_exchange *x = first;
        first = x->next;
        x->next = NULL;
        x->phase = HTTP_ANSWERED;
        MHD_resume_connection(x->mhd);
    }
}

static void take_orders(struct httpd *h) {
    uint64_t count;
    (void)!read(h->wake_fd, &count, sizeof count);
    pthread_mutex_lock(&h->lock);
    struct httpd_exchange *answered = h->answered;
    struct http_stream *news = h->news;
    bool quiescing = h->quiescing;
    h->answered = NULL;
    h->news = NULL;
    h->woken = false;
    pthread_mutex_unlock(&h->lock);
    if (quiescing && !h->quiet)
        quiesce(h);
    resume_answered(answered);
    httpd_stream_work(news);
}

/* The library's time-out must be kept: its descriptor is edge-triggered. */
static int patience_ms(struct httpd *h) {
    MHD_UNSIGNED_LONG_LONG library_ms;
    unsigned ms = h->conns ? REAP_EVERY_MS : IDLE_MS;
    if (MHD_get_timeout(h->daemon, &library_ms) == MHD_YES && library_ms < ms)
        ms = (unsigned)library_ms;
    return (int)ms;
}

static bool stopping(struct httpd *h) {
    pthread_mutex_lock(&h->lock);
    bool yes = h->stopping;
    pthread_mutex_unlock(&h->lock);
    return yes;
}

/* The library refuses to stop while connections are suspended. Asked again without an answer,
 * they close. */
static void abandon_held(struct httpd *h) {
    take_orders(h);
    for (struct httpd_conn *c = h->conns; c; c = c->next)
        if (c->exchange && c->exchange->phase == HTTP_HELD)
            MHD_resume_connection(c->exchange->mhd);
    (void)MHD_run(h->daemon);
}

static void *run_loop(void *arg) {
    struct httpd *h = arg;
    int64_t reap_ms = 0;
    while (!stopping(h)) {
        struct pollfd p[] = {{.fd = h->epoll_fd, .events = POLLIN},
                             {.fd = h->wake_fd, .events = POLLIN}};
        (void)poll(p, 2, patience_ms(h));
        if (p[1].revents)
            take_orders(h);
        (void)MHD_run(h->daemon);
        if (h->options.hooks.rest)
            h->options.hooks.rest(h->options.hooks.ctx);
        int64_t now_ms = clock_monotonic_ms();
        if (now_ms - reap_ms >= REAP_EVERY_MS) {
            reap(h);
            reap_ms = now_ms;
        }
    }
    abandon_held(h);
    return NULL;
}

/* ---- opening ---- */

static void on_log(void *cls, const char *fmt, va_list args) {
    struct httpd *h = cls;
    char text[160];
    int64_t second = clock_monotonic_ms() / 1000;
    if (second != h->log_second)
        h->log_lines = 0;
    h->log_second = second;
    if (h->log_lines++ >= LOG_LINES_PER_SECOND)
        return;
    vsnprintf(text, sizeof text, fmt, args);
    const char *line = text;
    log_event(LOG_DEBUG, "http_library", LOG_T("text", line));
}

/* "host:port" or "[address]:port". */
static enum err resolve(const char *listen, struct addrinfo **out, struct why *why) {
    char host[256];
    const char *colon = strrchr(listen, ':');
    size_t n = colon ? (size_t)(colon - listen) : 0;
    /* The C library would take 65537 for port 1. */
    if (!colon || n >= sizeof host || strtol(colon + 1, NULL, 10) > 65535)
        return why_set(why, ERR_INVALID, "", "%s is not an address and a port", listen);
    bool bracketed = n >= 2 && listen[0] == '[' && listen[n - 1] == ']';
    snprintf(host, sizeof host, "%.*s", (int)(bracketed ? n - 2 : n), listen + bracketed);
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    int e = getaddrinfo(*host ? host : NULL, colon + 1, &hints, out);
    if (e == 0)
        return OK;
    *out = NULL;
    return why_set(why, ERR_INVALID, "", "%s: %s", listen, gai_strerror(e));
}

static int port_of(int fd) {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {.v6 = {0}};
    socklen_t size = sizeof address;
    if (getsockname(fd, &address.any, &size))
        return 0;
    return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

static enum err listen_on(struct httpd *h, struct why *why) {
    struct addrinfo *address = NULL;
    TRY(resolve(h->options.listen, &address, why));
    if (!address)
        return ERR_INVALID;
    int one = 1;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    int failed = fd < 0 || bind(fd, address->ai_addr, address->ai_addrlen) || listen(fd, BACKLOG);
    int cause = errno;
    freeaddrinfo(address);
    if (failed) {
        if (fd >= 0)
            close(fd);
        return why_set(why, cause == EADDRINUSE ? ERR_CONFLICT : ERR_INVALID, "", "%s: %s",
                       h->options.listen, strerror(cause));
    }
    h->listen_fd = fd;
    h->port = port_of(fd);
    return OK;
}

/* The library spins when descriptors run out, so its limit stays below the process's. */
static unsigned connection_limit(const struct httpd *h) {
    struct rlimit files;
    unsigned limit = (unsigned)h->options.connections_max;
    if (getrlimit(RLIMIT_NOFILE, &files) || files.rlim_cur == RLIM_INFINITY)
        return limit;
    rlim_t room = files.rlim_cur > 2 * SPARE_DESCRIPTORS ? files.rlim_cur - SPARE_DESCRIPTORS
                                                         : files.rlim_cur / 2;
    return room < limit ? (unsigned)room : limit;
}

static enum err start_daemon(struct httpd *h, struct why *why) {
    unsigned idle_s = (unsigned)(h->options.idle_ms + 999) / 1000;
    h->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL,
        httpd_call_on_request, h, MHD_OPTION_EXTERNAL_LOGGER, on_log, h, MHD_OPTION_LISTEN_SOCKET,
        h->listen_fd, MHD_OPTION_CONNECTION_LIMIT, connection_limit(h),
        MHD_OPTION_CONNECTION_TIMEOUT, idle_s ? idle_s : 1u, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        CONNECTION_MEMORY, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK,
        httpd_call_on_uri, h, MHD_OPTION_NOTIFY_CONNECTION, on_connection, h,
        MHD_OPTION_NOTIFY_COMPLETED, httpd_call_on_completed, h, MHD_OPTION_END);
    if (!h->daemon)
        return why_set(why, ERR_BUG, "", "the HTTP server does not start");
    h->epoll_fd = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    return OK;
}

void httpd_free(struct httpd *h) {
    while (h->answered) {
        struct httpd_exchange *x = h->answered;
        h->answered = x->next;
        httpd_call_free(x);
    }
    httpd_stream_work(h->news);
    while (h->spare) {
        struct httpd_exchange *x = h->spare;
        h->spare = x->next;
        httpd_call_free(x);
    }
    if (h->listen_fd >= 0)
        close(h->listen_fd);
    close(h->wake_fd);
    pthread_cond_destroy(&h->idle);
    pthread_mutex_destroy(&h->lock);
    free(h);
}

static struct httpd *httpd_new(const struct httpd_options *options) {
    struct httpd *h = calloc(1, sizeof *h);
    if (!h)
        abort();
    h->options = *options;
    h->listen_fd = -1;
    h->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (h->wake_fd < 0)
        abort();
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&h->idle, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&h->lock, NULL);
    return h;
}

enum err httpd_open(const struct httpd_options *options, struct httpd **out, struct why *why) {
    struct httpd *h = httpd_new(options);
    enum err e = listen_on(h, why);
    if (e == OK)
        e = start_daemon(h, why);
    if (e != OK) {
        httpd_free(h);
        return e;
    }
    *out = h; /* before the loop: its hooks may use it */
    if (pthread_create(&h->loop, NULL, run_loop, h))
        abort();
    return OK;
}

int httpd_port(const struct httpd *h) { return h->port; }

/* ---- closing ---- */

static void order(struct httpd *h, bool *flag) {
    pthread_mutex_lock(&h->lock);
    *flag = true;
    bool wake = httpd_must_wake(h);
    pthread_mutex_unlock(&h->lock);
    if (wake)
        httpd_wake(h);
}

void httpd_quiesce(struct httpd *h) { order(h, &h->quiescing); }

static void wait_zero(struct httpd *h, const int *count, int timeout_ms) {
    int64_t until_ms = clock_monotonic_ms() + timeout_ms;
    struct timespec until = {.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000};
    pthread_mutex_lock(&h->lock);
    while (*count > 0 && pthread_cond_timedwait(&h->idle, &h->lock, &until) == 0)
        ;
    pthread_mutex_unlock(&h->lock);
}

/* Calls still with the service keep their memory: the answer that comes later frees it, the last
 * one frees the server. */
void httpd_close(struct httpd *h, int drain_ms) {
    httpd_quiesce(h);
    wait_zero(h, &h->in_flight, drain_ms);
    order(h, &h->ending);
    httpd_stream_end_all(h);
    httpd_wake(h);
    wait_zero(h, &h->n_streams, END_STREAMS_MS);
    order(h, &h->stopping);
    pthread_join(h->loop, NULL);
    MHD_stop_daemon(h->daemon);
    pthread_mutex_lock(&h->lock);
    h->stopped = true;
    bool last = h->held == 0;
    pthread_mutex_unlock(&h->lock);
    if (last)
        httpd_free(h);
}
