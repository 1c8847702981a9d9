#include "fetch.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "../base/buf.h"
#include "../base/clock.h"
#include "../base/log.h"
#include "../base/metric.h"
#include "fetch_mail.h"
#include "fetch_net.h"

#define HEADER_BYTES_MAX (32 * 1024)
#define CONNECTIONS_KEPT 16

struct fetch {
    const struct fetch_net *net;
    CURL *curl;
    size_t answer_max;
};

/* One call under way. */
struct transfer {
    const struct fetch_net *net;
    struct arena *arena;
    struct span body; /* ours */
    size_t sent;
    fetch_may_send *may_send;
    void *ctx;
    struct buf answer;
    struct wire_header *headers;
    int n_headers;
    size_t header_bytes;
    bool answering; /* the body has begun: what comes now are trailers */
    bool refused;   /* the address */
    bool held_back; /* may_send said no */
    bool too_large;
};

void fetch_setup(void) {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        abort();
}

struct fetch *fetch_new(const struct fetch_net *n) {
    struct fetch *f = calloc(1, sizeof *f);
    if (!f)
        abort();
    f->net = n;
    f->answer_max = FETCH_BODY_MAX;
    f->curl = curl_easy_init();
    if (!f->curl)
        abort();
    return f;
}

void fetch_expect(struct fetch *f, size_t answer_bytes_max) { f->answer_max = answer_bytes_max; }

void fetch_free(struct fetch *f) {
    if (!f)
        return;
    curl_easy_cleanup(f->curl);
    free(f);
}

/* ---- the URL ---- */

/* libcurl also reads http:/x and http:///x, which others take for no host at all. */
static bool plain(const char *url) {
    const char *slashes = strstr(url, "://");
    if (!slashes || slashes[3] == '/')
        return false;
    for (; *url; url++)
        if (*url <= ' ' || *url == 0x7f || *url == '\\')
            return false;
    return true;
}

static bool has_part(CURLU *u, CURLUPart part) {
    char *text = NULL;
    CURLUcode code = curl_url_get(u, part, &text, 0);
    curl_free(text);
    return code == CURLUE_OK;
}

/* The schemes that may be called. */
struct schemes {
    const char *plain, *secure, *why;
};
static const struct schemes web = {"http", "https", "only http and https URLs can be called"};
static const struct schemes mail = {"smtp", "smtps", "only smtp and smtps URLs can be called"};

static enum err check_parts(const struct fetch_net *n, const struct schemes *s, CURLU *u,
                            struct why *why) {
    char *scheme = NULL, *host = NULL;
    bool complete = curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                    curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK;
    enum err e = OK;
    if (!complete || (strcasecmp(scheme, s->secure) != 0 && strcasecmp(scheme, s->plain) != 0))
        e = why_set(why, ERR_INVALID, "", "%s", s->why);
    else if (has_part(u, CURLUPART_USER) || has_part(u, CURLUPART_PASSWORD))
        e = why_set(why, ERR_INVALID, "", "the URL must not hold a user name or password");
    else if (!fetch_net_allows_host(n, host))
        e = why_set(why, ERR_DENIED, "", "the URL names a private address");
    curl_free(scheme);
    curl_free(host);
    return e;
}

static enum err check_url(const struct fetch_net *n, const struct schemes *s, const char *url,
                          struct why *why) {
    CURLU *u = curl_url();
    if (!u)
        abort();
    enum err e = plain(url) && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK
                     ? check_parts(n, s, u, why)
                     : why_set(why, ERR_INVALID, "", "not a URL");
    curl_url_cleanup(u);
    return e;
}

enum err fetch_check_url(const struct fetch_net *n, const char *url, struct why *why) {
    return check_url(n, &web, url, why) == OK ? OK : ERR_INVALID;
}

enum err fetch_check_smtp_url(const struct fetch_net *n, const char *url, struct why *why) {
    return check_url(n, &mail, url, why) == OK ? OK : ERR_INVALID;
}

/* ---- what libcurl calls back ---- */

