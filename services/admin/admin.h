/*
 * admin: what a subcommand with a database has: the configuration and one connection. Says
 * itself, in one line on stderr, why it cannot have them.
 */
#pragma once
#include "../../common/base/config.h"
#include "../../common/io/pg.h"

struct admin {
    struct arena *arena;
    struct config cfg;
    struct pg_pool *pool;
    struct pg *pg;
};

/* False: a line was printed and nothing is left open. The database may be of any version. */
bool admin_open(const char *command, struct admin *admin);
void admin_close(struct admin *admin);
/* "redthread: ..." on stderr; returns the exit status of failure. */
int admin_fail(const char *fmt, ...) PRINTF_LIKE(1, 2);
