#include "reports.h"

#include "statement.h"

STATEMENT(reports_series,
          "SELECT date_trunc(CASE WHEN $3::boolean THEN 'day' ELSE 'hour' END, hour, 'UTC') AS at,"
          " CASE $4::int WHEN 1 THEN channel WHEN 2 THEN mode::text WHEN 3 THEN handler"
          " WHEN 4 THEN intent ELSE '' END AS kind, sum(messages_in)::bigint,"
          " sum(messages_out)::bigint FROM rollup WHERE hour >= $1 AND hour < $2"
          " GROUP BY 1, 2 ORDER BY 1, 2");

static const char *group_text(struct arena *a, const struct pg_result *r, int row,
                              enum reports_group group) {
    const char *text = pg_text(a, r, row, 1);
    if (group != REPORTS_BY_MODE)
        return text;
    return mode_text((enum mode)(text[0] - '0'));
}

enum err reports_count(struct pg *c, struct arena *a, const struct reports_question *q,
                       struct reports_row **rows, int *n) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_time(&args, q->from_ms);
    pg_put_time(&args, q->to_ms);
    pg_put_flag(&args, q->daily);
    pg_put_int(&args, q->group);
    TRY(pg_run(c, &reports_series, &args, &r));
    *n = pg_rows(r);
    *rows = ARENA_ARRAY(a, struct reports_row, *n);
    for (int i = 0; i < *n; i++)
        (*rows)[i] = (struct reports_row){.at_ms = pg_time(r, i, 0),
                                          .group = group_text(a, r, i, q->group),
                                          .messages_in = pg_int(r, i, 2),
                                          .messages_out = pg_int(r, i, 3)};
    return OK;
}