static curl_socket_t on_open(void *ctx, curlsocktype purpose, struct curl_sockaddr *address) {
    struct transfer *t = ctx;
    (void)purpose;
    if (!fetch_net_allows(t->net, &address->addr)) {
        t->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static bool allowed(struct transfer *t) {
    if (t->may_send && !t->may_send(t->ctx))
        t->held_back = true;
    return !t->held_back;
}

/* The connection stands, new or kept; nothing of the request is on it yet. */
static int on_connected(void *ctx, char *peer, char *local, int peer_port, int local_port) {
    (void)peer, (void)local, (void)peer_port, (void)local_port;
    return allowed(ctx) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

static size_t on_body_wanted(char *out, size_t size, size_t count, void *ctx) {
    struct transfer *t = ctx;
    if (t->sent == 0 && !allowed(t))
        return CURL_READFUNC_ABORT;
    size_t left = t->body.n - t->sent, room = size * count;
    size_t n = left < room ? left : room;
    memcpy(out, t->body.p + t->sent, n);
    t->sent += n;
    return n;
}

/* A kept connection turned out to be closed: the body is wanted again from the start. */
static int on_rewind(void *ctx, curl_off_t offset, int origin) {
    struct transfer *t = ctx;
    if (origin != SEEK_SET || offset < 0 || (size_t)offset > t->body.n)
        return CURL_SEEKFUNC_CANTSEEK;
    t->sent = (size_t)offset;
    return CURL_SEEKFUNC_OK;
}

static size_t on_answer(char *bytes, size_t size, size_t count, void *ctx) {
    struct transfer *t = ctx;
    size_t n = size * count;
    t->answering = true;
    buf_add(&t->answer, bytes, n);
    if (buf_done(&t->answer) == OK)
        return n;
    t->too_large = true;
    return 0;
}

static void keep_header(struct transfer *t, struct span line) {
    struct span name;
    if (!span_split(&line, ':', &name) || !line.p)
        return;
    line = span_trim(line);
    t->headers[t->n_headers++] =
        (struct wire_header){arena_strndup(t->arena, name.p, name.n),
                             arena_strndup(t->arena, line.p ? line.p : "", line.n)};
}

static size_t on_header(char *bytes, size_t size, size_t count, void *ctx) {
    struct transfer *t = ctx;
    struct span line = {bytes, size * count};
    t->header_bytes += line.n;
    if (line.n > 5 && !memcmp(line.p, "HTTP/", 5))
        t->n_headers = 0; /* an interim answer came before */
    if (t->header_bytes > HEADER_BYTES_MAX || t->n_headers == FETCH_HEADERS_MAX) {
        t->too_large = true;
        return 0;
    }
    if (!t->answering)
        keep_header(t, line);
    return size * count;
}

/* ---- one call ---- */

static bool clean(const char *s) { return !strpbrk(s, "\r\n"); }

static struct curl_slist *append(struct curl_slist *list, const char *line) {
    struct curl_slist *longer = curl_slist_append(list, line);
    if (!longer)
        abort();
    return longer;
}

/* NULL: a line break in a name or value. An empty "Name:" takes a header of libcurl's own away. */
static struct curl_slist *header_list(struct arena *a, const struct wire_request *q) {
    struct curl_slist *list = append(NULL, "Expect:");
    for (int i = 0; i < q->n_headers; i++) {
        const struct wire_header *h = &q->headers[i];
        if (!clean(h->name) || !clean(h->value)) {
            curl_slist_free_all(list);
            return NULL;
        }
        list = append(list, *h->value ? arena_printf(a, "%s: %s", h->name, h->value)
                                      : arena_printf(a, "%s;", h->name));
    }
    if (!wire_header_find(q->headers, q->n_headers, "Content-Type"))
        list = append(list, "Content-Type:");
    return list;
}

static void set_limits(CURL *c, int timeout_ms) {
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(c, CURLOPT_PROXY, "");
    curl_easy_setopt(c, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, timeout_ms > 0 ? (long)timeout_ms : 1L);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, timeout_ms > 0 ? (long)timeout_ms : 1L);
    curl_easy_setopt(c, CURLOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT);
}

static void set_callbacks(CURL *c, struct transfer *t) {
    curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, t);
    curl_easy_setopt(c, CURLOPT_PREREQFUNCTION, on_connected);
    curl_easy_setopt(c, CURLOPT_PREREQDATA, t);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_answer);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
}

static void set_request(CURL *c, const struct wire_request *q, struct transfer *t) {
    curl_easy_setopt(c, CURLOPT_URL, q->url);
    if (!strcmp(q->method, "HEAD")) {
        curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
        return;
    }
    if (!strcmp(q->method, "GET") && q->body.n == 0) {
        curl_easy_setopt(c, CURLOPT_HTTPGET, 1L);
        return;
    }
    curl_easy_setopt(c, CURLOPT_POST, 1L);
    curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, q->method);
    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->body.n);
    curl_easy_setopt(c, CURLOPT_READFUNCTION, on_body_wanted);
    curl_easy_setopt(c, CURLOPT_READDATA, t);
    curl_easy_setopt(c, CURLOPT_SEEKFUNCTION, on_rewind);
    curl_easy_setopt(c, CURLOPT_SEEKDATA, t);
}

