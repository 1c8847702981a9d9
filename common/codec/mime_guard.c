#include "mime_guard.h"

#include <string.h>
#include <strings.h>

#include "../base/buf.h"
#include "text.h"

#define TABLE_SIZE 4096 /* a power of two, and sparse */
#define FIELD_MAX 8192
#define BOUNDARY_BYTES_MAX 512

/* ---- the header ---- */

/* Old Macs end lines with CR alone. */
static struct span newlines(struct arena *a, struct span bytes) {
    if (!bytes.n || memchr(bytes.p, '\n', bytes.n) || !memchr(bytes.p, '\r', bytes.n))
        return bytes;
    char *copy = arena_copy(a, bytes.p, bytes.n);
    for (char *cr = copy; (cr = memchr(cr, '\r', bytes.n - (size_t)(cr - copy)));)
        *cr = '\n';
    return (struct span){copy, bytes.n};
}

static void put_field(struct arena *a, const struct mime_head *head, const char *name,
                      struct buf *out) {
    const char *value = mime_head_plain(a, head, name);
    if (value && strlen(value) < FIELD_MAX)
        buf_addf(out, "%s: %s\n", name, value);
}

/* ---- how many parts ---- */

struct boundaries {
    uint64_t table[TABLE_SIZE]; /* 0: free */
    int n;
};

static uint64_t *slot(struct boundaries *b, const char *p, size_t n) {
    uint64_t h = text_hash(p, n, 1) | 1;
    size_t at = h & (TABLE_SIZE - 1);
    while (b->table[at] && b->table[at] != h)
        at = (at + 1) & (TABLE_SIZE - 1);
    return &b->table[at];
}

static void declare(struct boundaries *b, struct span rest) {
    while (rest.n && strchr(" \t", *rest.p))
        rest.p++, rest.n--;
    char quote = rest.n && *rest.p == '"' ? '"' : '\0';
    size_t from = quote ? 1 : 0, n = from;
    while (n < rest.n && n < BOUNDARY_BYTES_MAX && rest.p[n] != '\n' &&
           (quote ? rest.p[n] != quote : !strchr("; \t\r", rest.p[n])))
        n++;
    uint64_t *at = slot(b, rest.p + from, n - from);
    if (*at || b->n > MIME_PARTS_MAX)
        return;
    *at = text_hash(rest.p + from, n - from, 1) | 1;
    b->n++;
}

/* Every `boundary=` anywhere: more than there are does no harm. */
static void find_declared(struct boundaries *b, struct span s) {
    const char *end = s.p + s.n;
    for (const char *at = s.p; at < end && (at = memchr(at, '=', (size_t)(end - at))); at++) {
        const char *word = at;
        while (word > s.p && word[-1] == ' ')
            word--;
        if (word - s.p >= 8 && !strncasecmp(word - 8, "boundary", 8))
            declare(b, (struct span){at + 1, (size_t)(end - at - 1)});
    }
}

static size_t line_length(const char *p, const char *end) {
    const char *newline = memchr(p, '\n', (size_t)(end - p));
    size_t n = newline ? (size_t)(newline - p) : (size_t)(end - p);
    while (n && strchr(" \t\r", p[n - 1]))
        n--;
    return n;
}

static bool declared(struct boundaries *b, const char *p, size_t n) {
    if (n > BOUNDARY_BYTES_MAX)
        return false;
    return *slot(b, p, n) || (n > 2 && !memcmp(p + n - 2, "--", 2) && *slot(b, p, n - 2));
}

/* The length before the part that is one too many. Nested messages count as parts. */
static size_t bounded(struct arena *a, struct span s) {
    struct boundaries *b = ARENA_NEW(a, struct boundaries);
    const char *end = s.p + s.n, *at = s.p;
    int parts = 0;
    find_declared(b, s);
    while (at < end) {
        size_t n = line_length(at, end);
        bool part = n > 2 && at[0] == '-' && at[1] == '-' && declared(b, at + 2, n - 2);
        bool message = n > 20 && (*at | 0x20) == 'c' && !strncasecmp(at, "content-type:", 13) &&
                       memmem(at, n, "essage/", 7);
        parts += part || message;
        if (parts > MIME_PARTS_MAX)
            return (size_t)(at - s.p);
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        at = newline ? newline + 1 : end;
    }
    return s.n;
}

struct span mime_guard(struct arena *a, struct span bytes, struct mime_head *head,
                       bool *truncated) {
    bytes = newlines(a, bytes);
    size_t body = mime_head_parse(a, bytes, head);
    buf_auto b;
    buf_init(&b, bytes.n + 4 * FIELD_MAX);
    const char *type = mime_head_plain(a, head, "Content-Type");
    if (type && strchr(type, '/')) /* else it says nothing: plain text (RFC 2045 5.2) */
        put_field(a, head, "Content-Type", &b);
    put_field(a, head, "Content-Transfer-Encoding", &b);
    put_field(a, head, "Content-Disposition", &b);
    if (!b.len)
        buf_adds(&b, "Content-Type: text/plain\n");
    buf_addc(&b, '\n');
    if (bytes.n)
        buf_add(&b, bytes.p + body, bytes.n - body);
    struct span all = buf_span(&b);
    size_t n = bounded(a, all);
    *truncated = n < all.n;
    return (struct span){arena_copy(a, all.p, n), n};
}

struct span mime_guard_until(struct span bytes, const char *const *boundaries, int n) {
    const char *end = bytes.p + bytes.n, *at = bytes.p;
    while (n && (at = memmem(at, (size_t)(end - at), "\n--", 3))) {
        for (int i = 0; i < n; i++) {
            size_t size = strlen(boundaries[i]);
            if ((size_t)(end - at) >= size + 3 && !memcmp(at + 3, boundaries[i], size))
                return (struct span){bytes.p,
                                     (size_t)(at - bytes.p) - (at > bytes.p && at[-1] == '\r')};
        }
        at += 3;
    }
    return bytes;
}
