/*
 * buf: a growing byte buffer whose maximum is a constructor argument.
 *
 * The first write past the maximum makes the buffer `full`: it and every later write are dropped,
 * and buf_done() says ERR_TOO_LARGE. So a renderer may write freely and check once. What it holds
 * is always NUL-terminated behind len. Not thread-safe.
 */
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "err.h"
#include "span.h"

struct buf {
    char *p;
    size_t len, cap, max;
    bool full;
};

void buf_init(struct buf *b, size_t max);
void buf_fini(struct buf *b);
void buf_reset(struct buf *b); /* keeps the memory */
void buf_add(struct buf *b, const void *p, size_t n);
void buf_add_int(struct buf *b, int64_t v); /* decimal digits */
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
MUST_CHECK enum err buf_done(const struct buf *b); /* OK or ERR_TOO_LARGE */

void buf_add_slow(struct buf *b, char c); /* what buf_addc does when there is no room yet */

char *buf_room_slow(struct buf *b, size_t n);

/* Inline: renderers come here for every second byte, and the length of a literal is known. */
static inline void buf_addc(struct buf *b, char c) {
    if (b->full || b->len + 2 > b->cap || b->len == b->max) {
        buf_add_slow(b, c);
        return;
    }
    b->p[b->len++] = c;
    b->p[b->len] = '\0';
}

static inline void buf_adds(struct buf *b, const char *s) { buf_add(b, s, strlen(s)); }

/* Room for n bytes and a NUL, which the caller writes before he adds n to len; NULL if the maximum
 * forbids. */
static inline char *buf_room(struct buf *b, size_t n) {
    bool there = !b->full && n <= b->max - b->len && b->len + n < b->cap;
    if (there && !b->p)
        __builtin_unreachable(); /* what has a cap has memory */
    return there ? b->p + b->len : buf_room_slow(b, n);
}

static inline struct span buf_span(const struct buf *b) {
    return (struct span){b->p ? b->p : "", b->len};
}

/* Frees at the end of the scope. */
#define buf_auto __attribute__((cleanup(buf_fini))) struct buf
