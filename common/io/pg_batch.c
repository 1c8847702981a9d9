/* Statements on one link: everything is a batch, a single statement is a batch of one. */
#include "pg.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "../base/metric.h"
#include "pg_link.h"
#include "pg_rows.h"

#define SCRIPT_MAX_MS (30 * 60 * 1000)
#define NO_TRANSACTION "25P01"

const struct pg_stmt pg_begin = {"pg_begin", "BEGIN"};
const struct pg_stmt pg_commit = {"pg_commit", "COMMIT"};
const struct pg_stmt pg_rollback = {"pg_rollback", "ROLLBACK"};

/* ---- what an SQLSTATE means ---- */

/* By prefix, the first that fits. drop: the session is no good any more. */
static const struct state_class {
    const char *prefix;
    enum err err;
    bool drop;
} state_classes[] = {
    {"23", ERR_CONFLICT, false},   {"40001", ERR_BUSY, false},    {"40P01", ERR_BUSY, false},
    {"40003", ERR_STORE, true},    {"55P03", ERR_TIMEOUT, false}, {"53", ERR_BUSY, false},
    {"57014", ERR_TIMEOUT, false}, {"57P", ERR_STORE, true},      {"22", ERR_INVALID, false},
    {"08", ERR_STORE, true},       {"25006", ERR_STORE, true},    {"25P03", ERR_STORE, true},
    {"58", ERR_STORE, false},      {"28", ERR_STORE, true},       {"0A000", ERR_BUG, true},
    {"26000", ERR_BUG, true},      {"", ERR_BUG, false},
};

static const struct state_class *classify(const char *sqlstate) {
    const struct state_class *k = state_classes;
    while (strncmp(sqlstate, k->prefix, strlen(k->prefix)) != 0)
        k++;
    return k;
}

static void copy_field(char *out, size_t max, const PGresult *r, int field) {
    const char *text = PQresultErrorField(r, field);
    snprintf(out, max, "%s", text ? text : "");
}

/* Only class 42 shows its text: those messages name columns, the others may quote values. */
static void log_failure(const struct pg *c, const char *statement, enum err e, const PGresult *r) {
    const char *text =
        strncmp(c->sqlstate, "42", 2) ? "" : PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    log_event(LOG_ERROR, "pg_failed", LOG_T("statement", statement),
              LOG_T("sqlstate", pg_sqlstate(c)), LOG_T("error", err_name(e)),
              LOG_T("detail", text));
}

static enum err failed(struct pg *c, const char *statement, const PGresult *r) {
    copy_field(c->sqlstate, sizeof c->sqlstate, r, PG_DIAG_SQLSTATE);
    copy_field(c->constraint, sizeof c->constraint, r, PG_DIAG_CONSTRAINT_NAME);
    if (PQstatus(c->conn) == CONNECTION_BAD || !*c->sqlstate)
        return pg_link_broke(c, statement);
    const struct state_class *k = classify(c->sqlstate);
    if (k->err == ERR_STORE)
        metric_add(METRIC_pg_failures, 1);
    if (k->err == ERR_STORE || k->err == ERR_BUG)
        log_failure(c, statement, k->err, r);
    c->broken = k->drop;
    return k->err;
}

/* A COMMIT counts only if it committed, and where the standby was waited for. */
static enum err commit_verdict(struct pg *c, const PGresult *r) {
    bool committed = !strcmp(PQcmdStatus((PGresult *)(uintptr_t)r), "COMMIT");
    if (committed && !*c->warning)
        return OK;
    enum err e = committed && strcmp(c->warning, NO_TRANSACTION) != 0 ? ERR_STORE : ERR_BUG;
    snprintf(c->sqlstate, sizeof c->sqlstate, "%s", c->warning);
    log_failure(c, pg_commit.name, e, NULL);
    metric_add(METRIC_pg_failures, 1);
    return e;
}

static enum err verdict(struct pg *c, const struct pg_stmt *s, const PGresult *r) {
    ExecStatusType status = PQresultStatus(r);
    if (status == PGRES_PIPELINE_ABORTED)
        return ERR_BUG; /* never the first error of a batch */
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
        return failed(c, s->name, r);
    return OK;
}

