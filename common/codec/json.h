/*
 * json: jansson with our limits, and a writer that goes straight to a buffer.
 *
 * Re-exports <jansson.h> on purpose: wrapping json_t would be busywork. Loading refuses before it
 * allocates: depth and node count are counted over the raw bytes first (150 000 empty objects would
 * cost 73 MB). Duplicate keys, NUL, invalid UTF-8, lone surrogates and anything behind the value
 * are refused. Getters are strict about type and name the place with an RFC 6901 pointer.
 */
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "../base/arena.h"
#include "../base/buf.h"
#include "../base/span.h"
#include "../base/uid.h"

#define JSON_DEPTH_MAX 32
#define JSON_NODES_MAX 10000

void json_setup(void); /* once, before threads: seeds jansson's hash */

static inline void json_unref(json_t **j) { json_decref(*j); }
#define json_auto __attribute__((cleanup(json_unref))) json_t *

/* ERR_MALFORMED: not JSON. ERR_TOO_LARGE: deeper or more nodes (values; keys do not count) than the
 * limits. *out is the caller's to json_decref (use json_auto). The root may be any JSON value. */
MUST_CHECK enum err json_load_span(struct span raw, json_t **out, struct why *why);
/* The same with another limit of nodes, for bodies that carry many items. */
MUST_CHECK enum err json_load_limited(struct span raw, int64_t nodes_max, json_t **out,
                                      struct why *why);

/* One field of a JSON object as a row of a table: the shape of a body is data. */
enum json_kind {
    JSON_KIND_TEXT,    /* const char *: min..max code points, at least 1 where required */
    JSON_KIND_INTEGER, /* int64_t within min..max */
    JSON_KIND_REAL,    /* double within min..max */
    JSON_KIND_FLAG,    /* bool */
    JSON_KIND_OBJECT,  /* json_t *, borrowed */
    JSON_KIND_ARRAY,   /* json_t *, borrowed; min..max items */
    JSON_KIND_TIME,    /* int64_t Unix ms from RFC 3339 text */
    JSON_KIND_ID       /* const char *: [a-z0-9][a-z0-9._-]{0,63} */
};
struct json_field {
    const char *name;
    enum json_kind kind;
    bool required;    /* else: absent or null leaves the target as it was */
    size_t offset;    /* offsetof the target in the struct that is filled */
    int64_t min, max; /* text: code points (max 0 means 64 Ki); arrays: items; numbers: value */
};
/* Fills target from object by the rows. An unknown member, a wrong type or a value out of bounds is
 * ERR_INVALID with why->pointer = at + "/" + name. Texts are borrowed from object. */
MUST_CHECK enum err json_fill(const json_t *object, const char *at, const struct json_field *rows,
                              int n_rows, void *target, struct why *why);

bool json_text_fits(const struct json_field *row, const char *s); /* a text within its bounds */

/* Canonical text: compact, keys in insertion order; lives in the arena. */
char *json_text(struct arena *a, const json_t *j);
bool json_is_config_id(const char *s); /* [a-z0-9][a-z0-9._-]{0,63} */

/* The writer. Commas are written by json_put_key and its kin, and by json_put_item. */
void json_put_string(struct buf *b, const char *s); /* with quotes; NULL writes null */
void json_put_string_n(struct buf *b, const char *s, size_t n);
void json_put_time(struct buf *b, int64_t wall_ms); /* RFC 3339 with quotes; 0 writes null */
void json_put_real(struct buf *b, double v);        /* shortest that reads back equal; NaN null */
void json_put_truth(struct buf *b, bool v);
void json_put_id(struct buf *b, struct uid u); /* the nil uid writes null */
void json_put_item(struct buf *b);             /* the comma before an array item, if any */
void json_put_key_n(struct buf *b, const char *name, size_t n);
void json_put_word_n(struct buf *b, const char *name, size_t n); /* needs no escapes */
#define JSON_WORD "abcdefghijklmnopqrstuvwxyz0123456789_"

/* Object members: `"name":` preceded by a comma unless the last byte is { or [ . Inline, because
 * names are literals: the compiler counts their bytes and sees that they need no escapes. */
static inline void json_put_key(struct buf *b, const char *name) {
    size_t n = strlen(name);
    if (__builtin_constant_p(n) && strspn(name, JSON_WORD) == n)
        json_put_word_n(b, name, n);
    else
        json_put_key_n(b, name, n);
}

static inline void json_put_text(struct buf *b, const char *name, const char *s) {
    json_put_key(b, name);
    json_put_string(b, s);
}

static inline void json_put_number(struct buf *b, const char *name, int64_t v) {
    json_put_key(b, name);
    buf_add_int(b, v);
}

static inline void json_put_double(struct buf *b, const char *name, double v) {
    json_put_key(b, name);
    json_put_real(b, v);
}

static inline void json_put_flag(struct buf *b, const char *name, bool v) {
    json_put_key(b, name);
    json_put_truth(b, v);
}

static inline void json_put_when(struct buf *b, const char *name, int64_t wall_ms) {
    json_put_key(b, name);
    json_put_time(b, wall_ms);
}

static inline void json_put_uid(struct buf *b, const char *name, struct uid u) {
    json_put_key(b, name);
    json_put_id(b, u);
}

/* What it takes is JSON already; NULL writes null. */
static inline void json_put_raw(struct buf *b, const char *name, const char *json_or_null) {
    json_put_key(b, name);
    buf_adds(b, json_or_null ? json_or_null : "null");
}
