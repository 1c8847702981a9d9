#include "json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "eight.h"
#include "json_plain.h"
#include "utf8.h"

#define TEXT_BYTES_MAX                                                                             \
    ((size_t)64 << 20) /* of what json_text writes; far above any input's cap                      \
                        */
#define TEXT_CHARS_MAX INT64_C(65536)
#define REAL_TEXT_MAX 40

void json_setup(void) { json_object_seed(0); }

/* State of the scan that counts before anything is allocated. Up to the first byte that jansson
 * refuses, both see the same tokens; behind it the count does not matter. */
struct scan {
    int depth;
    int64_t nodes;
    bool in_string, escaped, in_scalar;
};

static void scan_string_byte(struct scan *s, char c) {
    if (s->escaped)
        s->escaped = false;
    else if (c == '\\')
        s->escaped = true;
    else if (c == '"')
        s->in_string = false;
}

/* A node is a value; the string before a colon was a name and is taken back. */
static void scan_byte(struct scan *s, char c) {
    bool opens = c == '{' || c == '[', closes = c == '}' || c == ']';
    bool between = c == ',' || c == ':' || c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (c == '"')
        s->in_string = true;
    bool starts_scalar = !s->in_scalar && !opens && !closes && !between && c != '"';
    s->in_scalar = !opens && !closes && !between && c != '"';
    s->nodes += opens || c == '"' || starts_scalar;
    s->nodes -= c == ':';
    s->depth += opens - closes;
}

static enum err check_limits(struct span raw, int64_t nodes_max, struct why *why) {
    struct scan s = {0};
    for (size_t i = 0; i < raw.n; i++) {
        if (s.in_string)
            scan_string_byte(&s, raw.p[i]);
        else
            scan_byte(&s, raw.p[i]);
        if (s.depth > JSON_DEPTH_MAX)
            return why_set(why, ERR_TOO_LARGE, "", "nested deeper than %d levels", JSON_DEPTH_MAX);
        if (s.nodes > nodes_max)
            return why_set(why, ERR_TOO_LARGE, "", "more than %" PRId64 " values", nodes_max);
    }
    return OK;
}

/* jansson's own texts quote the input and may cut it within a character. */
static const char *sentence_of(enum json_error_code code) {
    static const struct {
        enum json_error_code code;
        const char *text;
    } sentences[] = {
        {json_error_invalid_utf8, "invalid UTF-8"},
        {json_error_premature_end_of_input, "unexpected end"},
        {json_error_end_of_input_expected, "something follows the value"},
        {json_error_null_character, "NUL character in a text"},
        {json_error_null_byte_in_key, "NUL character in a key"},
        {json_error_duplicate_key, "duplicate key"},
        {json_error_numeric_overflow, "number out of range"},
    };
    for (size_t i = 0; i < sizeof sentences / sizeof sentences[0]; i++)
        if (sentences[i].code == code)
            return sentences[i].text;
    return "not valid JSON";
}

enum err json_load_span(struct span raw, json_t **out, struct why *why) {
    return json_load_limited(raw, JSON_NODES_MAX, out, why);
}

enum err json_load_limited(struct span raw, int64_t nodes_max, json_t **out, struct why *why) {
    json_error_t error;
    *out = json_plain(raw, nodes_max);
    if (*out)
        return OK;
    TRY(check_limits(raw, nodes_max, why));
    json_t *j =
        json_loadb(raw.n ? raw.p : "", raw.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!j)
        return why_set(why, ERR_MALFORMED, "", "%s near line %d",
                       sentence_of(json_error_code(&error)), error.line > 0 ? error.line : 1);
    *out = j;
    return OK;
}

bool json_is_config_id(const char *s) {
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789._-");
    return n >= 1 && n <= 64 && s[n] == '\0' && !strchr("._-", s[0]);
}

/* What a reader of one field needs to know about it. */
struct place {
    const struct json_field *row;
    const char *at;
    struct why *why;
};

/* A pointer to a member, its name escaped as RFC 6901 asks; cut if it is too long. */
static void member_pointer(const char *at, const char *name, char out[WHY_POINTER_MAX]) {
    size_t n = (size_t)snprintf(out, WHY_POINTER_MAX, "%s/", at);
    for (; *name && n + 2 < WHY_POINTER_MAX; name++) {
        bool special = *name == '~' || *name == '/';
        if (special)
            out[n++] = '~';
        out[n++] = *name;
        if (special)
            out[n - 1] = *name == '~' ? '0' : '1';
    }
    out[n < WHY_POINTER_MAX ? n : WHY_POINTER_MAX - 1] = '\0';
}

