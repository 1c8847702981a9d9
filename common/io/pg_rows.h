/*
 * pg_rows: rows of a composite type on their way into one statement, as one binary array:
 * `SELECT * FROM unnest($1::ledger_message[])`. Knows bytes and the server's own types, no nouns.
 *
 * Columns are put in the order in which the type has them; the server refuses a row with another
 * number or other types (class 42, an error of ours). A value that does not fit its column is cut
 * by nobody: the caller gives what the type can hold. Not thread-safe.
 */
#pragma once
#include "../base/buf.h"
#include "../base/uid.h"

struct pg_rows {
    int n_columns, n;
    size_t row; /* where the open one begins */
    struct buf bytes;
};

void pg_rows_init(struct pg_rows *r, int n_columns, size_t max_bytes);
void pg_rows_fini(struct pg_rows *r);

void pg_rows_open(struct pg_rows *r);
void pg_rows_int2(struct pg_rows *r, int v);
void pg_rows_int4(struct pg_rows *r, int v);
void pg_rows_int8(struct pg_rows *r, int64_t v);
void pg_rows_uid(struct pg_rows *r, struct uid u);      /* the nil uid is SQL null */
void pg_rows_time(struct pg_rows *r, int64_t wall_ms);  /* 0 is SQL null */
void pg_rows_text(struct pg_rows *r, const char *s);    /* NULL is SQL null, here and below */
void pg_rows_json(struct pg_rows *r, const char *text); /* column of type json */
void pg_rows_jsonb(struct pg_rows *r, const char *text);
void pg_rows_bytes(struct pg_rows *r, struct span s);
void pg_rows_close(struct pg_rows *r);

struct span pg_rows_array(struct pg_rows *r); /* the parameter, as long as r lives */
/* ERR_TOO_LARGE: more than max_bytes. */
MUST_CHECK enum err pg_rows_check(const struct pg_rows *r);
