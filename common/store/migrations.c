#include "migrations.h"

#include <stdio.h>
#include <string.h>

#include "../codec/crypto.h"
#include "../codec/enc.h"

/* One line a file of migrations/, in order; a test compares the two. */
#define MIGRATIONS(X)                                                                              \
    X(0001_configuration)                                                                          \
    X(0002_conversations)                                                                          \
    X(0003_work)                                                                                   \
    X(0004_reading)                                                                                \
    X(0005_channels)                                                                               \
    X(0006_webchat)                                                                                \
    X(0007_gaps)                                                                                   \
    X(0008_inbox)                                                                                  \
    X(0009_ledger)                                                                                 \
    X(0010_state_last)

#define X(name)                                                                                    \
    __asm__(".pushsection .rodata\n"                                                               \
            "migration_" #name ": .incbin \"migrations/" #name ".sql\"\n"                          \
            "migration_end_" #name ": .byte 0\n"                                                   \
            ".popsection\n");                                                                      \
    extern const char migration_##name[], migration_end_##name[];
MIGRATIONS(X)
#undef X

STATEMENT(migrations_table, "SELECT to_regclass('schema_migration') IS NOT NULL");
STATEMENT(migrations_select, "SELECT number, name, checksum FROM schema_migration ORDER BY number");
STATEMENT(migrations_max, "SELECT coalesce(max(number), 0) FROM schema_migration");
STATEMENT(migrations_insert,
          "INSERT INTO schema_migration (number, name, checksum) VALUES ($1, $2, $3)");

/* A script, because a script may wait for longer than a call. The number is only ours to use. */
static const char begin_and_lock[] = "BEGIN; SELECT pg_advisory_xact_lock(7164210385127)";

void migrations_built_in(struct migrations *out) {
    out->n = 0;
#define X(id)                                                                                      \
    out->items[out->n++] =                                                                         \
        (struct migration){#id, {migration_##id, (size_t)(migration_end_##id - migration_##id)}};
    MIGRATIONS(X)
#undef X
}

int migrations_newest(void) {
#define X(id) #id,
    static const char *const names[] = {MIGRATIONS(X)};
#undef X
    return (int)(sizeof names / sizeof names[0]);
}

static enum err has_table(struct pg *c, bool *yes) {
    pg_result_auto r = NULL;
    TRY(pg_run(c, &migrations_table, NULL, &r));
    *yes = pg_flag(r, 0, 0);
    return OK;
}

enum err migrations_applied(struct pg *c, int *number) {
    bool exists;
    pg_result_auto r = NULL;
    *number = 0;
    TRY(has_table(c, &exists));
    if (!exists)
        return OK;
    TRY(pg_run(c, &migrations_max, NULL, &r));
    *number = (int)pg_int(r, 0, 0);
    return OK;
}

static char *checksum(struct arena *a, struct span sql) {
    uint8_t sum[CRYPTO_SHA256_BYTES];
    crypto_sha256(sql, sum);
    return enc_hex(a, sum, sizeof sum);
}

/* One row of what was applied against the list. */
static enum err check_row(struct arena *a, const struct pg_result *r, int row,
                          const struct migration *m, struct why *why) {
    const char *name = pg_text(a, r, row, 1);
    if (pg_int(r, row, 0) != row + 1 || strcmp(name, m->name) != 0)
        return why_set(why, ERR_CONFLICT, "", "the database has %s where this program has %s", name,
                       m->name);
    if (strcmp(pg_text(a, r, row, 2), checksum(a, m->sql)) != 0)
        return why_set(why, ERR_CONFLICT, "", "%s was changed after it was applied", name);
    return OK;
}

static enum err check_applied(struct pg *c, struct arena *a, const struct migrations *all,
                              int *applied, struct why *why) {
    bool exists;
    pg_result_auto r = NULL;
    *applied = 0;
    TRY(has_table(c, &exists));
    if (!exists)
        return OK;
    TRY(pg_run(c, &migrations_select, NULL, &r));
    *applied = pg_rows(r);
    if (*applied > all->n)
        return why_set(why, ERR_CONFLICT, "", "the database is newer than this program: it has %s",
                       pg_text(a, r, *applied - 1, 1));
    for (int i = 0; i < *applied; i++)
        TRY(check_row(a, r, i, &all->items[i], why));
    return OK;
}

static enum err record(struct pg *c, struct arena *a, int number, const struct migration *m) {
    struct pg_args args = pg_args(a);
    pg_put_int(&args, number);
    pg_put_text(&args, m->name);
    pg_put_text(&args, checksum(a, m->sql));
    return pg_run(c, &migrations_insert, &args, NULL);
}

/* Inside the transaction that holds the lock: nobody else can be between the look and the record.
 */
static enum err apply_locked(struct pg *c, struct arena *a, const struct migrations *all,
                             const struct migration **applied, struct why *why) {
    int done;
    TRY(check_applied(c, a, all, &done, why));
    if (done == all->n)
        return OK;
    const struct migration *m = &all->items[done];
    TRY(pg_run_script(c, m->sql.p, why));
    TRY(record(c, a, done + 1, m));
    TRY(pg_run(c, &pg_commit, NULL, NULL));
    *applied = m;
    return OK;
}

enum err migrations_apply_next(struct pg *c, const struct migrations *all,
                               const struct migration **applied, struct why *why) {
    *applied = NULL;
    TRY(pg_run_script(c, begin_and_lock, why));
    struct arena *a = arena_new();
    enum err e = apply_locked(c, a, all, applied, why);
    arena_free(a);
    if (!*applied && pg_in_transaction(c) && pg_run(c, &pg_rollback, NULL, NULL) != OK)
        return ERR_STORE;
    return e;
}
