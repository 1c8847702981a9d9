/*
 * httpd: an HTTP/1.1 server over libmicrohttpd, with the guards it lacks. Knows bytes, no routes.
 *
 * One loop thread of our own (external polling: MHD's epoll descriptor and an eventfd) only moves
 * bytes; it never blocks. It refuses smuggling forms (both lengths, several lengths or hosts, any
 * transfer coding but exactly "chunked"), raw paths with %00, %2F or dot segments, more than 64
 * headers, and cuts requests at an absolute deadline. Between `ready` and httpd_answer() a
 * connection is suspended. The only file with <microhttpd.h>.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../base/arena.h"
#include "../codec/wire.h"

struct httpd;
struct http_stream;

/* One request. Everything in it lives in call->arena, which is the call's own. */
struct http_call {
    struct arena *arena;
    const char *method; /* as sent, upper case */
    const char *path;   /* raw, still percent-encoded, begins with '/', no query */
    const char *query;  /* raw, without '?'; "" if none */
    const struct wire_header *headers;
    int n_headers;
    struct span body;
    char peer[64];       /* numeric address of the peer */
    int64_t received_us; /* monotonic: when the last byte arrived */
    void *user;          /* the admit hook's, e.g. the matched route and principal */
};

/* What admit says when the header is complete and the body not yet read. */
struct http_admit {
    int status; /* 0: go on; else answer this at once with body */
    const char *content_type;
    const char *body;                  /* in call->arena */
    const struct wire_header *headers; /* extra, e.g. Allow, WWW-Authenticate, Retry-After */
    int n_headers;
    size_t body_max; /* when going on: larger bodies are answered by `too_large` */
};

struct http_hooks {
    void *ctx;
    void (*admit)(void *ctx, struct http_call *call, struct http_admit *out); /* loop thread */
    void (*ready)(void *ctx, struct http_call *call);                         /* loop thread */
    /* Renders an error of the driver's own (400, 408, 413, 431) as the service renders its
     * errors. */
    void (*refuse)(void *ctx, struct http_call *call, int status, const char *detail,
                   struct http_admit *out); /* loop thread */
    /* loop thread: every request that was there has been handed over; NULL for nothing to do */
    void (*rest)(void *ctx);
};

struct httpd_options {
    const char *listen; /* "127.0.0.1:8080", "[::1]:0" */
    int connections_max;
    int body_deadline_ms; /* absolute, from the first byte of a request to its last */
    int idle_ms;          /* keep-alive idle time */
    int streams_max;
    struct http_hooks hooks;
};

/* ERR_CONFLICT: the address is taken. */
MUST_CHECK enum err httpd_open(const struct httpd_options *options, struct httpd **out,
                               struct why *why);
int httpd_port(const struct httpd *h);
void httpd_quiesce(struct httpd *h); /* no new connections; the rest goes on */
/* Waits until no call is in flight or the time is over, ends streams, resumes everything, stops. */
void httpd_close(struct httpd *h, int drain_ms);

/* Answers a call from any thread, exactly once; the call is gone afterwards. body and headers
 * are copied. Adds Content-Length, X-Content-Type-Options: nosniff, Cache-Control: no-store
 * unless given. */
void httpd_answer(struct httpd *h, struct http_call *call, int status, const char *content_type,
                  struct span body, const struct wire_header *headers, int n_headers);
/* The same for many calls with one wake-up of the loop. */
struct http_answer {
    struct http_call *call;
    int status;
    const char *content_type;
    struct span body;
    const struct wire_header *headers;
    int n_headers;
};
void httpd_answer_many(struct httpd *h, const struct http_answer *answers, int n);

/* Turns a call into an open stream (200, with content_type and headers of head). NULL when
 * streams_max is reached: the call is then still to be answered. gone() is called once, on the loop
 * thread, when the client has left, was too slow, at close, and after httpd_stream_end; after it
 * the stream must not be touched. */
struct http_stream *httpd_stream_open(struct httpd *h, struct http_call *call,
                                      const struct http_answer *head, void (*gone)(void *ctx),
                                      void *ctx);
/* Any thread. ERR_LIMIT: more than HTTP_STREAM_BACKLOG_MAX bytes unread; the stream is being
 * cut. */
MUST_CHECK enum err httpd_stream_write(struct http_stream *s, struct span bytes);
void httpd_stream_end(struct http_stream *s);
#define HTTP_STREAM_BACKLOG_MAX (256 * 1024)