/* ---- sending ---- */

static bool prepared_before(const struct pg *c, const struct pg_step *steps, int i) {
    for (int j = 0; j < i; j++)
        if (c->prepares[j] && !strcmp(steps[j].stmt->name, steps[i].stmt->name))
            return true;
    return false;
}

/* As libpq wants them. */
struct values {
    const char *p[PG_ARGS_MAX];
    int length[PG_ARGS_MAX], format[PG_ARGS_MAX], n;
};

static void lay_out(const struct pg_args *args, struct values *out) {
    out->n = args ? args->n : 0;
    for (int i = 0; i < out->n; i++) {
        const struct pg_arg *a = &args->items[i];
        struct span v = a->rows ? pg_rows_array(a->rows) : a->value;
        out->p[i] = v.p;
        out->length[i] = (int)v.n;
        out->format[i] = a->binary || a->rows;
    }
}

static bool send_step(struct pg *c, const struct pg_step *steps, int i) {
    const struct pg_stmt *s = steps[i].stmt;
    struct values v;
    lay_out(steps[i].args, &v);
    c->prepares[i] = false;
    bool known = pg_link_knows(c, s->name) || prepared_before(c, steps, i);
    if (pg_pool_unnamed(c) || (!known && pg_link_full(c, i + 1)))
        return PQsendQueryParams(c->conn, s->sql, v.n, NULL, v.p, v.length, v.format, 1) == 1;
    if (!known) {
        c->prepares[i] = true;
        if (!PQsendPrepare(c->conn, s->name, s->sql, v.n, NULL))
            return false;
    }
    return PQsendQueryPrepared(c->conn, s->name, v.n, v.p, v.length, v.format, 1) == 1;
}

static enum err send_all(struct pg *c, const struct pg_step *steps, int n) {
    if (n > c->prepares_cap) {
        c->prepares = realloc(c->prepares, (size_t)n * sizeof *c->prepares);
        if (!c->prepares)
            abort();
        c->prepares_cap = n;
    }
    for (int i = 0; i < n; i++)
        if (!send_step(c, steps, i))
            return pg_link_broke(c, steps[i].stmt->name);
    return PQpipelineSync(c->conn) ? OK : pg_link_broke(c, "sync");
}

/* ---- receiving ---- */

/* One command's result and the NULL behind it. *out is set on OK only. */
static enum err take_result(struct pg *c, const struct pg_stmt *s, int64_t deadline_ms,
                            PGresult **out) {
    PGresult *r = NULL, *end = NULL;
    c->warning[0] = '\0';
    *out = NULL;
    TRY(pg_link_result(c, deadline_ms, &r));
    if (!r)
        return pg_link_broke(c, s->name);
    enum err e = verdict(c, s, r);
    enum err ended = c->broken ? OK : pg_link_result(c, deadline_ms, &end);
    bool stray = end != NULL;
    PQclear(end);
    if (e == OK && ended == OK && !stray) {
        *out = r;
        return OK;
    }
    PQclear(r);
    if (stray)
        return pg_link_broke(c, s->name);
    return e != OK ? e : ended;
}

static enum err take_step(struct pg *c, const struct pg_step *steps, int i, int64_t deadline_ms,
                          PGresult **out) {
    const struct pg_stmt *s = steps[i].stmt;
    enum err parsed = OK;
    if (c->prepares[i]) {
        PGresult *r = NULL;
        parsed = take_result(c, s, deadline_ms, &r);
        PQclear(r);
        if (parsed == OK)
            pg_link_learn(c, s->name);
        if (c->broken)
            return parsed;
    }
    enum err e = take_result(c, s, deadline_ms, out);
    if (e == OK && s == &pg_commit)
        e = commit_verdict(c, *out);
    return parsed != OK ? parsed : e;
}

static enum err take_sync(struct pg *c, int64_t deadline_ms) {
    PGresult *r;
    TRY(pg_link_result(c, deadline_ms, &r));
    bool sync = PQresultStatus(r) == PGRES_PIPELINE_SYNC;
    PQclear(r);
    return sync ? OK : pg_link_broke(c, "sync");
}

