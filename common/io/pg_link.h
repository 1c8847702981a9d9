/*
 * pg_link: one PostgreSQL connection as pg.c, pg_batch.c and pg_value.c see it. Private to the
 * driver.
 *
 * A link lives in pipeline mode and is non-blocking; whoever waits does it here, with a deadline.
 * A link that failed is `broken`: nothing is sent on it any more and pg_return() closes it.
 */
#pragma once
#include <libpq-fe.h>

#include "pg.h"

#define PG_PREPARED_SLOTS 1024 /* a power of two; three quarters of them are used, then unnamed */

struct pg {
    struct pg_pool *pool;
    PGconn *conn;   /* NULL: closed */
    bool connected; /* else an attempt is under way while conn is set */
    bool broken;
    bool retired;       /* ran a script: closed at return, its plans may be stale */
    bool known;         /* was connected before */
    int64_t attempt_ms; /* monotonic: when the attempt began */
    char sqlstate[8];
    char constraint[64];
    char warning[8]; /* SQLSTATE of the last WARNING, "" if none since it was emptied */
    const char *prepared[PG_PREPARED_SLOTS]; /* names, copied; a hash table */
    int n_prepared;
    bool *prepares; /* per step of the batch in flight: a Parse goes before it */
    int prepares_cap;
};

/* Begins an attempt if there is none and works on it until deadline_ms. ERR_TIMEOUT: still under
 * way, go on with the next call. ERR_STORE: refused; the link is closed. */
MUST_CHECK enum err pg_link_connect(struct pg *c, const struct pg_options *o, int64_t deadline_ms);
void pg_link_close(struct pg *c);
/* Has an idle connection been closed by the server? Costs one poll. */
bool pg_link_alive(struct pg *c);
/* Sends what is pending and reads what has come, once. ERR_TIMEOUT and ERR_STORE break the link. */
MUST_CHECK enum err pg_link_pump(struct pg *c, int64_t deadline_ms);
/* The next result, NULL between statements. */
MUST_CHECK enum err pg_link_result(struct pg *c, int64_t deadline_ms, PGresult **out);
enum err pg_link_broke(struct pg *c, const char *doing); /* logs; ERR_STORE */

bool pg_link_knows(const struct pg *c, const char *name);
bool pg_link_full(const struct pg *c, int more); /* no room for that many more names */
void pg_link_learn(struct pg *c, const char *name);

int pg_pool_timeout_ms(const struct pg *c);
bool pg_pool_unnamed(const struct pg *c);