static enum err refuse_member(const char *at, const char *name, struct why *why, const char *text) {
    char pointer[WHY_POINTER_MAX];
    member_pointer(at, name, pointer);
    return why_set(why, ERR_INVALID, pointer, "%s", text);
}

static enum err refuse(const struct place *p, const char *text) {
    return refuse_member(p->at, p->row->name, p->why, text);
}

static enum err refuse_range(const struct place *p, const char *what, int64_t min, int64_t max) {
    char text[WHY_TEXT_MAX];
    snprintf(text, sizeof text, "must be %s from %" PRId64 " to %" PRId64, what, min, max);
    return refuse(p, text);
}

static int64_t text_min(const struct json_field *row) {
    return row->required && row->min < 1 ? 1 : row->min;
}

static int64_t text_max(const struct json_field *row) {
    return row->max ? row->max : TEXT_CHARS_MAX;
}

bool json_text_fits(const struct json_field *row, const char *s) {
    int64_t n = (int64_t)utf8_count(s);
    return n >= text_min(row) && n <= text_max(row);
}

static enum err fill_text(const struct place *p, json_t *v, void *target) {
    if (!json_is_string(v))
        return refuse(p, "must be text");
    if (!json_text_fits(p->row, json_string_value(v)))
        return refuse_range(p, "text with a number of characters", text_min(p->row),
                            text_max(p->row));
    *(const char **)target = json_string_value(v);
    return OK;
}

static enum err fill_integer(const struct place *p, json_t *v, void *target) {
    int64_t n = json_integer_value(v);
    if (!json_is_integer(v) || n < p->row->min || n > p->row->max)
        return refuse_range(p, "a whole number", p->row->min, p->row->max);
    *(int64_t *)target = n;
    return OK;
}

static enum err fill_real(const struct place *p, json_t *v, void *target) {
    double n = json_number_value(v);
    if (!json_is_number(v) || n < (double)p->row->min || n > (double)p->row->max)
        return refuse_range(p, "a number", p->row->min, p->row->max);
    *(double *)target = n;
    return OK;
}

static enum err fill_flag(const struct place *p, json_t *v, void *target) {
    if (!json_is_boolean(v))
        return refuse(p, "must be true or false");
    *(bool *)target = json_is_true(v);
    return OK;
}

static enum err fill_object(const struct place *p, json_t *v, void *target) {
    if (!json_is_object(v))
        return refuse(p, "must be an object");
    *(json_t **)target = v;
    return OK;
}

static enum err fill_array(const struct place *p, json_t *v, void *target) {
    int64_t n = (int64_t)json_array_size(v);
    if (!json_is_array(v) || n < p->row->min || n > p->row->max)
        return refuse_range(p, "an array with a number of items", p->row->min, p->row->max);
    *(json_t **)target = v;
    return OK;
}

static enum err fill_time(const struct place *p, json_t *v, void *target) {
    if (!json_is_string(v) || !clock_parse_rfc3339(json_string_value(v), target))
        return refuse(p, "must be a time as RFC 3339 writes it, such as 2026-11-21T10:00:00Z");
    return OK;
}

static enum err fill_id(const struct place *p, json_t *v, void *target) {
    if (!json_is_string(v) || !json_is_config_id(json_string_value(v)))
        return refuse(p,
                      "must be 1 to 64 of a-z, 0-9, '.', '_' and '-', the first a letter or digit");
    *(const char **)target = json_string_value(v);
    return OK;
}

static enum err (*const fillers[])(const struct place *, json_t *, void *) = {
    [JSON_KIND_TEXT] = fill_text,     [JSON_KIND_INTEGER] = fill_integer,
    [JSON_KIND_REAL] = fill_real,     [JSON_KIND_FLAG] = fill_flag,
    [JSON_KIND_OBJECT] = fill_object, [JSON_KIND_ARRAY] = fill_array,
    [JSON_KIND_TIME] = fill_time,     [JSON_KIND_ID] = fill_id,
};

/* jansson's iterators only read, but none of them takes a const object. */
static json_t *unconst(const json_t *j) {
    union {
        const json_t *in;
        json_t *out;
    } same = {j};
    return same.out;
}

static bool has_row(const struct json_field *rows, int n_rows, const char *name) {
    for (int i = 0; i < n_rows; i++)
        if (strcmp(rows[i].name, name) == 0)
            return true;
    return false;
}

