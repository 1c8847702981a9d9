/* One request from its header to its answer. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../base/clock.h"
#include "../base/metric.h"
#include "httpd_parts.h"

#define RAW_MAX 16384
#define MANY 256 /* answers handed over under one lock */

/* ---- an exchange's life ---- */

static struct httpd_exchange *exchange_new(struct httpd *h) {
    struct httpd_exchange *x = h->spare;
    if (x) {
        h->spare = x->next;
        h->n_spare--;
        x->next = NULL;
    } else {
        x = calloc(1, sizeof *x);
        if (!x)
            abort();
        x->call.arena = arena_new();
    }
    x->server = h;
    x->phase = HTTP_READING;
    return x;
}

/* Large bodies are rare, their memory is not worth keeping. */
static struct buf buf_kept(struct buf *b) {
    if (b->cap > HTTP_KEPT_BYTES)
        buf_fini(b);
    buf_reset(b);
    return *b;
}

static void exchange_clear(struct httpd_exchange *x) {
    struct arena *arena = x->call.arena;
    struct buf body = buf_kept(&x->body), reply = buf_kept(&x->reply);
    if (x->response)
        MHD_destroy_response(x->response);
    memset(x, 0, sizeof *x);
    arena_reset(arena);
    x->call.arena = arena;
    x->body = body;
    x->reply = reply;
}

void httpd_call_free(struct httpd_exchange *x) {
    exchange_clear(x);
    buf_fini(&x->body);
    buf_fini(&x->reply);
    arena_free(x->call.arena);
    free(x);
}

static void exchange_recycle(struct httpd *h, struct httpd_exchange *x) {
    if (h->n_spare >= HTTP_SPARE_CALLS) {
        httpd_call_free(x);
        return;
    }
    exchange_clear(x);
    x->next = h->spare;
    h->spare = x;
    h->n_spare++;
}

/* ---- answers ---- */

static void put_header(struct MHD_Response *r, const char *name, const char *value) {
    /* Refused for line breaks in the value; the answer is then better off without it. */
    (void)MHD_add_response_header(r, name, value);
}

static void put_default(struct MHD_Response *r, const struct http_answer *a, const char *name,
                        const char *value) {
    if (!wire_header_find(a->headers, a->n_headers, name))
        put_header(r, name, value);
}

void httpd_call_decorate(struct MHD_Response *r, const struct http_answer *a) {
    if (a->content_type)
        put_header(r, "Content-Type", a->content_type);
    put_default(r, a, "X-Content-Type-Options", "nosniff");
    put_default(r, a, "Cache-Control", "no-store");
    for (int i = 0; i < a->n_headers; i++)
        put_header(r, a->headers[i].name, a->headers[i].value);
}

static struct MHD_Response *response_new(const struct http_answer *a,
                                         enum MHD_ResponseMemoryMode mode) {
    void *body = (void *)(uintptr_t)a->body.p;
    struct MHD_Response *r = MHD_create_response_from_buffer(a->body.n, body, mode);
    if (!r)
        abort();
    httpd_call_decorate(r, a);
    return r;
}

/* Any thread; the exchange is still the caller's. */
static void keep_answer(struct httpd_exchange *x, const struct http_answer *a) {
    struct arena *arena = x->call.arena;
    struct wire_header *headers = ARENA_ARRAY(arena, struct wire_header, a->n_headers);
    for (int i = 0; i < a->n_headers; i++) {
        headers[i].name = arena_strdup(arena, a->headers[i].name);
        headers[i].value = arena_strdup(arena, a->headers[i].value);
    }
    x->reply.max = a->body.n;
    buf_add(&x->reply, a->body.p, a->body.n);
    x->answer = (struct http_answer){.status = a->status,
                                     .content_type = arena_strdup(arena, a->content_type),
                                     .body = buf_span(&x->reply),
                                     .headers = headers,
                                     .n_headers = a->n_headers};
}

static struct http_answer answer_of(const struct http_admit *out) {
    return (struct http_answer){.status = out->status,
                                .content_type = out->content_type,
                                .body = span_of(out->body),
                                .headers = out->headers,
                                .n_headers = out->n_headers};
}

/* Gives the answer to the library; the last thing that happens to an exchange before it completes.
 */
