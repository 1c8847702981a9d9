/* drive_pg URL SIZE TIMEOUT_MS POOLED: the pg driver by hand. One command a line, words parted by
 * tabs, one answer a line: the error's name, SQLSTATE, then what the command has to say. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/base/clock.h"
#include "../../common/base/log.h"
#include "../../common/io/pg.h"
#include "../../common/io/pg_rows.h"

#define WORDS_MAX 64

struct drive {
    struct pg_pool *pool;
    struct pg *link;
    struct arena *arena;
    char *word[WORDS_MAX];
    int n;
};

static void answer(const struct drive *d, enum err e, const char *text) {
    printf("%s\t%s\t%s\n", err_name(e), d->link ? pg_sqlstate(d->link) : "", text ? text : "");
    fflush(stdout);
}

/* The text is the name too, so that the same text is the same statement. */
static const struct pg_stmt *statement(struct drive *d, const char *sql) {
    const struct pg_stmt *control[] = {&pg_begin, &pg_commit, &pg_rollback};
    for (int i = 0; i < 3; i++)
        if (!strcmp(control[i]->sql, sql))
            return control[i];
    struct pg_stmt *s = ARENA_NEW(d->arena, struct pg_stmt);
    s->name = arena_strndup(d->arena, sql, strlen(sql) < 60 ? strlen(sql) : 60);
    s->sql = sql;
    return s;
}

static void do_lease(struct drive *d) { answer(d, pg_lease(d->pool, &d->link), ""); }

static void do_return(struct drive *d) {
    pg_return(d->link);
    d->link = NULL;
    answer(d, OK, "");
}

/* batch SQL SQL ...: the first column of the last result as text. */
static void do_batch(struct drive *d) {
    struct pg_step steps[WORDS_MAX] = {{0}};
    struct pg_result *results[WORDS_MAX] = {NULL};
    int n = d->n - 1;
    for (int i = 0; i < n; i++)
        steps[i] = (struct pg_step){statement(d, d->word[i + 1]), NULL};
    enum err e = pg_run_batch(d->link, steps, n, results);
    const char *text = NULL;
    for (int i = 0; i < n; i++)
        if (results[i] && pg_rows(results[i]))
            text = pg_text(d->arena, results[i], 0, 0);
    answer(d, e, text);
    for (int i = 0; i < n; i++)
        pg_clear(results[i]);
}

/* big BYTES TIMES: that many parameters of that size there and back in one batch. */
static void do_big(struct drive *d) {
    size_t size = strtoul(d->word[1], NULL, 10);
    int n = atoi(d->word[2]);
    char *text = arena_alloc(d->arena, size + 1);
    memset(text, 'x', size);
    struct pg_args args = pg_args(d->arena);
    pg_put_text(&args, text);
    struct pg_step steps[WORDS_MAX] = {{0}};
    struct pg_result *results[WORDS_MAX] = {NULL};
    for (int i = 0; i < n; i++)
        steps[i] = (struct pg_step){statement(d, "SELECT $1::text"), &args};
    enum err e = pg_run_batch(d->link, steps, n, results);
    size_t back = 0;
    for (int i = 0; i < n && results[i]; i++) {
        back += strlen(pg_text(d->arena, results[i], 0, 0));
        pg_clear(results[i]);
    }
    answer(d, e, arena_printf(d->arena, "%zu", back));
}

static void do_script(struct drive *d) {
    struct why why = {"", ""};
    enum err e = pg_run_script(d->link, d->word[1], &why);
    answer(d, e, why.text);
}

static void put_every_type(struct drive *d, struct pg_args *in) {
    const char *items[] = {"a \"quoted\\ one\"", NULL, "", "{é,}"};
    struct uid u;
    if (!uid_parse("01890a5d-ac96-774b-bcce-b302099a8057", &u))
        abort();
    *in = pg_args(d->arena);
    pg_put_int(in, INT64_MIN);
    pg_put_real(in, 0.1);
    pg_put_flag(in, true);
    pg_put_uid(in, u);
    pg_put_time(in, 1795255200123);
    pg_put_bytes(in, (struct span){"\0\xff\n", 3});
    pg_put_text_array(in, items, 4);
    pg_put_text(in, "{\"a\":1}");
    pg_put_text(in, NULL);
}

static const struct pg_stmt every_type = {
    "every_type", "SELECT $1::int8, $2::float8, $3::bool, $4::uuid, $5::timestamptz, $6::bytea,"
                  " $7::text[], $8::jsonb, $9::text, '1969-12-31T23:59:59.999Z'::timestamptz,"
                  " '-3'::int2, 1.5::float4, '{}'::text[]"};

