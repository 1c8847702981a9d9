#include "pg_rows.h"

#include <endian.h>

#include "pg_oid.h"

/* array_recv: dimensions, has-null flag, element type (left 0: a composite type has another number
 * in every database, and since PostgreSQL 14 none is asked for); size and lower bound; then per
 * element its length and bytes. record_recv: number of columns; then per column type, length,
 * bytes. */
#define ARRAY_HEADER 20
#define NO_ELEMENTS 12 /* of the header, when there are no dimensions */
#define ROW_HEADER 8
#define COLUMN_HEADER 8
#define AT_SIZE 12
#define AT_BOUND 16
#define SQL_NULL (-1)
#define JSONB_VERSION 1

static void store_u16(char *p, uint16_t v) {
    v = htobe16(v);
    memcpy(p, &v, sizeof v);
}

static void store_u32(char *p, uint32_t v) {
    v = htobe32(v);
    memcpy(p, &v, sizeof v);
}

static void store_u64(char *p, uint64_t v) {
    v = htobe64(v);
    memcpy(p, &v, sizeof v);
}

/* n more bytes; NULL past the maximum. */
static char *extend(struct pg_rows *r, size_t n) {
    char *p = buf_room(&r->bytes, n);
    if (!p)
        return NULL;
    p[n] = '\0';
    r->bytes.len += n;
    return p;
}

void pg_rows_init(struct pg_rows *r, int n_columns, size_t max_bytes) {
    *r = (struct pg_rows){.n_columns = n_columns};
    buf_init(&r->bytes, max_bytes);
    char *header = extend(r, ARRAY_HEADER);
    if (header)
        memset(header, 0, ARRAY_HEADER);
}

void pg_rows_fini(struct pg_rows *r) { buf_fini(&r->bytes); }

void pg_rows_open(struct pg_rows *r) {
    r->row = r->bytes.len;
    char *p = extend(r, ROW_HEADER);
    if (p)
        store_u32(p + 4, (uint32_t)r->n_columns);
}

void pg_rows_close(struct pg_rows *r) {
    if (r->bytes.full)
        return;
    store_u32(r->bytes.p + r->row, (uint32_t)(r->bytes.len - r->row - 4));
    r->n++;
}

static char *column(struct pg_rows *r, uint32_t oid, size_t n) {
    char *p = extend(r, COLUMN_HEADER + n);
    if (!p)
        return NULL;
    store_u32(p, oid);
    store_u32(p + 4, (uint32_t)n);
    return p + COLUMN_HEADER;
}

static void null_column(struct pg_rows *r, uint32_t oid) {
    char *p = column(r, oid, 0);
    if (p)
        store_u32(p - 4, (uint32_t)SQL_NULL);
}

static void put_bytes(struct pg_rows *r, uint32_t oid, struct span s) {
    char *p = s.p ? column(r, oid, s.n) : NULL;
    if (p && s.n)
        memcpy(p, s.p, s.n);
    if (!s.p)
        null_column(r, oid);
}

void pg_rows_int2(struct pg_rows *r, int v) {
    char *p = column(r, PG_OID_INT2, 2);
    if (p)
        store_u16(p, (uint16_t)v);
}

void pg_rows_int4(struct pg_rows *r, int v) {
    char *p = column(r, PG_OID_INT4, 4);
    if (p)
        store_u32(p, (uint32_t)v);
}

void pg_rows_int8(struct pg_rows *r, int64_t v) {
    char *p = column(r, PG_OID_INT8, 8);
    if (p)
        store_u64(p, (uint64_t)v);
}

void pg_rows_uid(struct pg_rows *r, struct uid u) {
    put_bytes(r, PG_OID_UUID, (struct span){uid_is_nil(u) ? NULL : (char *)u.b, sizeof u.b});
}

void pg_rows_time(struct pg_rows *r, int64_t wall_ms) {
    char *p = wall_ms ? column(r, PG_OID_TIMESTAMPTZ, 8) : NULL;
    if (p)
        store_u64(p, (uint64_t)(wall_ms * 1000 - PG_EPOCH_2000_US));
    if (!wall_ms)
        null_column(r, PG_OID_TIMESTAMPTZ);
}

void pg_rows_bytes(struct pg_rows *r, struct span s) { put_bytes(r, PG_OID_BYTEA, s); }

static struct span span_or_null(const char *s) { return s ? span_of(s) : (struct span){NULL, 0}; }

void pg_rows_text(struct pg_rows *r, const char *s) { put_bytes(r, PG_OID_TEXT, span_or_null(s)); }

void pg_rows_json(struct pg_rows *r, const char *text) {
    put_bytes(r, PG_OID_JSON, span_or_null(text));
}

void pg_rows_jsonb(struct pg_rows *r, const char *text) {
    struct span s = span_or_null(text);
    char *p = s.p ? column(r, PG_OID_JSONB, s.n + 1) : NULL;
    if (p) {
        p[0] = JSONB_VERSION;
        memcpy(p + 1, s.p, s.n);
    }
    if (!s.p)
        null_column(r, PG_OID_JSONB);
}

struct span pg_rows_array(struct pg_rows *r) {
    char *header = r->bytes.p;
    store_u32(header, r->n > 0);
    store_u32(header + AT_SIZE, (uint32_t)r->n);
    store_u32(header + AT_BOUND, 1);
    return (struct span){header, r->n ? r->bytes.len : NO_ELEMENTS};
}

enum err pg_rows_check(const struct pg_rows *r) { return buf_done(&r->bytes); }
