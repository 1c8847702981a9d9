#include "pg_link.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "../base/metric.h"

/* One attempt may outlive several leases: with two hosts the first may have to time out. */
#define ATTEMPT_MAX_MS 15000
#define OPTIONS_MAX 1024
#define WORDS_MAX 24

struct words {
    const char *key[WORDS_MAX + 1], *value[WORDS_MAX + 1];
    int n;
};

static void words_put(struct words *w, const char *key, const char *value) {
    assert(w->n < WORDS_MAX);
    w->key[w->n] = key;
    w->value[w->n++] = value;
}

/* ---- starting ---- */

/* The session settings, behind those the URL brings itself. The server's limit is a little
 * shorter than ours: a statement it ends itself leaves us the connection and a known outcome. */
static void session_options(const struct pg_options *o, char out[OPTIONS_MAX]) {
    PQconninfoOption *parsed = PQconninfoParse(o->url, NULL);
    const char *given = "";
    for (PQconninfoOption *p = parsed; p && p->keyword; p++)
        if (!strcmp(p->keyword, "options") && p->val)
            given = p->val;
    snprintf(out, OPTIONS_MAX,
             "%s -c statement_timeout=%d -c lock_timeout=%d"
             " -c idle_in_transaction_session_timeout=%d"
             " -c synchronous_commit=on -c timezone=UTC %s",
             given, o->timeout_ms - o->timeout_ms / 8, o->lock_ms, o->timeout_ms * 2,
             o->settings ? o->settings : "");
    PQconninfoFree(parsed);
}

