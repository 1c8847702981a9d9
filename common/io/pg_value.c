/* Parameters on their way in and values on their way out. */
#include "pg.h"

#include <assert.h>
#include <endian.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "pg_link.h"
#include "pg_oid.h"

/* struct pg_result is libpq's own tag: the opaque result of pg.h is a PGresult, without a
 * wrapper. */

/* ---- parameters ---- */

struct pg_args pg_args(struct arena *a) {
    return (struct pg_args){.arena = a, .n = 0};
}

static void put(struct pg_args *p, struct pg_arg arg) {
    assert(p->n < PG_ARGS_MAX);
    p->items[p->n++] = arg;
}

void pg_put_text(struct pg_args *p, const char *s) {
    put(p, (struct pg_arg){.value = {s, s ? strlen(s) : 0}});
}

void pg_put_rows(struct pg_args *p, struct pg_rows *rows) { put(p, (struct pg_arg){.rows = rows}); }

void pg_put_int(struct pg_args *p, int64_t v) {
    pg_put_text(p, arena_printf(p->arena, "%lld", (long long)v));
}

void pg_put_real(struct pg_args *p, double v) {
    pg_put_text(p, isnan(v) ? "NaN" : arena_printf(p->arena, "%.17g", v));
}

void pg_put_flag(struct pg_args *p, bool v) { pg_put_text(p, v ? "t" : "f"); }

void pg_put_uid(struct pg_args *p, struct uid u) {
    char text[UID_TEXT_MAX];
    pg_put_text(p, uid_is_nil(u) ? NULL : arena_strdup(p->arena, uid_text(u, text)));
}

void pg_put_time(struct pg_args *p, int64_t wall_ms) {
    char text[CLOCK_RFC3339_MAX];
    pg_put_text(p, wall_ms == 0 ? NULL : arena_strdup(p->arena, clock_rfc3339(wall_ms, text)));
}

void pg_put_bytes(struct pg_args *p, struct span s) {
    if (!s.p) {
        pg_put_text(p, NULL);
        return;
    }
    static const char digit[] = "0123456789abcdef";
    char *text = arena_alloc(p->arena, 2 * s.n + 3), *at = text;
    *at++ = '\\';
    *at++ = 'x';
    for (size_t i = 0; i < s.n; i++) {
        *at++ = digit[(unsigned char)s.p[i] >> 4];
        *at++ = digit[(unsigned char)s.p[i] & 15];
    }
    pg_put_text(p, text);
}

static char *put_quoted(char *at, const char *s) {
    *at++ = '"';
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            *at++ = '\\';
        *at++ = *s;
    }
    *at++ = '"';
    return at;
}

void pg_put_text_array(struct pg_args *p, const char *const *items, int n) {
    size_t max = 3;
    for (int i = 0; i < n; i++)
        max += items[i] ? 2 * strlen(items[i]) + 3 : sizeof "NULL,";
    char *text = arena_alloc(p->arena, max), *at = text;
    *at++ = '{';
    for (int i = 0; i < n; i++) {
        if (i)
            *at++ = ',';
        at = items[i] ? put_quoted(at, items[i]) : stpcpy(at, "NULL");
    }
    *at = '}';
    pg_put_text(p, text);
}

/* As pg_rows.c has it, with elements of a length that all share. */
void pg_put_uid_array(struct pg_args *p, const struct uid *items, int n) {
    const uint32_t header[] = {htobe32(n > 0), 0, htobe32(PG_OID_UUID), htobe32((uint32_t)n),
                               htobe32(1)};
    const uint32_t size = htobe32(sizeof items->b);
    char *value = arena_alloc(p->arena, sizeof header + (size_t)n * (4 + sizeof items->b));
    char *at = mempcpy(value, header, sizeof header);
    for (int i = 0; i < n; i++) {
        at = mempcpy(at, &size, sizeof size);
        at = mempcpy(at, items[i].b, sizeof items->b);
    }
    put(p, (struct pg_arg){.value = {value, n ? (size_t)(at - value) : 3 * sizeof *header},
                           .binary = true});
}

/* ---- results ---- */

void pg_clear(struct pg_result *r) { PQclear(r); }

int pg_rows(const struct pg_result *r) { return PQntuples(r); }

