/*
 * httpd_parts: what the files of the HTTP driver share. Private to httpd*.c.
 *
 * All libmicrohttpd calls are made on the loop thread, except building a stream's response, which
 * is plain memory. Other threads only put an answered call or a stream with news on a list and wake
 * the loop. An answer waits in its exchange, in memory that is used again: built by the thread that
 * answers and freed by the loop, a response cost twenty trips to the allocator.
 */
#pragma once
#include <microhttpd.h>
#include <pthread.h>

#include "../base/buf.h"
#include "httpd.h"

#define HTTP_SPARE_CALLS 256         /* kept with their arenas for the next requests */
#define HTTP_KEPT_BYTES 4096         /* of a spare call's body and reply each */
#define HTTP_SWALLOW_MAX (64 * 1024) /* dropped, so that a refusal keeps the connection */
#define HTTP_OVERSIZE_FACTOR 8       /* a body that grows past that many times its cap is cut */
#define HTTP_ANSWER_MAX_MS 60000     /* an answer the client has not read by then is cut */

enum http_phase {
    HTTP_READING,
    HTTP_SWALLOWING, /* the answer is ready; the body is read and dropped first */
    HTTP_LINGERING,  /* the answer is sent; the body is dropped, then the connection closed */
    HTTP_HELD,       /* the service has it; suspended */
    HTTP_ANSWERED    /* the answer is ours to queue when the library asks again */
};

/* One TCP connection. */
struct httpd_conn {
    struct httpd *server;
    struct httpd_conn *next, **at;
    int fd;
    int64_t deadline_ms; /* monotonic; 0: none */
    char *uri;           /* raw, of the request under way */
    struct httpd_exchange *exchange;
    char peer[64];
};

/* One request and its answer. */
struct httpd_exchange {
    struct http_call call; /* first: a call is an exchange */
    struct httpd *server;
    struct httpd_conn *conn;
    struct MHD_Connection *mhd;
    struct wire_header *fields; /* call.headers, while they are being copied */
    enum http_phase phase;
    struct buf body;
    size_t body_max, seen, swallow_max;
    bool expects;              /* 100-continue */
    struct http_answer answer; /* body in reply, the rest in call.arena */
    struct buf reply;
    struct MHD_Response *response; /* NULL: made of the answer when it is queued */
    struct http_stream *stream;
    bool at_once; /* the service may answer before the connection is suspended */
    bool orphan;  /* the connection ended first, at close; the answer only frees it */
    struct httpd_exchange *next;
};

struct httpd {
    struct httpd_options options;
    struct MHD_Daemon *daemon;
    int listen_fd, epoll_fd, wake_fd, port;
    pthread_t loop;
    struct httpd_conn *conns; /* loop thread only, like the next three */
    struct httpd_exchange *spare;
    int n_spare;
    bool quiet; /* answers close their connection */
    int64_t log_second;
    int log_lines;

    pthread_mutex_t lock;            /* everything below */
    pthread_cond_t idle;             /* in_flight or n_streams went down */
    struct httpd_exchange *answered; /* last one first */
    struct http_stream *news;
    struct http_stream *streams;
    bool woken, quiescing, ending, stopping, stopped;
    int in_flight; /* requests begun and not completed, streams apart */
    int held;      /* calls the service has yet to answer */
    int n_streams;
};

/* httpd_guard.c: pure judgement of a request line and header. status 0: fine. */
struct httpd_verdict {
    int status;
    const char *detail;
    int64_t length; /* Content-Length; -1: none */
    bool chunked, expects;
};
struct httpd_verdict httpd_guard_request(const char *uri, const char *version,
                                         const struct wire_header *headers, int n);

/* httpd_call.c */
enum MHD_Result httpd_call_on_request(void *cls, struct MHD_Connection *mhd, const char *url,
                                      const char *method, const char *version, const char *data,
                                      size_t *size, void **con_cls);
void httpd_call_on_completed(void *cls, struct MHD_Connection *mhd, void **con_cls,
                             enum MHD_RequestTerminationCode why);
void *httpd_call_on_uri(void *cls, const char *uri, struct MHD_Connection *mhd);
void httpd_call_late(struct httpd_conn *conn); /* says 408 where that can be said, then cuts */
void httpd_call_free(struct httpd_exchange *x);
/* The lock is held. Puts an answered call on the loop's list; true: wake the loop after
 * unlocking. */
bool httpd_call_push(struct httpd *h, struct httpd_exchange *x);
void httpd_call_decorate(struct MHD_Response *r, const struct http_answer *a);

/* httpd_stream.c; loop thread, without the lock */
void httpd_stream_over(struct http_stream *s); /* its connection ended */
void httpd_stream_work(struct http_stream *news);
void httpd_stream_end_all(struct httpd *h);

/* httpd.c. The lock is held; true: the caller calls httpd_wake after unlocking. */
bool httpd_must_wake(struct httpd *h);
void httpd_wake(struct httpd *h);
bool httpd_on_loop(const struct httpd *h);
void httpd_free(struct httpd *h);
