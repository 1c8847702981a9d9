/*
 * pg: PostgreSQL connections, statements, one-round-trip batches. Knows bytes, no nouns.
 *
 * Every call has a deadline: the driver polls the socket itself, and a connection that misses it
 * is dropped (its outcome is then unknown; the caller resolves it by its own key, never by
 * guessing). Parameters are text, or binary where they are many (rows, arrays of uids); results
 * are binary and read by typed getters. Statements are named and prepared lazily per connection, or
 * sent unnamed behind a transaction pooler. No session state. A lost connection is opened again
 * with back-off at the next lease. The only file with <libpq-fe.h>.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "../base/arena.h"
#include "../base/span.h"
#include "../base/uid.h"

struct pg_pool;
struct pg; /* one leased connection; one thread at a time */
struct pg_result;
struct pg_rows; /* pg_rows.h */

struct pg_options {
    const char *url;
    const char *application_name;
    int size;             /* connections; opened on first lease */
    int timeout_ms;       /* deadline of one call */
    int lock_ms;          /* longest wait for one lock; 0: all of it; not pooled */
    bool pooled;          /* behind a transaction pooler */
    const char *settings; /* static "-c name=value …" for the session, or NULL; not pooled */
};

struct pg_stmt {
    const char *name; /* unique in the program */
    const char *sql;
};

/* Statements register themselves so that a test can prepare every one: see store. */
#define PG_ARGS_MAX 40
struct pg_arg {
    struct span value;    /* p NULL is SQL null */
    bool binary;          /* else a NUL stands behind it */
    struct pg_rows *rows; /* instead of the value */
};
struct pg_args {
    struct arena *arena;
    struct pg_arg items[PG_ARGS_MAX];
    int n;
};

struct pg_pool *pg_pool_open(const struct pg_options *options); /* connects nowhere yet; copies */
void pg_pool_close(struct pg_pool *p);
/* Waits at most timeout_ms for a free connection and connects if needed. ERR_BUSY or ERR_STORE. */
MUST_CHECK enum err pg_lease(struct pg_pool *p, struct pg **out);
/* Gives it back. A connection left inside a transaction is rolled back, a broken one closed. */
void pg_return(struct pg *c);
static inline void pg_return_auto_(struct pg **c) {
    if (*c)
        pg_return(*c);
}
#define pg_lease_auto __attribute__((cleanup(pg_return_auto_))) struct pg *

/* Parameters, in order. Strings are borrowed until the call, numbers rendered into the arena. */
struct pg_args pg_args(struct arena *a);
void pg_put_text(struct pg_args *p, const char *s); /* NULL is SQL null */
void pg_put_int(struct pg_args *p, int64_t v);
void pg_put_real(struct pg_args *p, double v);
void pg_put_flag(struct pg_args *p, bool v);
void pg_put_uid(struct pg_args *p, struct uid u);     /* the nil uid is SQL null */
void pg_put_time(struct pg_args *p, int64_t wall_ms); /* 0 is SQL null */
void pg_put_bytes(struct pg_args *p, struct span s);  /* p NULL is SQL null */
void pg_put_text_array(struct pg_args *p, const char *const *items, int n);
void pg_put_uid_array(struct pg_args *p, const struct uid *items, int n);
/* Borrowed until the call. */
void pg_put_rows(struct pg_args *p, struct pg_rows *rows);

/* One statement, one round trip. *out may be NULL when no rows are wanted; else the caller's to
 * clear. Errors: ERR_CONFLICT (23xxx), ERR_BUSY (40001 40P01 53xxx), ERR_TIMEOUT (55P03 57014 or
 * our deadline), ERR_STORE (connection), ERR_INVALID (22xxx), ERR_BUG (anything else; logged
 * with SQLSTATE). */
MUST_CHECK enum err pg_run(struct pg *c, const struct pg_stmt *s, const struct pg_args *args,
                           struct pg_result **out);

/* Several statements in one pipelined round trip, inside BEGIN..COMMIT when the steps say so.
 * results[i] is the i-th statement's (NULL on error). Stops at the first error, whose code is
 * returned. */
struct pg_step {
    const struct pg_stmt *stmt;
    const struct pg_args *args; /* NULL: none */
};
MUST_CHECK enum err pg_run_batch(struct pg *c, const struct pg_step *steps, int n,
                                 struct pg_result **results);
extern const struct pg_stmt pg_begin, pg_commit, pg_rollback;
/* SQLSTATE of the last error on this connection, "" if none; constraint name, "" if none. */
const char *pg_sqlstate(const struct pg *c);
const char *pg_constraint(const struct pg *c);
bool pg_in_transaction(const struct pg *c);
/* Runs a whole script (migrations only), several statements, its own transaction control. */
MUST_CHECK enum err pg_run_script(struct pg *c, const char *sql, struct why *why);

void pg_clear(struct pg_result *r); /* accepts NULL */
static inline void pg_clear_auto_(struct pg_result **r) { pg_clear(*r); }
#define pg_result_auto __attribute__((cleanup(pg_clear_auto_))) struct pg_result *

int pg_rows(const struct pg_result *r);
int64_t pg_affected(const struct pg_result *r);
bool pg_is_null(const struct pg_result *r, int row, int col);
/* NULL gives 0, false, nil, NULL. Texts are copied into the arena; json and jsonb come as text. */
int64_t pg_int(const struct pg_result *r, int row, int col); /* int2, int4, int8 */
double pg_real(const struct pg_result *r, int row, int col); /* float4, float8 */
bool pg_flag(const struct pg_result *r, int row, int col);
struct uid pg_uid(const struct pg_result *r, int row, int col);
int64_t pg_time(const struct pg_result *r, int row, int col); /* timestamptz -> Unix ms */
char *pg_text(struct arena *a, const struct pg_result *r, int row, int col);
struct span pg_bytes(struct arena *a, const struct pg_result *r, int row, int col);
int pg_text_array(struct arena *a, const struct pg_result *r, int row, int col,
                  const char ***items);
