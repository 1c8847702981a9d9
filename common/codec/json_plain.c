#include "json_plain.h"

#include <string.h>

#include "../base/clock.h"
#include "eight.h"
#include "utf8.h"

#define NAME_MAX_BYTES 63
#define DIGITS_MAX 18 /* any such number fits */

struct plain {
    const char *at, *end;
    int depth;
    int64_t nodes_left;
};

static bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

static bool is_digit(char c) { return (unsigned char)(c - '0') < 10; }

/* The next byte that is no white space; NUL at the end. */
static char peek(struct plain *p) {
    while (p->at < p->end && is_blank(*p->at))
        p->at++;
    return (char)(p->at < p->end ? *p->at : '\0');
}

static bool take(struct plain *p, char c) {
    bool there = peek(p) == c;
    p->at += there;
    return there;
}

/* What stands between two quotes; false if it is not plain. */
static bool take_text(struct plain *p, struct span *text) {
    if (!take(p, '"'))
        return false;
    const char *from = p->at;
    uint64_t all = 0; /* the highest bits of the bytes */
    for (uint64_t w; p->end - p->at >= 8 && !eight_has_special(w = eight_at(p->at)); p->at += 8)
        all |= w & EIGHT(0x80);
    for (; p->at < p->end && *p->at != '"'; p->at++) {
        if ((unsigned char)*p->at < 0x20 || *p->at == '\\')
            return false;
        all |= (unsigned char)*p->at & 0x80;
    }
    *text = (struct span){from, (size_t)(p->at - from)};
    return p->at++ < p->end && (all == 0 || utf8_valid(text->p, text->n));
}

static json_t *read_text(struct plain *p) {
    struct span text;
    return take_text(p, &text) ? json_stringn_nocheck(text.p, text.n) : NULL;
}

static json_t *read_number(struct plain *p) {
    bool negative = take(p, '-');
    const char *from = p->at;
    int64_t v = 0;
    for (; p->at < p->end && is_digit(*p->at) && p->at - from < DIGITS_MAX; p->at++)
        v = v * 10 + (*p->at - '0');
    ptrdiff_t digits = p->at - from;
    if (digits < 1)
        return NULL;
    bool more = p->at < p->end && (is_digit(*p->at) || strchr(".eE", *p->at));
    bool odd = *from == '0' && (digits > 1 || negative);
    if (more || odd)
        return NULL;
    return json_integer(negative ? -v : v);
}

static json_t *read_word(struct plain *p) {
    static const struct {
        const char *word;
        json_t *(*make)(void);
    } words[] = {{"true", json_true}, {"false", json_false}, {"null", json_null}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t n = strlen(words[i].word);
        if ((size_t)(p->end - p->at) < n || memcmp(p->at, words[i].word, n) != 0)
            continue;
        p->at += n;
        return words[i].make();
    }
    return NULL;
}

static json_t *read_value(struct plain *p);

static bool read_item(struct plain *p, json_t *array) {
    json_t *value = read_value(p);
    return value && json_array_append_new(array, value) == 0;
}

static bool read_member(struct plain *p, json_t *object) {
    struct span text;
    char name[NAME_MAX_BYTES + 1];
    if (peek(p) != '"' || !take_text(p, &text) || text.n > NAME_MAX_BYTES)
        return false;
    memcpy(name, text.p, text.n);
    name[text.n] = '\0';
    if (json_object_get(object, name) || !take(p, ':'))
        return false;
    json_t *value = read_value(p);
    return value && json_object_set_new_nocheck(object, name, value) == 0;
}

static json_t *read_all(struct plain *p, json_t *into, char close,
                        bool (*read_one)(struct plain *, json_t *)) {
    bool good = ++p->depth <= JSON_DEPTH_MAX;
    p->at++;
    bool closed = good && take(p, close);
    while (good && !closed) {
        good = read_one(p, into);
        closed = good && take(p, close);
        good = closed || (good && take(p, ','));
    }
    p->depth--;
    if (good)
        return into;
    json_decref(into);
    return NULL;
}

static json_t *read_value(struct plain *p) {
    char c = peek(p);
    if (p->nodes_left-- <= 0)
        return NULL;
    if (c == '"')
        return read_text(p);
    if (c == '{')
        return read_all(p, json_object(), '}', read_member);
    if (c == '[')
        return read_all(p, json_array(), ']', read_item);
    return is_digit(c) || c == '-' ? read_number(p) : read_word(p);
}

json_t *json_plain(struct span raw, int64_t nodes_max) {
    if (raw.n == 0)
        return NULL; /* and raw.p may be NULL */
    struct plain p = {.at = raw.p, .end = raw.p + raw.n, .nodes_left = nodes_max};
    json_t *j = read_value(&p);
    if (!j || (peek(&p) == '\0' && p.at == p.end))
        return j;
    json_decref(j);
    return NULL;
}

/* ---- without a tree ---- */

static int row_of(const struct json_plain_shape *shape, struct span name) {
    for (int i = 0; i < shape->n_rows; i++)
        if (strncmp(shape->rows[i].name, name.p, name.n) == 0 && !shape->rows[i].name[name.n])
            return i;
    return -1;
}

static bool fill_plain(struct arena *a, const struct json_field *row, struct span text,
                       void *target) {
    if (row->kind != JSON_KIND_TEXT && row->kind != JSON_KIND_ID && row->kind != JSON_KIND_TIME)
        return false;
    const char *s = arena_strndup(a, text.p, text.n);
    if (row->kind == JSON_KIND_TIME)
        return clock_parse_rfc3339(s, target);
    *(const char **)target = s;
    return row->kind == JSON_KIND_ID ? json_is_config_id(s) : json_text_fits(row, s);
}

static bool fill_object(struct arena *a, struct plain *p, const struct json_plain_shape *shape);

static bool fill_member(struct arena *a, struct plain *p, const struct json_plain_shape *shape,
                        uint32_t *seen) {
    struct span name, text;
    int i = take_text(p, &name) && take(p, ':') ? row_of(shape, name) : -1;
    if (i < 0 || *seen >> i & 1)
        return false;
    const struct json_field *row = &shape->rows[i];
    *seen |= UINT32_C(1) << i;
    if (row->kind == JSON_KIND_OBJECT)
        return shape->inner_name && strcmp(row->name, shape->inner_name) == 0 &&
               fill_object(a, p, shape->inner);
    return take_text(p, &text) && fill_plain(a, row, text, (char *)shape->target + row->offset);
}

static bool fill_object(struct arena *a, struct plain *p, const struct json_plain_shape *shape) {
    uint32_t seen = 0;
    bool good = take(p, '{');
    do
        good = good && fill_member(a, p, shape, &seen);
    while (good && take(p, ','));
    good = good && take(p, '}');
    for (int i = 0; i < shape->n_rows; i++)
        good = good && (!shape->rows[i].required || seen >> i & 1);
    return good;
}

bool json_plain_fill(struct arena *a, struct span raw, const struct json_plain_shape *shape) {
    if (raw.n == 0)
        return false;
    struct plain p = {.at = raw.p, .end = raw.p + raw.n};
    return fill_object(a, &p, shape) && peek(&p) == '\0' && p.at == p.end;
}