/* Takes every result up to the sync, also behind an error; the first error counts. */
static enum err take_all(struct pg *c, const struct pg_step *steps, int n, PGresult **results) {
    int64_t deadline_ms = clock_monotonic_ms() + pg_pool_timeout_ms(c);
    enum err first = send_all(c, steps, n);
    for (int i = 0; i < n && !c->broken; i++) {
        PGresult *r = NULL;
        enum err e = take_step(c, steps, i, deadline_ms, &r);
        if (first == OK)
            first = e;
        if (results)
            results[i] = r;
        else
            PQclear(r);
    }
    enum err end = c->broken ? first : take_sync(c, deadline_ms);
    return first != OK ? first : end;
}

/* A failed transaction is ended here, so that the connection is of use again. */
static void leave_failed_transaction(struct pg *c) {
    if (c->broken || PQtransactionStatus(c->conn) != PQTRANS_INERROR)
        return;
    struct pg_step rollback = {&pg_rollback, NULL};
    if (take_all(c, &rollback, 1, NULL) != OK)
        c->broken = true;
}

enum err pg_run_batch(struct pg *c, const struct pg_step *steps, int n,
                      struct pg_result **results) {
    for (int i = 0; results && i < n; i++)
        results[i] = NULL;
    c->sqlstate[0] = c->constraint[0] = '\0';
    if (c->broken)
        return ERR_STORE;
    if (n == 0)
        return OK;
    enum err e = take_all(c, steps, n, results);
    if (e == OK)
        return OK;
    for (int i = 0; results && i < n; i++) {
        PQclear(results[i]);
        results[i] = NULL;
    }
    leave_failed_transaction(c);
    return e;
}

enum err pg_run(struct pg *c, const struct pg_stmt *s, const struct pg_args *args,
                struct pg_result **out) {
    struct pg_step step = {s, args};
    return pg_run_batch(c, &step, 1, out);
}

bool pg_in_transaction(const struct pg *c) {
    PGTransactionStatusType s = PQtransactionStatus(c->conn);
    return s == PQTRANS_INTRANS || s == PQTRANS_INERROR;
}

const char *pg_sqlstate(const struct pg *c) { return c->sqlstate; }

const char *pg_constraint(const struct pg *c) { return c->constraint; }

/* ---- scripts ---- */

static enum err script_verdict(struct pg *c, const PGresult *r, struct why *why) {
    ExecStatusType s = PQresultStatus(r);
    if (s == PGRES_COPY_IN || s == PGRES_COPY_OUT || s == PGRES_COPY_BOTH) {
        c->broken = true;
        return why_set(why, ERR_BUG, "", "COPY is not for scripts");
    }
    if (s != PGRES_FATAL_ERROR)
        return OK;
    enum err e = failed(c, "script", r);
    const char *text = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    return why_set(why, e, "", "%s %s", c->sqlstate, text ? text : "");
}

/* The simple protocol, which pipeline mode refuses. Results are taken to the end; the first error
 * counts. */
static enum err run_text(struct pg *c, const char *sql, struct why *why) {
    int64_t deadline_ms = clock_monotonic_ms() + SCRIPT_MAX_MS;
    enum err first = OK;
    PGresult *r = NULL;
    if (!PQsendQuery(c->conn, sql))
        return pg_link_broke(c, "script");
    do {
        TRY(pg_link_result(c, deadline_ms, &r));
        if (r && first == OK)
            first = script_verdict(c, r, why);
        PQclear(r);
    } while (r && !c->broken);
    return first;
}

enum err pg_run_script(struct pg *c, const char *sql, struct why *why) {
    c->sqlstate[0] = c->constraint[0] = '\0';
    if (c->broken || !PQexitPipelineMode(c->conn))
        return ERR_STORE;
    c->retired = true;
    enum err e = pg_pool_unnamed(c) ? OK : run_text(c, "SET statement_timeout = 0", why);
    if (e == OK)
        e = run_text(c, sql, why);
    if (!c->broken && !PQenterPipelineMode(c->conn))
        c->broken = true;
    leave_failed_transaction(c);
    return e;
}
