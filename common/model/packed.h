/*
 * packed: the small bytes of a stored record: varints, floats, and texts that are written once and
 * then referred to. It knows no record; the order of the calls is the format, equal for writer and
 * reader.
 *
 * A text is a length and its bytes, or one byte that names a well-known word (packed_words, append
 * only) or a text that was written before (the pool). NULL and "" are kept apart. Reading never
 * trusts the bytes.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "../base/arena.h"
#include "../base/buf.h"
#include "../base/span.h"

#define PACKED_POOL_MAX 62

/* Texts seen so far; zero it before the first call. Borrows. A text past the maximum is not
 * remembered. */
struct packed_pool {
    const char *items[PACKED_POOL_MAX];
    uint8_t tags[PACKED_POOL_MAX];
    int n;
};

void packed_put_byte(struct buf *out, unsigned v);
void packed_put_varint(struct buf *out, uint64_t v);
void packed_put_float(struct buf *out, float v);
void packed_put_text(struct buf *out, struct packed_pool *pool, const char *s);
/* Remembers a text that stands elsewhere in the record; writer and reader alike, in one order. */
void packed_remember(struct packed_pool *pool, const char *s);

MUST_CHECK enum err packed_take_byte(struct span *in, unsigned *v);
MUST_CHECK enum err packed_take_varint(struct span *in, uint64_t *v);
MUST_CHECK enum err packed_take_float(struct span *in, float *v);
/* *s lives in the arena, the pool or the table of words; NULL if NULL was written. */
MUST_CHECK enum err packed_take_text(struct arena *a, struct span *in, struct packed_pool *pool,
                                     const char **s);