static enum err refuse_unknown(const json_t *object, const char *at, const struct json_field *rows,
                               int n_rows, struct why *why) {
    const char *name;
    json_t *value;
    json_object_foreach(unconst(object), name, value) {
        if (!has_row(rows, n_rows, name))
            return refuse_member(at, name, why, "is not a known member");
    }
    return OK;
}

enum err json_fill(const json_t *object, const char *at, const struct json_field *rows, int n_rows,
                   void *target, struct why *why) {
    if (!json_is_object(object))
        return why_set(why, ERR_INVALID, at, "must be an object");
    TRY(refuse_unknown(object, at, rows, n_rows, why));
    for (int i = 0; i < n_rows; i++) {
        struct place p = {&rows[i], at, why};
        json_t *value = json_object_get(object, rows[i].name);
        bool given = value && !json_is_null(value);
        if (!given && rows[i].required)
            return refuse(&p, "is required");
        if (given)
            TRY(fillers[rows[i].kind](&p, value, (char *)target + rows[i].offset));
    }
    return OK;
}

static void put_escaped(struct buf *b, unsigned char c) {
    static const char special[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    const char *at = c ? strchr(special, c) : NULL;
    if (at)
        buf_addf(b, "\\%c", letters[at - special]);
    else
        buf_addf(b, "\\u%04x", c);
}

static const bool escaped[256] = {[0 ... 0x1F] = true, ['"'] = true, ['\\'] = true};

static bool must_escape(char c) { return escaped[(unsigned char)c]; }

/* Runs of bytes that need no escape are copied whole. */
static void put_with_escapes(struct buf *b, const char *s, size_t n) {
    size_t done = 0;
    buf_addc(b, '"');
    for (size_t i = 0; i < n; i++) {
        if (!must_escape(s[i]))
            continue;
        buf_add(b, s + done, i - done);
        done = i + 1;
        put_escaped(b, (unsigned char)s[i]);
    }
    buf_add(b, s + done, n - done);
    buf_addc(b, '"');
}

/* What is left over is looked at again with bytes before it: no loop over single bytes. */
static bool is_short_clean(const char *s, size_t n) {
    uint32_t first, last;
    if (n < 4)
        return n == 0 || !(must_escape(s[0]) || must_escape(s[n / 2]) || must_escape(s[n - 1]));
    memcpy(&first, s, sizeof first);
    memcpy(&last, s + n - 4, sizeof last);
    return !eight_has_special((uint64_t)last << 32 | first);
}

static bool is_clean(const char *s, size_t n) {
    if (n < 8)
        return is_short_clean(s, n);
    for (size_t i = 0; i + 8 < n; i += 8)
        if (eight_has_special(eight_at(s + i)))
            return false;
    return !eight_has_special(eight_at(s + n - 8));
}

void json_put_string_n(struct buf *b, const char *s, size_t n) {
    char *to = is_clean(s, n) ? buf_room(b, n + 2) : NULL;
    if (!to) {
        put_with_escapes(b, s, n);
        return;
    }
    to[0] = '"';
    memcpy(to + 1, s, n);
    to[n + 1] = '"';
    to[n + 2] = '\0';
    b->len += n + 2;
}

void json_put_string(struct buf *b, const char *s) {
    if (s)
        json_put_string_n(b, s, strlen(s));
    else
        buf_adds(b, "null");
}

void json_put_time(struct buf *b, int64_t wall_ms) {
    char text[CLOCK_RFC3339_MAX];
    json_put_string(b, wall_ms ? clock_rfc3339(wall_ms, text) : NULL);
}

/* printf and strtod agree on the locale's decimal point, whatever it is; JSON has only one. */
static void real_text(double v, char out[REAL_TEXT_MAX]) {
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, REAL_TEXT_MAX, "%.*g", digits, v);
        if (strtod(out, NULL) == v)
            break;
    }
    size_t n = strspn(out, "-0123456789e+");
    size_t point = strcspn(out + n, "0123456789");
    if (out[n] == '\0')
        return;
    out[n] = '.';
    memmove(out + n + 1, out + n + point, strlen(out + n + point) + 1);
}

/* Most reals have few decimals: digits without the detour over printf. A decimal of at most 15
 * digits is the shortest text of the double next to it. */
