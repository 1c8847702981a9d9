#include "mime_head.h"

#include <string.h>
#include <strings.h>

#include "../base/buf.h"
#include "charset.h"
#include "enc.h"
#include "utf8.h"

#define WORD_MAX 4096
#define FIRST_CAP 32

/* ---- fields ---- */

void mime_head_add(struct arena *a, struct mime_head *head, struct span name, struct span value) {
    if (head->n == MIME_HEAD_FIELDS_MAX)
        return;
    if (head->n == head->cap) {
        int cap = head->cap ? 2 * head->cap : FIRST_CAP;
        struct mime_field *fields = ARENA_ARRAY(a, struct mime_field, cap);
        if (head->n)
            memcpy(fields, head->fields, sizeof *fields * (size_t)head->n);
        head->fields = fields;
        head->cap = cap;
    }
    if (value.n > MIME_HEAD_VALUE_MAX)
        value.n = MIME_HEAD_VALUE_MAX;
    head->fields[head->n++] = (struct mime_field){name, value};
}

static bool take_line(struct span *rest, struct span *line) {
    *line = (struct span){"", 0};
    if (!rest->n)
        return false;
    span_split(rest, '\n', line);
    if (!rest->p)
        *rest = (struct span){"", 0};
    if (line->n && line->p[line->n - 1] == '\r')
        line->n--;
    return true;
}

static bool folded(struct span line) { return line.n && (*line.p == ' ' || *line.p == '\t'); }

/* The length of the name before the colon; 0: not a field. */
static size_t name_length(struct span line) {
    size_t n = 0;
    while (n < line.n && line.p[n] > ' ' && line.p[n] < 127 && line.p[n] != ':')
        n++;
    size_t colon = n;
    while (colon < line.n && (line.p[colon] == ' ' || line.p[colon] == '\t'))
        colon++;
    return colon < line.n && line.p[colon] == ':' ? n : 0;
}

static void add_line(struct arena *a, struct mime_head *head, struct span line) {
    size_t n = name_length(line);
    const char *colon = memchr(line.p + n, ':', line.n - n);
    size_t behind = (size_t)(colon - line.p) + 1;
    mime_head_add(a, head, (struct span){line.p, n},
                  (struct span){line.p + behind, line.n - behind});
}

/* A line that is no field ends the header, unless a field follows it. */
static bool goes_on(struct span rest) {
    struct span line;
    return take_line(&rest, &line) && name_length(line) > 0;
}

/* Lines that may stand before a header: empty ones, a mark of byte order, mbox's "From ". */
static struct span skip_front(struct span bytes) {
    if (bytes.n > 2 && !memcmp(bytes.p, "\xef\xbb\xbf", 3))
        bytes = (struct span){bytes.p + 3, bytes.n - 3};
    struct span rest = bytes, line = {"", 0};
    while (rest.n && (*rest.p == '\r' || *rest.p == '\n'))
        rest.p++, rest.n--;
    struct span from = rest;
    bool mbox = take_line(&rest, &line) && line.n > 5 && !memcmp(line.p, "From ", 5);
    bool quoted = line.n > 6 && !memcmp(line.p, ">From ", 6);
    return mbox || quoted ? rest : from;
}

/* The rest of the field before it: a line that is folded. */
static void unfold(struct mime_head *head, struct span line) {
    struct mime_field *f = &head->fields[head->n - 1];
    size_t n = (size_t)(line.p + line.n - f->raw.p);
    f->raw.n = n < MIME_HEAD_VALUE_MAX ? n : f->raw.n;
}

/* False: the line is none of a header's, and the header ends before it. */
static bool take_header(struct arena *a, struct mime_head *head, struct span line, struct span rest,
                        bool *field) {
    bool more = folded(line);
    if (more && *field)
        unfold(head, line);
    if (more)
        return true;
    *field = name_length(line) > 0;
    if (*field)
        add_line(a, head, line);
    return *field || (head->n && goes_on(rest));
}

size_t mime_head_parse(struct arena *a, struct span bytes, struct mime_head *out) {
    struct span rest = skip_front(bytes), from = rest, line;
    bool field = false; /* the line before was one: what is folded belongs to it */
    *out = (struct mime_head){NULL, 0, 0};
    for (; take_line(&rest, &line) && line.n; from = rest)
        if (!take_header(a, out, line, rest, &field))
            return out->n ? (size_t)(from.p - bytes.p) : 0;
    return out->n ? (size_t)(bytes.n - rest.n) : 0;
}

/* ---- values ---- */

/* Control characters become spaces, runs of them one; trimmed. In place. */
static char *tidy(char *s) {
    char *to = s;
    for (const char *at = s; *at; at++) {
        unsigned char c = (unsigned char)*at;
        bool space = c <= ' ' || c == 127;
        bool c1 = c == 0xc2 && (unsigned char)at[1] >= 0x80 && (unsigned char)at[1] < 0xa0;
        at += c1;
        if (!space && !c1)
            *to++ = (char)c;
        else if (to > s && to[-1] != ' ')
            *to++ = ' ';
    }
    while (to > s && to[-1] == ' ')
        to--;
    *to = '\0';
    return s;
}

static const struct mime_field *next(const struct mime_head *head, const char *name, int *at) {
    size_t n = strlen(name);
    while (*at < head->n) {
        const struct mime_field *f = &head->fields[(*at)++];
        if (f->name.n == n && !strncasecmp(f->name.p, name, n))
            return f;
    }
    return NULL;
}