/* types: every kind of value there and back, printed. */
static void do_types(struct drive *d) {
    struct pg_args in;
    put_every_type(d, &in);
    pg_result_auto r = NULL;
    enum err e = pg_run(d->link, &every_type, &in, &r);
    if (e != OK) {
        answer(d, e, NULL);
        return;
    }
    char uid[UID_TEXT_MAX];
    const char **items, **none;
    int n = pg_text_array(d->arena, r, 0, 6, &items);
    struct span bytes = pg_bytes(d->arena, r, 0, 5);
    bool same_bytes = bytes.n == 3 && !memcmp(bytes.p, "\0\xff\n", 3);
    answer(d, e,
           arena_printf(d->arena,
                        "%" PRId64 " %.17g %d %s %" PRId64 " %d %d[%s|%s|%s|%s] %s %d %" PRId64
                        " %" PRId64 " %g %d",
                        pg_int(r, 0, 0), pg_real(r, 0, 1), pg_flag(r, 0, 2),
                        uid_text(pg_uid(r, 0, 3), uid), pg_time(r, 0, 4), same_bytes, n, items[0],
                        items[1] ? items[1] : "NULL", items[2], items[3],
                        pg_text(d->arena, r, 0, 7), pg_text(d->arena, r, 0, 8) == NULL,
                        pg_time(r, 0, 9), pg_int(r, 0, 10), pg_real(r, 0, 11),
                        pg_text_array(d->arena, r, 0, 12, &none)));
}

/* Every second row is null where it can be. */
static void put_row(struct pg_rows *rows, int number) {
    struct uid u;
    bool full = number % 2 == 0;
    if (!uid_parse("01890a5d-ac96-774b-bcce-b302099a8057", &u))
        abort();
    pg_rows_open(rows);
    pg_rows_int2(rows, -3);
    pg_rows_int4(rows, number);
    pg_rows_int8(rows, INT64_MIN);
    pg_rows_uid(rows, full ? u : (struct uid){{0}});
    pg_rows_time(rows, full ? 1795255200123 : 0);
    pg_rows_text(rows, full ? "é, \"" : NULL);
    pg_rows_json(rows, full ? "{ \"b\":1}" : NULL);
    pg_rows_jsonb(rows, full ? "{ \"b\":1}" : NULL);
    pg_rows_bytes(rows, (struct span){full ? "\0\xff" : NULL, 2});
    pg_rows_close(rows);
}

/* rows COUNT COLUMNS SQL: that many rows as put_row has them, said to have so many columns. */
static void do_rows(struct drive *d) {
    struct pg_rows rows;
    struct pg_args in = pg_args(d->arena);
    pg_rows_init(&rows, atoi(d->word[2]), 1 << 20);
    for (int i = 0; i < atoi(d->word[1]); i++)
        put_row(&rows, i);
    pg_put_rows(&in, &rows);
    pg_result_auto r = NULL;
    enum err e = pg_rows_check(&rows);
    if (e == OK)
        e = pg_run(d->link, statement(d, d->word[3]), &in, &r);
    answer(d, e, e == OK ? pg_text(d->arena, r, 0, 0) : NULL);
    pg_rows_fini(&rows);
}

/* uids COUNT: how many of an array of so many arrive, and whether the last is what was sent. */
static void do_uids(struct drive *d) {
    static const struct pg_stmt arrived = {
        "arrived",
        "SELECT count(*) || ' ' || coalesce(max(i::text), '') FROM unnest($1::uuid[]) i"};
    int n = atoi(d->word[1]);
    struct uid *ids = ARENA_ARRAY(d->arena, struct uid, n + 1);
    struct pg_args in = pg_args(d->arena);
    for (int i = 0; i < n; i++)
        ids[i].b[15] = (uint8_t)i;
    pg_put_uid_array(&in, ids, n);
    pg_result_auto r = NULL;
    enum err e = pg_run(d->link, &arrived, &in, &r);
    answer(d, e, e == OK ? pg_text(d->arena, r, 0, 0) : NULL);
}

/* time TIMES: microseconds of a one-statement call. */
static void do_time(struct drive *d) {
    int n = atoi(d->word[1]);
    static const struct pg_stmt one = {"one", "SELECT 1"};
    int64_t from = clock_monotonic_us();
    enum err e = OK;
    for (int i = 0; i < n && e == OK; i++)
        e = pg_run(d->link, &one, NULL, NULL);
    answer(d, e, arena_printf(d->arena, "%.1f", (double)(clock_monotonic_us() - from) / n));
}

static const struct verb {
    const char *name;
    void (*run)(struct drive *d);
} verbs[] = {{"lease", do_lease}, {"return", do_return}, {"batch", do_batch},
             {"big", do_big},     {"script", do_script}, {"types", do_types},
             {"rows", do_rows},   {"uids", do_uids},     {"time", do_time}};

static void obey(struct drive *d, char *line) {
    line[strcspn(line, "\n")] = '\0';
    d->n = 0;
    for (char *rest = line; rest && d->n < WORDS_MAX;)
        d->word[d->n++] = strsep(&rest, "\t");
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (!strcmp(verbs[i].name, d->word[0]))
            verbs[i].run(d);
    arena_reset(d->arena);
}

int main(int argc, char **argv) {
    if (argc != 5)
        return 2;
    log_setup("drive", "json", "info");
    struct pg_options o = {.url = argv[1],
                           .application_name = "drive",
                           .size = atoi(argv[2]),
                           .timeout_ms = atoi(argv[3]),
                           .pooled = atoi(argv[4]) != 0};
    struct drive d = {.pool = pg_pool_open(&o), .arena = arena_new()};
    char *line = NULL;
    size_t cap = 0;
    while (getline(&line, &cap, stdin) > 0)
        obey(&d, line);
    free(line);
    if (d.link)
        pg_return(d.link);
    pg_pool_close(d.pool);
    arena_free(d.arena);
    return 0;
}