static enum MHD_Result queue(struct httpd_exchange *x) {
    struct httpd *h = x->server;
    int64_t now_us = clock_monotonic_us();
    x->phase = HTTP_ANSWERED;
    x->conn->deadline_ms = x->stream ? 0 : now_us / 1000 + HTTP_ANSWER_MAX_MS;
    if (!x->response) /* the library reads the body from the exchange, which outlives it */
        x->response = response_new(&x->answer, MHD_RESPMEM_PERSISTENT);
    if (!x->stream && h->quiet)
        put_header(x->response, "Connection", "close");
    enum MHD_Result ok = MHD_queue_response(x->mhd, (unsigned)x->answer.status, x->response);
    MHD_destroy_response(x->response);
    x->response = NULL;
    metric_add(METRIC_http_requests, 1);
    if (x->call.received_us)
        metric_observe_us(METRIC_http_seconds, now_us - x->call.received_us);
    return ok;
}

/* An answer by our own hand, for the moments when the library would not take one: it may be sent
 * only while the library has sent nothing of this request. The connection does not outlive it. */
static void send_raw(struct httpd_exchange *x, const struct http_admit *out) {
    struct span body = span_of(out->body);
    buf_auto b;
    buf_init(&b, RAW_MAX);
    buf_addf(&b, "HTTP/1.1 %d %s\r\nConnection: close\r\nContent-Length: %zu\r\n", out->status,
             MHD_get_reason_phrase_for((unsigned)out->status), body.n);
    buf_addf(&b, "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n");
    if (out->content_type)
        buf_addf(&b, "Content-Type: %s\r\n", out->content_type);
    for (int i = 0; i < out->n_headers; i++)
        buf_addf(&b, "%s: %s\r\n", out->headers[i].name, out->headers[i].value);
    buf_adds(&b, "\r\n");
    buf_add(&b, body.p, body.n);
    /* A small answer into an empty buffer: if it does not fit, the client does not read. */
    (void)!send(x->conn->fd, b.p, b.len, MSG_DONTWAIT | MSG_NOSIGNAL);
    metric_add(METRIC_http_requests, 1);
}

static struct http_admit refusal(struct httpd_exchange *x, int status, const char *detail) {
    const struct http_hooks *hooks = &x->server->options.hooks;
    struct http_admit out = {0};
    hooks->refuse(hooks->ctx, &x->call, status, detail, &out);
    out.status = status;
    return out;
}

static void prepare(struct httpd_exchange *x, const struct http_admit *out) {
    struct http_answer a = answer_of(out);
    x->answer.status = a.status;
    x->response = response_new(&a, MHD_RESPMEM_MUST_COPY);
}

/* ---- reading ---- */

static enum MHD_Result copy_header(void *cls, enum MHD_ValueKind kind, const char *name,
                                   size_t name_n, const char *value, size_t value_n) {
    struct httpd_exchange *x = cls;
    struct http_call *c = &x->call;
    struct wire_header *to = &x->fields[c->n_headers];
    (void)kind;
    /* A NUL would hide what stands behind it: spoil the name, the guard refuses it. */
    bool whole = !memchr(name, 0, name_n) && (!value || !memchr(value, 0, value_n));
    to->name = whole ? arena_strndup(c->arena, name, name_n) : "";
    to->value = value ? arena_strndup(c->arena, value, value_n) : "";
    c->n_headers++;
    /* One more than allowed is enough to know. */
    return c->n_headers > WIRE_HEADERS_MAX ? MHD_NO : MHD_YES;
}

static void fill_call(struct httpd_exchange *x, const char *method) {
    struct http_call *c = &x->call;
    const char *uri = x->conn->uri ? x->conn->uri : "";
    size_t path = strcspn(uri, "?");
    c->method = arena_strdup(c->arena, method);
    c->path = arena_strndup(c->arena, uri, path);
    c->query = arena_strdup(c->arena, uri[path] ? uri + path + 1 : "");
    memcpy(c->peer, x->conn->peer, sizeof c->peer);
    c->headers = x->fields = ARENA_ARRAY(c->arena, struct wire_header, WIRE_HEADERS_MAX + 1);
    (void)MHD_get_connection_values_n(x->mhd, MHD_HEADER_KIND, copy_header, x);
}

static enum MHD_Result refuse_at_once(struct httpd_exchange *x, int status, const char *detail) {
    struct http_admit out = refusal(x, status, detail);
    metric_add(METRIC_http_refused, 1);
    prepare(x, &out);
    put_header(x->response, "Connection", "close");
    return queue(x);
}

