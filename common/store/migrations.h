/*
 * migrations: the schema's history, forward only. The files of migrations/ are part of the program,
 * so that the program is all that a container needs. Each is applied once, in its own transaction,
 * under a lock that two programs cannot hold at once, and is known by number, name and checksum
 * ever after.
 */
#pragma once
#include "../base/arena.h"
#include "statement.h"

#define MIGRATIONS_MAX 200

struct migration {
    const char *name; /* "0001_configuration"; its number is its place, from 1 */
    struct span sql;  /* a NUL stands behind it */
};
struct migrations {
    struct migration items[MIGRATIONS_MAX];
    int n;
};

/* Those this program was built with, and the number of the last one. */
void migrations_built_in(struct migrations *out);
int migrations_newest(void);
/* The highest number applied; 0 for an empty database. */
MUST_CHECK enum err migrations_applied(struct pg *c, int *number);

/* Applies the first one that the database lacks; *applied NULL: it lacks none. ERR_CONFLICT: an
 * applied one has other bytes now, or the database has more of them. */
MUST_CHECK enum err migrations_apply_next(struct pg *c, const struct migrations *all,
                                          const struct migration **applied, struct why *why);