static enum err outcome(const struct transfer *t, CURLcode code) {
    if (code == CURLE_OK)
        return OK;
    if (t->refused || t->held_back)
        return ERR_DENIED;
    if (t->too_large || code == CURLE_FILESIZE_EXCEEDED)
        return ERR_TOO_LARGE;
    return code == CURLE_OPERATION_TIMEDOUT ? ERR_TIMEOUT : ERR_UPSTREAM;
}

/* Neither URL nor headers: both may hold a peer's secret. */
static void log_failure(const struct transfer *t, CURLcode code, enum err e) {
    if (t->refused)
        metric_add(METRIC_outbound_refused, 1);
    if (t->held_back)
        return;
    log_event(LOG_WARN, "fetch_failed", LOG_T("error", err_name(e)), LOG_N("curl", code),
              LOG_T("reason", curl_easy_strerror(code)));
}

/* The peer had closed a kept connection, and we learned of it while we sent. Where it is learned of
 * while reading, curl itself begins again. */
static bool was_closed_already(CURL *c, const struct transfer *t, CURLcode code) {
    long opened = 0;
    return code == CURLE_SEND_ERROR && !t->n_headers && !t->answering &&
           curl_easy_getinfo(c, CURLINFO_NUM_CONNECTS, &opened) == CURLE_OK && opened == 0;
}

static CURLcode send_and_read(CURL *c, struct transfer *t) {
    CURLcode code = curl_easy_perform(c);
    if (!was_closed_already(c, t, code))
        return code;
    t->sent = 0;
    curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 1L);
    return curl_easy_perform(c);
}

static enum err perform(struct fetch *f, struct transfer *t, struct wire_response *out) {
    int64_t from_us = clock_monotonic_us();
    CURLcode code = send_and_read(f->curl, t);
    long status = 0;
    curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &status);
    metric_observe_us(METRIC_outbound_seconds, clock_monotonic_us() - from_us);
    enum err e = outcome(t, code);
    if (e != OK) {
        log_failure(t, code, e);
        return e;
    }
    *out = (struct wire_response){
        .status = (int)status,
        .headers = t->headers,
        .n_headers = t->n_headers,
        .body = {arena_copy(t->arena, t->answer.len ? t->answer.p : "", t->answer.len),
                 t->answer.len}};
    return OK;
}

static enum err run(struct fetch *f, struct transfer *t, const struct wire_request *request,
                    int timeout_ms, struct wire_response *out) {
    struct curl_slist *headers = header_list(t->arena, request);
    if (!headers)
        return ERR_DENIED;
    curl_easy_reset(f->curl); /* keeps connections */
    set_limits(f->curl, timeout_ms);
    curl_easy_setopt(f->curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)f->answer_max);
    set_callbacks(f->curl, t);
    set_request(f->curl, request, t);
    curl_easy_setopt(f->curl, CURLOPT_HTTPHEADER, headers);
    enum err e = perform(f, t, out);
    curl_slist_free_all(headers);
    return e;
}

enum err fetch_run(struct fetch *f, struct arena *a, const struct wire_request *request,
                   int timeout_ms, fetch_may_send *may_send, void *ctx, struct wire_response *out) {
    bool by_mail = !strcmp(request->method, "MAIL");
    memset(out, 0, sizeof *out);
    if (check_url(f->net, by_mail ? &mail : &web, request->url, NULL) != OK) {
        metric_add(METRIC_outbound_refused, 1);
        return ERR_DENIED;
    }
    struct fetch_mail how = {f->net, a, timeout_ms, may_send, ctx};
    if (by_mail)
        return fetch_mail_run(f->curl, &how, request, out);
    struct transfer t = {.net = f->net,
                         .arena = a,
                         .body = request->body,
                         .may_send = may_send,
                         .ctx = ctx,
                         .headers = ARENA_ARRAY(a, struct wire_header, FETCH_HEADERS_MAX)};
    buf_init(&t.answer, f->answer_max);
    enum err e = run(f, &t, request, timeout_ms, out);
    buf_fini(&t.answer);
    return e;
}
