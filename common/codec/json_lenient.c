#include "json_lenient.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json_plain.h"
#include "utf8.h"

#define REPLACEMENT "\xEF\xBF\xBD"
#define DIGITS_SAFE 18 /* any such whole number fits into 64 bits */
#define NUMBER_MAX 400 /* characters; a double never needs more */
#define GROWTH 6       /* a control character becomes \u00xx */

/* One walk over the raw bytes that copies what is good and mends what is not. */
struct mend {
    const char *at, *end;
    struct buf out;
    int depth;
    int64_t nodes;
};

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The unit that \uXXXX at p stands for; -1 if there is none. */
static int unit_at(const char *p, const char *end) {
    int unit = 0;
    if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
        return -1;
    for (int i = 2; i < 6; i++) {
        int digit = hex_digit(p[i]);
        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

static bool is_high(int unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
static bool is_low(int unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

static void copy(struct mend *m, ptrdiff_t n) {
    buf_add(&m->out, m->at, (size_t)n);
    m->at += n;
}

static void mend_escape(struct mend *m) {
    int unit = unit_at(m->at, m->end);
    if (unit < 0) {
        copy(m, m->end - m->at < 2 ? 1 : 2);
    } else if (is_high(unit) && is_low(unit_at(m->at + 6, m->end))) {
        copy(m, 12);
    } else if (unit == 0) {
        m->at += 6;
    } else if (is_high(unit) || is_low(unit)) {
        buf_adds(&m->out, REPLACEMENT);
        m->at += 6;
    } else {
        copy(m, 6);
    }
}

static void mend_high_byte(struct mend *m) {
    unsigned char lead = (unsigned char)*m->at;
    ptrdiff_t n = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (m->end - m->at >= n && utf8_valid(m->at, (size_t)n)) {
        copy(m, n);
        return;
    }
    buf_adds(&m->out, REPLACEMENT);
    m->at++;
}

static void mend_control(struct mend *m) {
    if (*m->at)
        buf_addf(&m->out, "\\u%04x", (unsigned char)*m->at);
    m->at++;
}

static bool is_plain(char c) {
    return (unsigned char)c >= 0x20 && (unsigned char)c < 0x80 && c != '"' && c != '\\';
}

static void mend_string(struct mend *m) {
    copy(m, 1);
    while (m->at < m->end && *m->at != '"') {
        const char *from = m->at;
        while (from < m->end && is_plain(*from))
            from++;
        copy(m, from - m->at);
        if (m->at == m->end || *m->at == '"')
            continue;
        if (*m->at == '\\')
            mend_escape(m);
        else if ((unsigned char)*m->at < 0x20)
            mend_control(m);
        else
            mend_high_byte(m);
    }
    if (m->at < m->end)
        copy(m, 1);
}

static bool is_in_number(char c) { return c && strchr("+-.0123456789eE", c); }

/* Would jansson refuse it as out of range? */
static bool is_too_big(const char *p, size_t n) {
    char text[NUMBER_MAX + 1];
    size_t sign = *p == '-', digits = 0;
    while (sign + digits < n && p[sign + digits] >= '0' && p[sign + digits] <= '9')
        digits++;
    if (sign + digits == n)
        return digits > DIGITS_SAFE;
    if (n > NUMBER_MAX)
        return true;
    memcpy(text, p, n);
    text[n] = '\0';
    return !isfinite(strtod(text, NULL));
}

static void mend_number(struct mend *m) {
    const char *from = m->at;
    while (from < m->end && is_in_number(*from))
        from++;
    ptrdiff_t n = from - m->at;
    bool quoted = is_too_big(m->at, (size_t)n);
    if (quoted)
        buf_addc(&m->out, '"');
    copy(m, n);
    if (quoted)
        buf_addc(&m->out, '"');
}

static void mend_one(struct mend *m) {
    char c = *m->at;
    bool opens = c == '{' || c == '[', closes = c == '}' || c == ']';
    bool number = c == '-' || (c >= '0' && c <= '9');
    m->nodes += opens || number || c == '"';
    m->depth += opens - closes;
    if (c == '"')
        mend_string(m);
    else if (number)
        mend_number(m);
    else
        copy(m, 1);
}

static enum err mend_all(struct mend *m) {
    while (m->at < m->end) {
        mend_one(m);
        if (m->depth > JSON_LENIENT_DEPTH_MAX || m->nodes > JSON_LENIENT_NODES_MAX)
            return ERR_TOO_LARGE;
    }
    return buf_done(&m->out);
}

static struct span without_mark(struct span raw) {
    bool marked = raw.n >= 3 && memcmp(raw.p, "\xEF\xBB\xBF", 3) == 0;
    return marked ? (struct span){raw.p + 3, raw.n - 3} : raw;
}

enum err json_lenient(struct span raw, json_t **out) {
    json_error_t error;
    raw = without_mark(raw);
    *out = json_plain(raw, JSON_LENIENT_NODES_MAX);
    if (*out)
        return OK;
    struct mend m = {.at = raw.n ? raw.p : ""};
    buf_init(&m.out, raw.n * GROWTH + 1);
    m.end = m.at + raw.n;
    enum err e = mend_all(&m);
    if (e == OK) {
        *out = json_loadb(buf_span(&m.out).p, m.out.len, JSON_DECODE_ANY, &error);
        e = *out ? OK : ERR_MALFORMED;
    }
    buf_fini(&m.out);
    return e;
}
