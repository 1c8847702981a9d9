/*
 * eight: eight bytes of text at a time, in one register. What each function says about the bytes is
 * exact; the byte order does not matter. Reads within the bounds it is given.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define EIGHT(byte) (UINT64_C(0x0101010101010101) * (byte))

static inline uint64_t eight_at(const char *s) {
    uint64_t w;
    memcpy(&w, s, sizeof w);
    return w;
}

static inline bool eight_has(uint64_t w, unsigned char byte) {
    uint64_t zero = w ^ EIGHT(byte);
    return (zero - EIGHT(1)) & ~zero & EIGHT(0x80);
}

/* A control character, a quotation mark or a backslash: what JSON text escapes. */
static inline bool eight_has_special(uint64_t w) {
    bool control = (w - EIGHT(0x20)) & ~w & EIGHT(0x80);
    return control || eight_has(w, '"') || eight_has(w, '\\');
}

/* Bytes that begin a code point of UTF-8: all but 10xxxxxx. */
static inline int eight_begin(uint64_t w) {
    return 8 - __builtin_popcountll(w >> 7 & ~(w >> 6) & EIGHT(1));
}