/* Answers before the body has come, then reads and drops what comes: closing on unread bytes would
 * reset the answer away. */
static enum MHD_Result refuse_and_linger(struct httpd_exchange *x, const struct http_admit *out) {
    send_raw(x, out);
    x->phase = HTTP_LINGERING;
    return MHD_YES;
}

static enum MHD_Result refuse_length(struct httpd_exchange *x) {
    static const char detail[] = "the body is too large";
    if (x->expects)
        return refuse_at_once(x, 413, detail);
    struct http_admit out = refusal(x, 413, detail);
    metric_add(METRIC_http_refused, 1);
    return refuse_and_linger(x, &out);
}

/* The service refused by the header alone. A small body is dropped first, which keeps the
 * connection. */
static enum MHD_Result refuse_by_header(struct httpd_exchange *x, const struct http_admit *out,
                                        const struct httpd_verdict *v) {
    metric_add(METRIC_http_refused, 1);
    x->swallow_max = HTTP_SWALLOW_MAX;
    if (v->length > HTTP_SWALLOW_MAX && !v->expects)
        return refuse_and_linger(x, out);
    prepare(x, out);
    if (v->expects || (v->length <= 0 && !v->chunked))
        return queue(x);
    x->phase = HTTP_SWALLOWING;
    return MHD_YES;
}

static enum MHD_Result begin(struct httpd_exchange *x, const char *method, const char *version) {
    const struct http_hooks *hooks = &x->server->options.hooks;
    struct http_admit out = {0};
    fill_call(x, method);
    struct httpd_verdict v = httpd_guard_request(x->conn->uri ? x->conn->uri : "", version,
                                                 x->call.headers, x->call.n_headers);
    if (v.status)
        return refuse_at_once(x, v.status, v.detail);
    x->expects = v.expects;
    hooks->admit(hooks->ctx, &x->call, &out);
    if (out.status)
        return refuse_by_header(x, &out, &v);
    x->body_max = out.body_max;
    x->swallow_max = out.body_max * HTTP_OVERSIZE_FACTOR + HTTP_SWALLOW_MAX;
    if (v.length > 0 && (uint64_t)v.length > out.body_max)
        return refuse_length(x);
    x->body.max = out.body_max;
    return MHD_YES;
}

static enum MHD_Result read_body(struct httpd_exchange *x, const char *data, size_t *size) {
    size_t n = *size;
    *size = 0;
    x->seen += n;
    if (x->phase == HTTP_READING && x->seen > x->body_max) {
        struct http_admit out = refusal(x, 413, "the body is too large");
        metric_add(METRIC_http_refused, 1);
        prepare(x, &out);
        x->phase = HTTP_SWALLOWING;
    }
    if (x->phase == HTTP_READING)
        buf_add(&x->body, data, n);
    else if (x->seen > x->swallow_max)
        return MHD_NO;
    return MHD_YES;
}

/* The last byte is here. The service may answer on the spot, else the connection sleeps until it
 * does. */
static enum MHD_Result hand_over(struct httpd_exchange *x) {
    struct httpd *h = x->server;
    x->phase = HTTP_HELD;
    x->conn->deadline_ms = 0;
    x->call.received_us = clock_monotonic_us();
    x->call.body = buf_span(&x->body);
    pthread_mutex_lock(&h->lock);
    h->held++;
    pthread_mutex_unlock(&h->lock);
    x->at_once = true;
    h->options.hooks.ready(h->options.hooks.ctx, &x->call);
    x->at_once = false;
    if (x->phase == HTTP_ANSWERED)
        return queue(x);
    MHD_suspend_connection(x->mhd);
    return MHD_YES;
}

static enum MHD_Result body_done(struct httpd_exchange *x) {
    switch (x->phase) {
    case HTTP_READING:
        return hand_over(x);
    case HTTP_SWALLOWING:
    case HTTP_ANSWERED:
        return queue(x);
    case HTTP_LINGERING:
    case HTTP_HELD: /* woken by the close of the server: there is no answer */
        break;
    }
    return MHD_NO;
}

static struct httpd_conn *conn_of(struct MHD_Connection *mhd) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

