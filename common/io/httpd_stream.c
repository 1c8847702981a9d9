/* Open-ended answers. A stream's state is under the server's lock; the library reads it on the
 * loop. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../base/metric.h"
#include "httpd_parts.h"

#define BLOCK_BYTES 8192

struct http_stream {
    struct httpd *server;
    struct MHD_Connection *mhd;
    int fd;
    void (*gone)(void *ctx);
    void *ctx;
    struct buf backlog;
    size_t sent; /* of the backlog */
    bool suspended, in_news, ended, cut, over;
    struct http_stream *next_news;
    struct http_stream *next, **at;
};

static void stream_free(struct http_stream *s) {
    buf_fini(&s->backlog);
    free(s);
}

static size_t take(struct http_stream *s, char *out, size_t max) {
    size_t left = s->backlog.len - s->sent;
    size_t n = left < max ? left : max;
    memcpy(out, s->backlog.p + s->sent, n);
    s->sent += n;
    if (s->sent == s->backlog.len) {
        buf_reset(&s->backlog);
        s->sent = 0;
    }
    return n;
}

/* Zero may be returned only with the connection suspended: the library would spin. */
static ssize_t on_read(void *cls, uint64_t pos, char *out, size_t max) {
    struct http_stream *s = cls;
    ssize_t n = 0;
    (void)pos;
    pthread_mutex_lock(&s->server->lock);
    if (s->cut)
        n = MHD_CONTENT_READER_END_WITH_ERROR;
    else if (s->backlog.len > s->sent)
        n = (ssize_t)take(s, out, max);
    else if (s->ended)
        n = MHD_CONTENT_READER_END_OF_STREAM;
    else {
        s->suspended = true;
        MHD_suspend_connection(s->mhd);
    }
    pthread_mutex_unlock(&s->server->lock);
    return n;
}

static struct http_stream *stream_new(struct httpd *h, struct httpd_exchange *x) {
    struct http_stream *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    s->server = h;
    s->mhd = x->mhd;
    s->fd = x->conn->fd;
    buf_init(&s->backlog, HTTP_STREAM_BACKLOG_MAX);
    return s;
}

static struct MHD_Response *response_of(struct http_stream *s, const struct http_answer *head) {
    struct MHD_Response *r =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, on_read, s, NULL);
    if (!r)
        abort();
    httpd_call_decorate(r, head);
    return r;
}

/* The lock is held. */
static void register_stream(struct httpd *h, struct http_stream *s) {
    s->next = h->streams;
    s->at = &h->streams;
    if (s->next)
        s->next->at = &s->next;
    h->streams = s;
    h->n_streams++;
    h->in_flight--;
    metric_add(METRIC_streams_open, 1);
    pthread_cond_signal(&h->idle);
}

struct http_stream *httpd_stream_open(struct httpd *h, struct http_call *call,
                                      const struct http_answer *head, void (*gone)(void *ctx),
                                      void *ctx) {
    struct httpd_exchange *x = (struct httpd_exchange *)call;
    struct http_stream *s = stream_new(h, x);
    struct MHD_Response *r = response_of(s, head);
    s->gone = gone;
    s->ctx = ctx;
    pthread_mutex_lock(&h->lock);
    if (h->ending || x->orphan || h->n_streams >= h->options.streams_max) {
        pthread_mutex_unlock(&h->lock);
        MHD_destroy_response(r);
        stream_free(s);
        return NULL;
    }
    x->stream = s;
    x->response = r;
    x->answer.status = MHD_HTTP_OK;
    register_stream(h, s);
    bool wake = httpd_call_push(h, x);
    pthread_mutex_unlock(&h->lock);
    if (wake)
        httpd_wake(h);
    return s;
}

/* The lock is held. The loop must resume the stream or end it. */
static bool announce(struct http_stream *s) {
    struct httpd *h = s->server;
    if (s->in_news || s->over || !(s->suspended || s->cut))
        return false;
    s->in_news = true;
    s->next_news = h->news;
    h->news = s;
    return httpd_must_wake(h);
}

static bool append(struct http_stream *s, struct span bytes) {
    size_t left = s->backlog.len - s->sent;
    if (left + bytes.n > HTTP_STREAM_BACKLOG_MAX)
        return false;
    if (s->backlog.len + bytes.n > HTTP_STREAM_BACKLOG_MAX) {
        memmove(s->backlog.p, s->backlog.p + s->sent, left);
        s->backlog.len = left;
        s->sent = 0;
    }
    buf_add(&s->backlog, bytes.p, bytes.n);
    return true;
}

enum err httpd_stream_write(struct http_stream *s, struct span bytes) {
    struct httpd *h = s->server;
    pthread_mutex_lock(&h->lock);
    bool ok = !s->over && !s->ended && !s->cut && append(s, bytes);
    if (!ok && !s->ended)
        s->cut = true;
    bool wake = announce(s);
    pthread_mutex_unlock(&h->lock);
    if (wake)
        httpd_wake(h);
    return ok ? OK : ERR_LIMIT;
}

void httpd_stream_end(struct http_stream *s) {
    struct httpd *h = s->server;
    pthread_mutex_lock(&h->lock);
    s->ended = true;
    bool wake = announce(s);
    pthread_mutex_unlock(&h->lock);
    if (wake)
        httpd_wake(h);
}

/* ---- loop thread ---- */

void httpd_stream_work(struct http_stream *news) {
    while (news) {
        struct http_stream *s = news;
        struct httpd *h = s->server;
        news = s->next_news;
        pthread_mutex_lock(&h->lock);
        bool over = s->over, cut = s->cut, resume = s->suspended;
        s->in_news = s->suspended = false;
        pthread_mutex_unlock(&h->lock);
        if (over) {
            stream_free(s);
            continue;
        }
        if (cut)
            shutdown(s->fd, SHUT_RDWR);
        if (resume)
            MHD_resume_connection(s->mhd);
    }
}

void httpd_stream_over(struct http_stream *s) {
    struct httpd *h = s->server;
    pthread_mutex_lock(&h->lock);
    s->over = true;
    *s->at = s->next;
    if (s->next)
        s->next->at = s->at;
    h->n_streams--;
    bool in_news = s->in_news;
    pthread_cond_signal(&h->idle);
    pthread_mutex_unlock(&h->lock);
    metric_add(METRIC_streams_open, -1);
    s->gone(s->ctx);
    if (!in_news) /* else httpd_stream_work frees it */
        stream_free(s);
}

void httpd_stream_end_all(struct httpd *h) {
    pthread_mutex_lock(&h->lock);
    for (struct http_stream *s = h->streams; s; s = s->next) {
        s->ended = true;
        (void)announce(s);
    }
    pthread_mutex_unlock(&h->lock);
}
