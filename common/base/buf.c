#include "buf.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAP 256

void buf_init(struct buf *b, size_t max) { *b = (struct buf){.max = max}; }

void buf_fini(struct buf *b) {
    free(b->p);
    *b = (struct buf){.max = b->max};
}

void buf_reset(struct buf *b) {
    b->len = 0;
    b->full = false;
    if (b->p)
        b->p[0] = '\0';
}

/* Makes room for n more bytes and the NUL; false if the maximum forbids it. */
static bool make_room(struct buf *b, size_t n) {
    if (b->full || n > b->max - b->len) {
        b->full = true;
        return false;
    }
    size_t need = b->len + n + 1;
    if (need <= b->cap)
        return true;
    size_t cap = b->cap ? b->cap : FIRST_CAP;
    while (cap < need)
        cap *= 2;
    b->p = realloc(b->p, cap);
    if (!b->p)
        abort();
    b->cap = cap;
    return true;
}

char *buf_room_slow(struct buf *b, size_t n) { return make_room(b, n) ? b->p + b->len : NULL; }

void buf_add(struct buf *b, const void *p, size_t n) {
    char *to = buf_room(b, n);
    if (!to)
        return;
    if (n)
        memcpy(to, p, n);
    to[n] = '\0';
    b->len += n;
}

void buf_add_slow(struct buf *b, char c) { buf_add(b, &c, 1); }

void buf_add_int(struct buf *b, int64_t v) {
    char digits[20];
    char *first = digits + sizeof digits;
    uint64_t rest = v < 0 ? -(uint64_t)v : (uint64_t)v;
    if (rest < 10 && v >= 0) {
        buf_addc(b, (char)('0' + rest));
        return;
    }
    do
        *--first = (char)('0' + rest % 10);
    while (rest /= 10);
    if (v < 0)
        *--first = '-';
    buf_add(b, first, (size_t)(digits + sizeof digits - first));
}

void buf_addf(struct buf *b, const char *fmt, ...) {
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    assert(n >= 0);
    if (make_room(b, (size_t)n)) {
        vsnprintf(b->p + b->len, (size_t)n + 1, fmt, again);
        b->len += (size_t)n;
    }
    va_end(again);
}

enum err buf_done(const struct buf *b) { return b->full ? ERR_TOO_LARGE : OK; }
