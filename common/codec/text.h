/*
 * text: normalise, fold and cut text into tokens; shared by nlu and bot so that they need not meet.
 *
 * Folding is per code point, so every token knows where it stood: spans are code points of the
 * original. Latin words are runs of letters and digits (with inner apostrophes); Han, Kana and
 * Hangul give one token per character (callers that want bigrams join neighbours).
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "../base/arena.h"

struct text_token {
    const char *fold; /* lower-cased, accents kept, NUL-terminated, in the arena */
    int start, end;   /* code points of the original text, end exclusive */
    bool ideograph;   /* one Han/Kana/Hangul character */
    bool upper;       /* more than one letter, all upper case in the original */
};
struct text_tokens {
    struct text_token *items;
    int n;
};

/* Cuts a valid, NUL-terminated string; at most max tokens (the rest is left out). */
struct text_tokens text_tokens(struct arena *a, const char *s, int max);
char *text_fold(struct arena *a, const char *s); /* whole string folded, white space collapsed */
/* Tokens for search: folded words, and bigrams for ideographs. For index and query alike. */
int text_search_terms(struct arena *a, const char *s, int max, const char ***terms);
uint64_t text_hash(const void *p, size_t n, uint64_t seed); /* stable over versions: it is stored */
