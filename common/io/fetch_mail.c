#include "fetch_mail.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "../base/metric.h"
#include "fetch_net.h"

#define NO_TLS "?tls=off"
#define HOST_MAX 256

/* One mail under way. */
struct posting {
    const struct fetch_mail *how;
    const struct wire_request *request;
    struct curl_slist *recipients;
    const char *url, *from;
    size_t sent;
    int64_t deadline_ms; /* monotonic */
    bool plain;          /* may go without TLS, within listed networks */
    bool off;            /* does go without */
    bool refused;        /* the address */
    bool held_back;      /* may_send said no */
};

/* ---- what libcurl calls back ---- */

static curl_socket_t on_open(void *ctx, curlsocktype purpose, struct curl_sockaddr *address) {
    struct posting *p = ctx;
    (void)purpose;
    if (!fetch_net_allows(p->how->net, &address->addr) ||
        (p->plain && !fetch_net_lists(p->how->net, &address->addr))) {
        p->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static bool allowed(struct posting *p) {
    if (p->how->may_send && !p->how->may_send(p->how->ctx))
        p->held_back = true;
    return !p->held_back;
}

/* Greeted, upgraded and known: MAIL FROM comes next. */
static int on_connected(void *ctx, char *peer, char *local, int peer_port, int local_port) {
    (void)peer, (void)local, (void)peer_port, (void)local_port;
    return allowed(ctx) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

/* Without its last dot the server keeps nothing of a mail. */
static size_t on_body_wanted(char *out, size_t size, size_t count, void *ctx) {
    struct posting *p = ctx;
    const struct span body = p->request->body;
    if (p->sent == 0 && !allowed(p))
        return CURL_READFUNC_ABORT;
    size_t left = body.n - p->sent, room = size * count, n = left < room ? left : room;
    memcpy(out, body.p + p->sent, n);
    p->sent += n;
    return n;
}

static size_t on_words(char *bytes, size_t size, size_t count, void *ctx) {
    (void)bytes, (void)ctx;
    return size * count;
}

/* libcurl waits for the answer to QUIT however late it is; not longer than for all the rest. */
static int on_progress(void *ctx, curl_off_t down, curl_off_t downed, curl_off_t up,
                       curl_off_t upped) {
    const struct posting *p = ctx;
    (void)down, (void)downed, (void)up, (void)upped;
    return clock_monotonic_ms() > p->deadline_ms;
}

/* ---- the request ---- */

static bool clean(const char *s) { return *s && !strpbrk(s, "\r\n<> \t"); }

static const char *header(const struct wire_request *q, const char *name) {
    return wire_header_find(q->headers, q->n_headers, name);
}

static bool take_recipients(struct posting *p) {
    const struct wire_request *q = p->request;
    int n = 0;
    for (int i = 0; i < q->n_headers; i++) {
        if (strcasecmp(q->headers[i].name, "RCPT TO") != 0)
            continue;
        if (!clean(q->headers[i].value) || n++ == FETCH_MAIL_RECIPIENTS_MAX)
            return false;
        struct curl_slist *more = curl_slist_append(
            p->recipients, arena_printf(p->how->arena, "<%s>", q->headers[i].value));
        if (!more)
            abort();
        p->recipients = more;
    }
    return n > 0;
}

/* The host as it stands in the URL, for what it is taken to be before any look-up. */
static bool listed_literal(const struct posting *p, const char *url) {
    char host[HOST_MAX];
    const char *from = strstr(url, "://") + 3;
    size_t n = *from == '[' ? strcspn(from, "]") + 1 : strcspn(from, ":/?#");
    if (n >= sizeof host)
        return false;
    memcpy(host, from, n);
    host[n] = '\0';
    return fetch_net_lists_host(p->how->net, host);
}

static void take_url(struct posting *p) {
    const char *url = p->request->url, *domain = strrchr(p->from, '@');
    size_t n = strlen(url), tail = sizeof NO_TLS - 1;
    bool smtp = !strncasecmp(url, "smtp:", 5);
    bool off = n > tail && !strcmp(url + n - tail, NO_TLS);
    url = arena_strndup(p->how->arena, url, off ? n - tail : n);
    p->off = smtp && off;
    p->plain = smtp && (off || listed_literal(p, url));
    const char *path = strchr(strstr(url, "://") + 3, '/');
    if ((!path || !path[1]) && domain)
        url = arena_printf(p->how->arena, "%s%s%s", url, path ? "" : "/", domain + 1);
    p->url = url;
}

static void set_limits(CURL *c, const struct posting *p) {
    long ms = p->how->timeout_ms > 0 ? p->how->timeout_ms : 1;
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(c, CURLOPT_PROXY, "");
    curl_easy_setopt(c, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(c, CURLOPT_USE_SSL,
                     (long)(!p->plain ? CURLUSESSL_ALL
                            : p->off  ? CURLUSESSL_NONE
                                      : CURLUSESSL_TRY));
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, ms);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, ms);
    /* A connection that was opened under another rule of TLS is never taken for this one. */
    curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(c, CURLOPT_FORBID_REUSE, 1L);
}

static void set_callbacks(CURL *c, struct posting *p) {
    curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, p);
    curl_easy_setopt(c, CURLOPT_PREREQFUNCTION, on_connected);
    curl_easy_setopt(c, CURLOPT_PREREQDATA, p);
    curl_easy_setopt(c, CURLOPT_READFUNCTION, on_body_wanted);
    curl_easy_setopt(c, CURLOPT_READDATA, p);
    curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(c, CURLOPT_XFERINFODATA, p);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_words);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_words);
}