void *httpd_call_on_uri(void *cls, const char *uri, struct MHD_Connection *mhd) {
    struct httpd *h = cls;
    struct httpd_conn *conn = conn_of(mhd);
    int64_t latest_ms = clock_monotonic_ms() + h->options.body_deadline_ms;
    free(conn->uri);
    conn->uri = strdup(uri);
    if (!conn->uri)
        abort();
    if (conn->deadline_ms == 0 || conn->deadline_ms > latest_ms)
        conn->deadline_ms = latest_ms;
    return NULL;
}

enum MHD_Result httpd_call_on_request(void *cls, struct MHD_Connection *mhd, const char *url,
                                      const char *method, const char *version, const char *data,
                                      size_t *size, void **con_cls) {
    struct httpd *h = cls;
    struct httpd_exchange *x = *con_cls;
    (void)url; /* decoded, and cut at an encoded NUL */
    if (!x) {
        *con_cls = x = exchange_new(h);
        x->mhd = mhd;
        x->conn = conn_of(mhd);
        x->conn->exchange = x;
        pthread_mutex_lock(&h->lock);
        h->in_flight++;
        pthread_mutex_unlock(&h->lock);
        return begin(x, method, version);
    }
    return *size ? read_body(x, data, size) : body_done(x);
}

/* ---- ending ---- */

void httpd_call_on_completed(void *cls, struct MHD_Connection *mhd, void **con_cls,
                             enum MHD_RequestTerminationCode why) {
    struct httpd *h = cls;
    struct httpd_exchange *x = *con_cls;
    (void)mhd, (void)why;
    if (!x)
        return;
    *con_cls = NULL;
    x->conn->exchange = NULL;
    x->conn->deadline_ms = clock_monotonic_ms() + h->options.idle_ms + h->options.body_deadline_ms;
    pthread_mutex_lock(&h->lock);
    struct http_stream *stream = x->stream;
    h->in_flight -= stream == NULL; /* a stream left the count when it was opened */
    x->orphan = x->phase == HTTP_HELD;
    bool orphan = x->orphan;
    pthread_cond_signal(&h->idle);
    pthread_mutex_unlock(&h->lock);
    if (stream)
        httpd_stream_over(stream);
    if (!orphan)
        exchange_recycle(h, x);
}

void httpd_call_late(struct httpd_conn *conn) {
    struct httpd_exchange *x = conn->exchange;
    if (x && (x->phase == HTTP_READING || x->phase == HTTP_SWALLOWING)) {
        struct http_admit out = refusal(x, 408, "the request did not arrive in time");
        send_raw(x, &out);
    }
    conn->deadline_ms = 0;
    shutdown(conn->fd, SHUT_RDWR);
    metric_add(METRIC_http_cut, 1);
}

/* ---- answers from outside ---- */

bool httpd_call_push(struct httpd *h, struct httpd_exchange *x) {
    h->held--;
    if (httpd_on_loop(h) && x->at_once) {
        x->phase = HTTP_ANSWERED; /* never suspended: hand_over() queues it */
        return false;
    }
    if (x->orphan) {
        httpd_call_free(x);
        return false;
    }
    x->next = h->answered;
    h->answered = x;
    return httpd_must_wake(h);
}

static void push_all(struct httpd *h, struct httpd_exchange **calls, int n) {
    bool wake = false;
    pthread_mutex_lock(&h->lock);
    for (int i = 0; i < n; i++)
        wake = httpd_call_push(h, calls[i]) || wake;
    bool last = h->stopped && h->held == 0;
    pthread_mutex_unlock(&h->lock);
    if (wake)
        httpd_wake(h);
    if (last)
        httpd_free(h);
}

void httpd_answer_many(struct httpd *h, const struct http_answer *answers, int n) {
    struct httpd_exchange *calls[MANY];
    while (n > 0) {
        int now = n < MANY ? n : MANY;
        for (int i = 0; i < now; i++) {
            calls[i] = (struct httpd_exchange *)answers[i].call;
            keep_answer(calls[i], &answers[i]);
        }
        push_all(h, calls, now);
        answers += now;
        n -= now;
    }
}

void httpd_answer(struct httpd *h, struct http_call *call, int status, const char *content_type,
                  struct span body, const struct wire_header *headers, int n_headers) {
    struct http_answer a = {call, status, content_type, body, headers, n_headers};
    httpd_answer_many(h, &a, 1);
}
