/* span: borrowed raw bytes that need not end in NUL. Header only; owns nothing. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct span {
    const char *p;
    size_t n;
};

static inline struct span span_of(const char *s) { return (struct span){s, s ? strlen(s) : 0}; }

static inline bool span_equal(struct span a, struct span b) {
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool span_is(struct span a, const char *s) { return span_equal(a, span_of(s)); }

/* Drops spaces, tabs, CR and LF at both ends. */
static inline struct span span_trim(struct span s) {
    while (s.n && strchr(" \t\r\n", s.p[0]))
        s.p++, s.n--;
    while (s.n && strchr(" \t\r\n", s.p[s.n - 1]))
        s.n--;
    return s;
}

/* Takes the part before the first sep off *rest; false when *rest is used up. */
static inline bool span_split(struct span *rest, char sep, struct span *part) {
    if (!rest->p)
        return false;
    const char *at = rest->n ? memchr(rest->p, sep, rest->n) : NULL;
    if (!at) {
        *part = *rest;
        *rest = (struct span){NULL, 0};
        return true;
    }
    *part = (struct span){rest->p, (size_t)(at - rest->p)};
    rest->n -= part->n + 1;
    rest->p = at + 1;
    return true;
}