int mime_head_all(struct arena *a, const struct mime_head *head, const char *name, const char **out,
                  int max) {
    const struct mime_field *f;
    int at = 0, n = 0;
    while (n < max && (f = next(head, name, &at)))
        out[n++] = tidy(charset_guess(a, f->raw));
    return n;
}

int mime_head_count(const struct mime_head *head, const char *name) {
    int at = 0, n = 0;
    while (next(head, name, &at))
        n++;
    return n;
}

char *mime_head_plain(struct arena *a, const struct mime_head *head, const char *name) {
    int at = 0;
    const struct mime_field *f = next(head, name, &at);
    return f ? tidy(charset_guess(a, f->raw)) : NULL;
}

char *mime_head_text(struct arena *a, const struct mime_head *head, const char *name) {
    int at = 0;
    const struct mime_field *f = next(head, name, &at);
    return f ? mime_head_decode(a, f->raw) : NULL;
}

/* ---- encoded words ---- */

struct word {
    struct span charset, text;
    char how; /* b or q */
    size_t size;
};

/* =?charset?q?text?= at the front; the language behind a star (RFC 2231) is dropped. */
static bool take_word(struct span s, struct word *w) {
    struct span rest = {s.p + 2, s.n - 2}, how;
    if (s.n < 9 || s.p[0] != '=' || s.p[1] != '?' || !span_split(&rest, '?', &w->charset) ||
        !rest.p || !span_split(&rest, '?', &how) || !rest.p || how.n != 1)
        return false;
    w->how = (char)(*how.p | 0x20);
    struct span room = {rest.p, rest.n < WORD_MAX ? rest.n : WORD_MAX};
    const char *end = room.n ? memmem(room.p, room.n, "?=", 2) : NULL;
    if (end == room.p && room.n > 3 && !memcmp(room.p, "?=", 2) && room.p[2] == '=')
        end = NULL;
    if (!end || !w->charset.n || (w->how != 'b' && w->how != 'q') ||
        memchr(w->charset.p, ' ', w->charset.n))
        return false;
    const char *star = memchr(w->charset.p, '*', w->charset.n);
    if (star)
        w->charset.n = (size_t)(star - w->charset.p);
    w->text = (struct span){rest.p, (size_t)(end - rest.p)};
    w->size = (size_t)(end + 2 - s.p);
    return true;
}

static int hex(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void undo_q(struct span s, struct buf *out) {
    for (size_t i = 0; i < s.n; i++) {
        int high = s.p[i] == '=' && i + 2 < s.n ? hex(s.p[i + 1]) : -1;
        int low = high >= 0 ? hex(s.p[i + 2]) : -1;
        char plain = (char)(s.p[i] == '_' ? ' ' : s.p[i]);
        buf_addc(out, (char)(low >= 0 ? high << 4 | low : plain));
        i += low >= 0 ? 2 : 0;
    }
}

/* Padding may be missing, as it often is where a word was split. */
static void undo_b(struct arena *a, struct span s, struct buf *out) {
    char *clean = arena_alloc(a, s.n + 4);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] > ' ' && s.p[i] != '=')
            clean[n++] = s.p[i];
    while (n % 4 == 1)
        n--;
    while (n % 4)
        clean[n++] = '=';
    struct span bytes = {"", 0};
    if (enc_unbase64(a, (struct span){clean, n}, &bytes) == OK)
        buf_add(out, bytes.p, bytes.n);
    else
        buf_add(out, s.p, s.n);
}

/* Words of one charset that follow each other are one text: a letter may be split between them. */
struct words {
    struct arena *arena;
    struct buf text;  /* of the whole value */
    struct buf bytes; /* of the words read since the charset changed */
    char charset[64];
};

static void flush(struct words *w) {
    struct span bytes = buf_span(&w->bytes);
    if (!bytes.n)
        return;
    buf_adds(&w->text, charset_text(w->arena, w->charset, bytes));
    buf_reset(&w->bytes);
}

static void add_word(struct words *w, const struct word *word) {
    char name[64] = "";
    memcpy(name, word->charset.p, word->charset.n < 63 ? word->charset.n : 63);
    if (strcasecmp(name, w->charset) != 0)
        flush(w);
    memcpy(w->charset, name, sizeof name);
    if (word->how == 'q')
        undo_q(word->text, &w->bytes);
    else
        undo_b(w->arena, word->text, &w->bytes);
}

static size_t blank(const char *p) { return strspn(p, " \t\r\n"); }

char *mime_head_decode(struct arena *a, struct span raw) {
    const char *at = charset_guess(a, raw), *end = at + strlen(at);
    struct words w = {.arena = a};
    struct word word;
    buf_init(&w.text, 8 * MIME_HEAD_VALUE_MAX);
    buf_init(&w.bytes, 2 * MIME_HEAD_VALUE_MAX);
    while (at < end) {
        const char *mark = strstr(at, "=?");
        struct span rest = {mark, mark ? (size_t)(end - mark) : 0};
        bool found = mark && take_word(rest, &word);
        size_t before = mark ? (size_t)(mark - at) + (found ? 0 : 2) : (size_t)(end - at);
        if (!found || !w.bytes.len || blank(at) != before) {
            flush(&w);
            buf_add(&w.text, at, before);
        }
        at += before;
        if (found) {
            add_word(&w, &word);
            at += word.size;
        }
    }
    flush(&w);
    struct span text = buf_span(&w.text);
    char *out = tidy(arena_strndup(a, text.p, text.n));
    buf_fini(&w.text);
    buf_fini(&w.bytes);
    return out;
}
