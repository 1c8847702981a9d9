/*
 * statement: every SQL statement of the program, collected by the linker, so that a test can
 * prepare each one against a freshly migrated database and a wrong column fails there, not at a
 * customer's.
 *
 * At the top of a store file:  STATEMENT(jobs_finish, "DELETE FROM job WHERE ...");
 * and below it:                pg_run(c, &jobs_finish, &args, NULL);
 */
#pragma once
#include "../io/pg.h"

/* Defines `static const struct pg_stmt id`, named by its own identifier, and a pointer to it in the
 * section that statement_at() walks. */
#define STATEMENT(id, text)                                                                        \
    static const struct pg_stmt id = {#id, text};                                                  \
    __attribute__((                                                                                \
        used, section("statements"))) static const struct pg_stmt *const statement_of_##id = &id

/* Those of the store files that are linked into this program. */
int statement_count(void);
const struct pg_stmt *statement_at(int i);
