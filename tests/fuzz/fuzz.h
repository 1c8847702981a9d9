/* fuzz: what the fuzz targets share: one input is one arena, and a property that does not hold
 * aborts. A target is named after the file it reads bytes with. */
#pragma once
#include <stdint.h>
#include <stdlib.h>

#include "../../common/base/arena.h"
#include "../../common/base/span.h"
#include "../../common/codec/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void fuzz_require(bool holds) {
    if (!holds)
        abort();
}

/* Our strings are valid UTF-8 without NUL, checked once at the edge: other bytes end at the first
 * fault. */
static inline char *fuzz_text(struct arena *a, const uint8_t *data, size_t size) {
    const char *bytes = (const char *)data;
    size_t n = strnlen(size ? bytes : "", size);
    while (n && !utf8_valid(bytes, n))
        n--;
    return arena_strndup(a, n ? bytes : "", n);
}

/* The part before the first newline off the front, for targets that take several values. */
static inline struct span fuzz_line(struct span *rest) {
    struct span line = {"", 0};
    span_split(rest, '\n', &line);
    return line;
}
