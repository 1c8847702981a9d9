#include "fuzz.h"

#include <string.h>

#include "../../common/codec/quote.h"

/* First byte: whether it is said to be a forward. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *a = arena_new();
    const char *text = fuzz_text(a, data + (size > 0), size - (size > 0));
    struct quote q = quote_read(a, text, size && *data & 1);
    fuzz_require(utf8_valid(q.now.p, q.now.n) && utf8_valid(q.signature.p, q.signature.n));
    fuzz_require(q.now.n + q.signature.n <= strlen(text));
    fuzz_require(q.now.n || !span_trim(span_of(text)).n);
    arena_free(a);
    return 0;
}