static void on_notice(void *arg, const PGresult *r) {
    struct pg *c = arg;
    const char *severity = PQresultErrorField(r, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    if (severity && state && !strcmp(severity, "WARNING"))
        snprintf(c->warning, sizeof c->warning, "%s", state);
}

/* What stands before dbname gives way to the URL, what stands behind it does not. */
static bool attempt_begin(struct pg *c, const struct pg_options *o) {
    char options[OPTIONS_MAX];
    struct words w = {.n = 0};
    words_put(&w, "target_session_attrs", "read-write");
    words_put(&w, "application_name", o->application_name);
    words_put(&w, "gssencmode", "disable");
    words_put(&w, "keepalives", "1");
    words_put(&w, "keepalives_idle", "1");
    words_put(&w, "keepalives_interval", "1");
    words_put(&w, "keepalives_count", "3");
    words_put(&w, "tcp_user_timeout", "4000");
    words_put(&w, "connect_timeout", "4");
    words_put(&w, "dbname", o->url);
    words_put(&w, "client_encoding", "UTF8");
    if (!o->pooled) {
        session_options(o, options);
        words_put(&w, "options", options);
    }
    c->attempt_ms = clock_monotonic_ms();
    c->conn = PQconnectStartParams(w.key, w.value, 1);
    if (!c->conn)
        abort();
    PQsetNoticeReceiver(c->conn, on_notice, c);
    return PQstatus(c->conn) != CONNECTION_BAD;
}

static int wait_fd(int fd, short events, int64_t deadline_ms, short *revents) {
    for (;;) {
        int64_t left = deadline_ms - clock_monotonic_ms();
        if (left <= 0)
            return 0;
        struct pollfd p = {.fd = fd, .events = events};
        int n = poll(&p, 1, (int)left);
        if (n < 0 && errno == EINTR)
            continue;
        *revents = p.revents;
        return n;
    }
}

/* libpq quotes what it cannot parse, and that may be the password. */
static const char *failure_reason(const struct pg *c, const char *url) {
    PQconninfoOption *parsed = PQconninfoParse(url, NULL);
    if (!parsed)
        return "not a connection string";
    PQconninfoFree(parsed);
    char *reason = PQerrorMessage(c->conn);
    reason[strcspn(reason, "\n")] = '\0';
    return reason;
}

static enum err attempt_failed(struct pg *c, const char *url) {
    const char *reason = failure_reason(c, url);
    log_event(LOG_ERROR, "pg_connect_failed", LOG_T("reason", reason));
    metric_add(METRIC_pg_failures, 1);
    pg_link_close(c);
    return ERR_STORE;
}

static enum err attempt_done(struct pg *c, const char *url) {
    if (PQsetnonblocking(c->conn, 1) || !PQenterPipelineMode(c->conn))
        return attempt_failed(c, url);
    c->connected = true;
    return OK;
}

enum err pg_link_connect(struct pg *c, const struct pg_options *o, int64_t deadline_ms) {
    short events = POLLOUT, revents;
    if (!c->conn && !attempt_begin(c, o))
        return attempt_failed(c, o->url);
    for (;;) {
        int n = wait_fd(PQsocket(c->conn), events, deadline_ms, &revents);
        bool old = clock_monotonic_ms() - c->attempt_ms > ATTEMPT_MAX_MS;
        if (n < 0 || (n == 0 && old))
            return attempt_failed(c, o->url);
        if (n == 0)
            return ERR_TIMEOUT;
        PostgresPollingStatusType s = PQconnectPoll(c->conn);
        if (s == PGRES_POLLING_OK)
            return attempt_done(c, o->url);
        if (s == PGRES_POLLING_FAILED)
            return attempt_failed(c, o->url);
        events = s == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    }
}

static void forget_prepared(struct pg *c) {
    for (int i = 0; i < PG_PREPARED_SLOTS; i++) {
        free((void *)(uintptr_t)c->prepared[i]);
        c->prepared[i] = NULL;
    }
    c->n_prepared = 0;
}

void pg_link_close(struct pg *c) {
    PQfinish(c->conn);
    c->conn = NULL;
    c->connected = c->broken = c->retired = false;
    forget_prepared(c);
}

/* ---- running ---- */

enum err pg_link_broke(struct pg *c, const char *doing) {
    if (!c->broken) {
        log_event(LOG_ERROR, "pg_connection_lost", LOG_T("doing", doing),
                  LOG_T("sqlstate", pg_sqlstate(c)));
        metric_add(METRIC_pg_failures, 1);
    }
    c->broken = true;
    return ERR_STORE;
}

bool pg_link_alive(struct pg *c) {
    /* A goodbye may be followed by the end of the stream, hence twice. */
    for (int i = 0; i < 2; i++) {
        struct pollfd p = {.fd = PQsocket(c->conn), .events = POLLIN};
        if (poll(&p, 1, 0) <= 0)
            return true;
        if (!PQconsumeInput(c->conn))
            return false;
        PQisBusy(c->conn);
    }
    return PQstatus(c->conn) == CONNECTION_OK;
}

enum err pg_link_pump(struct pg *c, int64_t deadline_ms) {
    short revents;
    int unsent = PQflush(c->conn);
    if (unsent < 0)
        return pg_link_broke(c, "sending");
    short events = unsent ? POLLIN | POLLOUT : POLLIN;
    int n = wait_fd(PQsocket(c->conn), events, deadline_ms, &revents);
    if (n == 0) {
        log_event(LOG_ERROR, "pg_deadline", LOG_N("timeout_ms", pg_pool_timeout_ms(c)));
        metric_add(METRIC_pg_failures, 1);
        c->broken = true;
        return ERR_TIMEOUT;
    }
    if (n < 0 || ((revents & ~POLLOUT) && !PQconsumeInput(c->conn)))
        return pg_link_broke(c, "reading");
    return OK;
}

enum err pg_link_result(struct pg *c, int64_t deadline_ms, PGresult **out) {
    while (PQisBusy(c->conn))
        TRY(pg_link_pump(c, deadline_ms));
    *out = PQgetResult(c->conn);
    return OK;
}

/* ---- which statements the server has prepared ---- */

static unsigned name_slot(const char *name) {
    unsigned h = 2166136261u;
    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * 16777619u;
    return h & (PG_PREPARED_SLOTS - 1);
}

/* The slot of name, or the empty one where it belongs. */
static unsigned find_slot(const struct pg *c, const char *name) {
    unsigned i = name_slot(name);
    while (c->prepared[i] && strcmp(c->prepared[i], name) != 0)
        i = (i + 1) & (PG_PREPARED_SLOTS - 1);
    return i;
}

bool pg_link_knows(const struct pg *c, const char *name) {
    return c->prepared[find_slot(c, name)] != NULL;
}

bool pg_link_full(const struct pg *c, int more) {
    return c->n_prepared + more >= PG_PREPARED_SLOTS / 4 * 3;
}

void pg_link_learn(struct pg *c, const char *name) {
    unsigned i = find_slot(c, name);
    c->prepared[i] = strdup(name);
    if (!c->prepared[i])
        abort();
    c->n_prepared++;
}