static void set_request(CURL *c, const struct posting *p) {
    const char *user = header(p->request, "SMTP USER");
    const char *password = header(p->request, "SMTP PASSWORD");
    curl_easy_setopt(c, CURLOPT_URL, p->url);
    curl_easy_setopt(c, CURLOPT_MAIL_FROM, arena_printf(p->how->arena, "<%s>", p->from));
    curl_easy_setopt(c, CURLOPT_MAIL_RCPT, p->recipients);
    curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(c, CURLOPT_INFILESIZE_LARGE, (curl_off_t)p->request->body.n);
    if (!user || !*user)
        return;
    curl_easy_setopt(c, CURLOPT_USERNAME, user);
    curl_easy_setopt(c, CURLOPT_PASSWORD, password ? password : "");
}

/* ---- the answer ---- */

static enum err outcome(const struct posting *p, CURLcode code, long status) {
    if (p->refused || p->held_back)
        return ERR_DENIED;
    if (code == CURLE_OK || status >= 400)
        return OK;
    bool late = code == CURLE_OPERATION_TIMEDOUT || code == CURLE_ABORTED_BY_CALLBACK;
    return late ? ERR_TIMEOUT : ERR_UPSTREAM;
}

static void fill(const struct posting *p, long status, struct wire_response *out) {
    const char *id = header(p->request, "Message-ID");
    struct wire_header *h = ARENA_NEW(p->how->arena, struct wire_header);
    *h = (struct wire_header){"Message-ID", id};
    *out = (struct wire_response){(int)status, h, id ? 1 : 0, {"", 0}};
}

static enum err perform(CURL *c, const struct posting *p, struct wire_response *out) {
    int64_t from_us = clock_monotonic_us();
    long status = 0;
    CURLcode code = curl_easy_perform(c);
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    metric_observe_us(METRIC_outbound_seconds, clock_monotonic_us() - from_us);
    enum err e = outcome(p, code, status);
    if (e == OK)
        fill(p, status, out);
    if (p->refused)
        metric_add(METRIC_outbound_refused, 1);
    if (e != OK && !p->held_back)
        log_event(LOG_WARN, "fetch_failed", LOG_T("error", err_name(e)), LOG_N("curl", code),
                  LOG_T("reason", curl_easy_strerror(code)));
    return e;
}

enum err fetch_mail_run(void *curl, const struct fetch_mail *how,
                        const struct wire_request *request, struct wire_response *out) {
    struct posting p = {.how = how, .request = request, .from = header(request, "MAIL FROM")};
    enum err e = ERR_DENIED;
    if (p.from && clean(p.from) && take_recipients(&p)) {
        take_url(&p);
        p.deadline_ms = clock_monotonic_ms() + how->timeout_ms;
        curl_easy_reset(curl);
        set_limits(curl, &p);
        set_callbacks(curl, &p);
        set_request(curl, &p);
        e = perform(curl, &p, out);
    }
    curl_slist_free_all(p.recipients);
    return e;
}
