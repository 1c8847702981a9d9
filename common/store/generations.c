#include "generations.h"

/* Not one of the collected statements: BEGIN cannot be prepared. */
static const struct pg_stmt begin_reading = {"generations_begin_reading",
                                             "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"};

STATEMENT(generations_select, "SELECT number, knowledge FROM generation");

enum err generations_read(struct pg *c, struct generation *out) {
    pg_result_auto r = NULL;
    TRY(pg_run(c, &generations_select, NULL, &r));
    if (pg_rows(r) != 1)
        return ERR_BUG;
    *out = (struct generation){.number = pg_int(r, 0, 0), .knowledge = pg_int(r, 0, 1)};
    return OK;
}

enum err generations_change(struct pg *c, const struct pg_stmt *s, const struct pg_args *args,
                            bool *created) {
    pg_result_auto r = NULL;
    TRY(pg_run(c, s, args, &r));
    if (pg_rows(r) == 0)
        return ERR_ABSENT;
    if (created)
        *created = pg_flag(r, 0, 0);
    return OK;
}

enum err generations_begin_reading(struct pg *c) { return pg_run(c, &begin_reading, NULL, NULL); }
