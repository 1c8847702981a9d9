/*
 * enc: base64, base64url, hex, percent-encoding and forms. Strict: what is not exactly the encoding
 * is ERR_MALFORMED (OpenSSL's own decoder pads with zeros and ignores a tail). Results in the
 * arena. Not for text that only looks encoded: nothing is guessed.
 */
#pragma once
#include <stdint.h>

#include "../base/arena.h"
#include "../base/span.h"

char *enc_hex(struct arena *a, const void *p, size_t n);
MUST_CHECK enum err enc_unhex(struct arena *a, struct span text, struct span *out);
char *enc_base64(struct arena *a, const void *p, size_t n);
MUST_CHECK enum err enc_unbase64(struct arena *a, struct span text, struct span *out);
char *enc_base64url(struct arena *a, const void *p, size_t n); /* no padding */
MUST_CHECK enum err enc_unbase64url(struct arena *a, struct span text, struct span *out);
/* %XX; plus_is_space for queries and forms. ERR_MALFORMED on a broken escape, NUL in either form,
 * or invalid UTF-8. */
MUST_CHECK enum err enc_unpercent(struct arena *a, struct span text, bool plus_is_space,
                                  char **out);

struct enc_pair {
    const char *name, *value;
};
/* a=b&c=d in order of appearance; at most max pairs, else ERR_TOO_LARGE. A name without '=' has the
 * empty value; empty parts are passed over. */
MUST_CHECK enum err enc_form(struct arena *a, struct span text, int max, struct enc_pair **pairs,
                             int *n);
