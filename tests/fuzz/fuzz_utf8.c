#include "fuzz.h"

#include "../../common/codec/utf8.h"

/* Walking and writing what was called valid gives the same bytes again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *a = arena_new();
    const char *s = fuzz_text(a, data, size);
    char *copy = arena_alloc(a, strlen(s) + 4), *out = copy;
    size_t count = 0;
    uint32_t cp;
    for (int n; (n = utf8_next(s + (out - copy), &cp)) != 0; count++) {
        fuzz_require((unsigned)utf8_script(cp) <= UTF8_EMOJI);
        fuzz_require(utf8_fold(utf8_fold(cp)) == utf8_fold(cp));
        out += utf8_put(cp, out);
    }
    *out = '\0';
    fuzz_require(strcmp(s, copy) == 0 && utf8_count(s) == count);
    fuzz_require(utf8_truncate(s, count) == strlen(s));
    fuzz_require(utf8_valid(s, utf8_truncate(s, count / 2)));
    arena_free(a);
    return 0;
}