#define DECIMAL_UNIT 10000
static bool put_short_real(struct buf *b, double v) {
    if (!(fabs(v) < 1e9) || (v <= 0 && signbit(v)))
        return false;
    int64_t scaled = (int64_t)(v * DECIMAL_UNIT + 0.5);
    double back = (double)scaled / DECIMAL_UNIT;
    if (back < v || back > v)
        return false;
    buf_add_int(b, scaled / DECIMAL_UNIT);
    int64_t rest = scaled % DECIMAL_UNIT;
    if (!rest)
        return true;
    buf_addc(b, '.');
    for (int64_t unit = DECIMAL_UNIT / 10; rest; rest %= unit, unit /= 10)
        buf_addc(b, (char)('0' + rest / unit));
    return true;
}

void json_put_real(struct buf *b, double v) {
    char text[REAL_TEXT_MAX] = "null";
    if (put_short_real(b, v))
        return;
    if (isfinite(v))
        real_text(v, text);
    buf_adds(b, text);
}

/* Whether something stands before that a comma must part from what follows. */
static bool wants_comma(const struct buf *b) {
    return b->len && b->p[b->len - 1] != '[' && b->p[b->len - 1] != '{';
}

void json_put_item(struct buf *b) {
    if (wants_comma(b))
        buf_addc(b, ',');
}

void json_put_word_n(struct buf *b, const char *name, size_t n) {
    bool comma = wants_comma(b);
    char *to = buf_room(b, n + 3 + comma);
    if (!to)
        return;
    if (comma)
        *to++ = ',';
    *to++ = '"';
    memcpy(to, name, n);
    memcpy(to + n, "\":", 3); /* and the NUL */
    b->len += n + 3 + comma;
}

void json_put_key_n(struct buf *b, const char *name, size_t n) {
    if (is_clean(name, n)) {
        json_put_word_n(b, name, n);
        return;
    }
    json_put_item(b);
    put_with_escapes(b, name, n);
    buf_addc(b, ':');
}

void json_put_truth(struct buf *b, bool v) { buf_adds(b, v ? "true" : "false"); }

static void put_json(struct buf *b, const json_t *j);

static void put_json_object(struct buf *b, const json_t *object) {
    const char *name;
    json_t *value;
    buf_addc(b, '{');
    json_object_foreach(unconst(object), name, value) {
        json_put_key(b, name);
        put_json(b, value);
    }
    buf_addc(b, '}');
}

static void put_json_array(struct buf *b, const json_t *array) {
    buf_addc(b, '[');
    for (size_t i = 0; i < json_array_size(array); i++) {
        json_put_item(b);
        put_json(b, json_array_get(array, i));
    }
    buf_addc(b, ']');
}

static void put_json_string(struct buf *b, const json_t *string) {
    json_put_string_n(b, json_string_value(string), json_string_length(string));
}

static void put_json_integer(struct buf *b, const json_t *integer) {
    buf_add_int(b, json_integer_value(integer));
}

/* A real stays one when it is read back: 1.0, not 1. */
static void put_json_real(struct buf *b, const json_t *real) {
    char text[REAL_TEXT_MAX];
    real_text(json_real_value(real), text);
    buf_adds(b, text);
    if (!strpbrk(text, ".e"))
        buf_adds(b, ".0");
}

static void put_json_word(struct buf *b, const json_t *word) {
    buf_adds(b, json_is_true(word) ? "true" : json_is_false(word) ? "false" : "null");
}

static void (*const putters[])(struct buf *, const json_t *) = {
    [JSON_OBJECT] = put_json_object, [JSON_ARRAY] = put_json_array,
    [JSON_STRING] = put_json_string, [JSON_INTEGER] = put_json_integer,
    [JSON_REAL] = put_json_real,     [JSON_TRUE] = put_json_word,
    [JSON_FALSE] = put_json_word,    [JSON_NULL] = put_json_word,
};

/* Our own and not json_dumps, which writes 0.1 as 0.10000000000000001 before jansson 2.15. */
static void put_json(struct buf *b, const json_t *j) { putters[json_typeof(j)](b, j); }

char *json_text(struct arena *a, const json_t *j) {
    buf_auto b;
    buf_init(&b, TEXT_BYTES_MAX);
    put_json(&b, j);
    if (buf_done(&b) != OK)
        abort();
    return arena_strndup(a, b.p, b.len);
}

void json_put_id(struct buf *b, struct uid u) {
    char text[UID_TEXT_MAX];
    json_put_string(b, uid_is_nil(u) ? NULL : uid_text(u, text));
}
