/* drive_httpd BODY_DEADLINE_MS IDLE_MS STREAMS_MAX CONNECTIONS_MAX: the HTTP driver under a small
 * echo service. Prints its port; ends when standard input ends.
 *
 *   /echo     the body back, from a crew        /inline   the same, on the loop
 *   /small    takes 1000 bytes                  /refused  401 by the header alone
 *   /hold     answered by /release              /headers  what the driver saw
 *   /stream   an open stream: /say writes the body to all, /end ends them, /gone counts the ended
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/base/crew.h"
#include "../../common/base/log.h"
#include "../../common/base/metric.h"
#include "../../common/io/httpd.h"

#define LISTENERS_MAX 2048

struct listener {
    struct drive *drive;
    struct http_stream *stream;
};

struct drive {
    struct httpd *httpd;
    struct crew *crew;
    pthread_mutex_t lock;
    struct listener *listeners[LISTENERS_MAX];
    struct http_call *held[LISTENERS_MAX];
    int n_listeners, n_held, n_gone;
};

static void answer(struct drive *d, struct http_call *c, int status, const char *text) {
    httpd_answer(d->httpd, c, status, "text/plain", span_of(text), NULL, 0);
}

/* ---- hooks ---- */

static void on_admit(void *ctx, struct http_call *c, struct http_admit *out) {
    (void)ctx;
    static const struct wire_header challenge[] = {{"WWW-Authenticate", "Bearer"}};
    out->body_max = strcmp(c->path, "/small") ? 256 * 1024 : 1000;
    if (strcmp(c->path, "/refused") != 0)
        return;
    *out = (struct http_admit){.status = 401,
                               .content_type = "text/plain",
                               .body = "who are you?",
                               .headers = challenge,
                               .n_headers = 1};
}

static void on_refuse(void *ctx, struct http_call *c, int status, const char *detail,
                      struct http_admit *out) {
    (void)ctx;
    out->content_type = "application/problem+json";
    out->body = arena_printf(c->arena, "{\"status\":%d,\"detail\":\"%s\"}", status, detail);
}

static void on_gone(void *ctx) {
    struct listener *l = ctx;
    struct drive *d = l->drive;
    pthread_mutex_lock(&d->lock);
    for (int i = 0; i < d->n_listeners; i++)
        if (d->listeners[i] == l)
            d->listeners[i] = d->listeners[--d->n_listeners];
    d->n_gone++;
    pthread_mutex_unlock(&d->lock);
    free(l);
}

static void open_stream(struct drive *d, struct http_call *c) {
    struct listener *l = calloc(1, sizeof *l);
    if (!l)
        abort();
    l->drive = d;
    pthread_mutex_lock(&d->lock);
    l->stream = httpd_stream_open(
        d->httpd, c, &(struct http_answer){.content_type = "text/event-stream"}, on_gone, l);
    if (l->stream)
        d->listeners[d->n_listeners++] = l;
    pthread_mutex_unlock(&d->lock);
    if (!l->stream) {
        free(l);
        answer(d, c, 503, "too many streams");
    }
}

static void say(struct drive *d, struct http_call *c) {
    pthread_mutex_lock(&d->lock);
    int heard = 0;
    for (int i = 0; i < d->n_listeners; i++)
        heard += httpd_stream_write(d->listeners[i]->stream, c->body) == OK;
    pthread_mutex_unlock(&d->lock);
    answer(d, c, 200, arena_printf(c->arena, "%d", heard));
}

static void end_streams(struct drive *d, struct http_call *c) {
    pthread_mutex_lock(&d->lock);
    for (int i = 0; i < d->n_listeners; i++)
        httpd_stream_end(d->listeners[i]->stream);
    d->n_listeners = 0;
    pthread_mutex_unlock(&d->lock);
    answer(d, c, 200, "ended");
}

static void tell_gone(struct drive *d, struct http_call *c) {
    pthread_mutex_lock(&d->lock);
    int n = d->n_gone;
    pthread_mutex_unlock(&d->lock);
    answer(d, c, 200, arena_printf(c->arena, "%d", n));
}

static void hold(struct drive *d, struct http_call *c) {
    pthread_mutex_lock(&d->lock);
    d->held[d->n_held++] = c;
    pthread_mutex_unlock(&d->lock);
}

static void release(struct drive *d, struct http_call *c) {
    pthread_mutex_lock(&d->lock);
    int n = d->n_held;
    d->n_held = 0;
    for (int i = 0; i < n; i++)
        answer(d, d->held[i], 200, "released");
    pthread_mutex_unlock(&d->lock);
    answer(d, c, 200, arena_printf(c->arena, "%d", n));
}

static void tell_headers(struct drive *d, struct http_call *c) {
    char *text = arena_printf(c->arena, "%s %s ?%s %s\n", c->method, c->path, c->query, c->peer);
    for (int i = 0; i < c->n_headers; i++)
        text = arena_printf(c->arena, "%s%s=%s\n", text, c->headers[i].name, c->headers[i].value);
    answer(d, c, 200, text);
}

static void tell_metrics(struct drive *d, struct http_call *c) {
    buf_auto b;
    buf_init(&b, 1 << 20);
    metric_render(&b);
    httpd_answer(d->httpd, c, 200, "text/plain", buf_span(&b), NULL, 0);
}

static void echo_inline(struct drive *d, struct http_call *c) {
    httpd_answer(d->httpd, c, 200, "text/plain", c->body, NULL, 0);
}

static const struct route {
    const char *path;
    void (*run)(struct drive *d, struct http_call *c);
} routes[] = {{"/inline", echo_inline},   {"/hold", hold},      {"/release", release},
              {"/headers", tell_headers}, {"/say", say},        {"/stream", open_stream},
              {"/end", end_streams},      {"/gone", tell_gone}, {"/metrics", tell_metrics}};

static void on_ready(void *ctx, struct http_call *c) {
    struct drive *d = ctx;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        if (!strcmp(routes[i].path, c->path)) {
            routes[i].run(d, c);
            return;
        }
    if (crew_add(d->crew, c) != OK)
        answer(d, c, 503, "busy");
}

static void echo_many(void *ctx, int worker, void **items, int n) {
    struct drive *d = ctx;
    struct http_answer answers[64];
    (void)worker;
    for (int i = 0; i < n; i++) {
        struct http_call *c = items[i];
        answers[i] = (struct http_answer){
            .call = c, .status = 200, .content_type = "text/plain", .body = c->body};
    }
    httpd_answer_many(d->httpd, answers, n);
}

int main(int argc, char **argv) {
    if (argc != 5)
        return 2;
    log_setup("drive", "json", "debug");
    static struct drive d = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct crew_options crew = {"echo", 2, 4096, 64, 0, echo_many, &d};
    d.crew = crew_open(&crew);
    struct httpd_options o = {.listen = "127.0.0.1:0",
                              .body_deadline_ms = atoi(argv[1]),
                              .idle_ms = atoi(argv[2]),
                              .streams_max = atoi(argv[3]),
                              .connections_max = atoi(argv[4]),
                              .hooks = {&d, on_admit, on_ready, on_refuse, NULL}};
    struct why why;
    if (httpd_open(&o, &d.httpd, &why) != OK) {
        fprintf(stderr, "%s\n", why.text);
        return 1;
    }
    printf("%d\n", httpd_port(d.httpd));
    fflush(stdout);
    while (getchar() != EOF)
        ;
    httpd_close(d.httpd, 500);
    for (int i = 0; i < d.n_held; i++)
        answer(&d, d.held[i], 200, "too late");
    crew_close(d.crew);
    return 0;
}