int64_t pg_affected(const struct pg_result *r) {
    /* libpq's prototype lacks the const; it only reads. */
    const char *n = PQcmdTuples((PGresult *)(uintptr_t)r);
    return *n ? strtoll(n, NULL, 10) : 0;
}

bool pg_is_null(const struct pg_result *r, int row, int col) {
    return PQgetisnull(r, row, col) == 1;
}

static uint16_t read_u16(const char *p) {
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return be16toh(v);
}

static uint32_t read_u32(const char *p) {
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return be32toh(v);
}

static uint64_t read_u64(const char *p) {
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return be64toh(v);
}

int64_t pg_int(const struct pg_result *r, int row, int col) {
    if (pg_is_null(r, row, col))
        return 0;
    const char *p = PQgetvalue(r, row, col);
    int n = PQgetlength(r, row, col);
    assert(n == 2 || n == 4 || n == 8);
    if (n == 2)
        return (int16_t)read_u16(p);
    return n == 4 ? (int32_t)read_u32(p) : (int64_t)read_u64(p);
}

double pg_real(const struct pg_result *r, int row, int col) {
    if (pg_is_null(r, row, col))
        return 0;
    const char *p = PQgetvalue(r, row, col);
    int n = PQgetlength(r, row, col);
    assert(n == 4 || n == 8);
    union {
        uint32_t bits;
        float v;
    } f;
    union {
        uint64_t bits;
        double v;
    } d;
    if (n == 4) {
        f.bits = read_u32(p);
        return (double)f.v;
    }
    d.bits = read_u64(p);
    return d.v;
}

bool pg_flag(const struct pg_result *r, int row, int col) {
    if (pg_is_null(r, row, col))
        return false;
    assert(PQgetlength(r, row, col) == 1);
    return PQgetvalue(r, row, col)[0] != 0;
}

struct uid pg_uid(const struct pg_result *r, int row, int col) {
    struct uid u = {{0}};
    if (pg_is_null(r, row, col))
        return u;
    assert(PQgetlength(r, row, col) == (int)sizeof u.b);
    memcpy(u.b, PQgetvalue(r, row, col), sizeof u.b);
    return u;
}

int64_t pg_time(const struct pg_result *r, int row, int col) {
    if (pg_is_null(r, row, col))
        return 0;
    assert(PQgetlength(r, row, col) == 8);
    int64_t us = (int64_t)read_u64(PQgetvalue(r, row, col));
    if (us > INT64_MAX - PG_EPOCH_2000_US) /* 'infinity' */
        return INT64_MAX;
    us += PG_EPOCH_2000_US;
    return us / 1000 - (us % 1000 < 0);
}

static char *copy(struct arena *a, const char *p, size_t n) {
    char *s = arena_alloc(a, n + 1);
    memcpy(s, p, n);
    return s;
}

struct span pg_bytes(struct arena *a, const struct pg_result *r, int row, int col) {
    if (pg_is_null(r, row, col))
        return (struct span){NULL, 0};
    const char *p = PQgetvalue(r, row, col);
    size_t n = (size_t)PQgetlength(r, row, col);
    size_t version = PQftype(r, col) == PG_OID_JSONB && n > 0; /* one byte before the text */
    return (struct span){copy(a, p + version, n - version), n - version};
}

char *pg_text(struct arena *a, const struct pg_result *r, int row, int col) {
    if (pg_is_null(r, row, col))
        return NULL;
    struct span s = pg_bytes(a, r, row, col);
    return (char *)(uintptr_t)s.p;
}

/* Binary array: dimensions, has-null flag, element type; size and lower bound; then length and
 * bytes. */
int pg_text_array(struct arena *a, const struct pg_result *r, int row, int col,
                  const char ***items) {
    *items = NULL;
    if (pg_is_null(r, row, col))
        return 0;
    const char *p = PQgetvalue(r, row, col);
    if (read_u32(p) == 0)
        return 0;
    assert(read_u32(p) == 1);
    int n = (int)read_u32(p + 12);
    p += 20;
    *items = ARENA_ARRAY(a, const char *, n);
    for (int i = 0; i < n; i++) {
        int32_t size = (int32_t)read_u32(p);
        p += 4;
        if (size < 0)
            continue;
        (*items)[i] = copy(a, p, (size_t)size);
        p += size;
    }
    return n;
}
