/*
 * signals: the fixed, named vector a judgement looks at, one row each in signal.def, each of which
 * may be unknown. Numbers are floats on purpose: what is stored is exactly what was judged, bit for
 * bit.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "../base/arena.h"
#include "../base/buf.h"
#include "../base/span.h"

enum signal_number {
#define NUMBER(name, help) SIGNAL_##name,
#define TEXT(name, help)
#include "signal.def"
#undef NUMBER
#undef TEXT
    SIGNAL_NUMBERS_
};
enum signal_text {
#define NUMBER(name, help)
#define TEXT(name, help) SIGNAL_##name,
#include "signal.def"
#undef NUMBER
#undef TEXT
    SIGNAL_TEXTS_
};

struct signals {
    float number[SIGNAL_NUMBERS_];
    const char *text[SIGNAL_TEXTS_]; /* NULL: unknown */
    uint64_t known;                  /* bit i: number[i] is known */
};

static inline void signals_set(struct signals *s, enum signal_number n, double v) {
    s->number[n] = (float)v;
    s->known |= UINT64_C(1) << n;
}
static inline bool signals_known(const struct signals *s, enum signal_number n) {
    return s->known >> n & 1;
}
/* Minus zero is not zero: what is stored must be what was judged, bit for bit. */
static inline bool signals_same_bits(float a, float b) {
    uint32_t x, y;
    memcpy(&x, &a, sizeof x);
    memcpy(&y, &b, sizeof y);
    return x == y;
}
const char *signals_number_name(enum signal_number n);
bool signals_find_number(const char *name, enum signal_number *n);
bool signals_find_text(const char *name, enum signal_text *t);

/* Compact bytes: a known number equal to 0 costs one bit. Versioned by length: rows may be
 * appended. */
void signals_pack(const struct signals *s, struct buf *out);
/* Takes the packed bytes off the front of *in. Texts are copied into the arena. */
MUST_CHECK enum err signals_unpack(struct arena *a, struct span *in, struct signals *s);
/* {"confidence":0.9,…,"intent":"…"} with unknown ones left out. */
void signals_render(const struct signals *s, struct buf *out);
/* Shortest digits that read back to the same float; null if not finite. */
void signals_put_float(struct buf *out, float v);
