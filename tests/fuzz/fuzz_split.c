#include "fuzz.h"

#include "../../common/channel/split.h"

static int units(const char *s, enum channel_unit unit) {
    int n = 0;
    uint32_t cp;
    for (int k; (k = utf8_next(s, &cp)) > 0; s += k)
        n += unit == CHANNEL_BYTES ? k : unit == CHANNEL_UTF16 && cp > 0xFFFF ? 2 : 1;
    return n;
}

/* First byte: the unit and the maximum; the rest is the text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *a = arena_new();
    const char *text = fuzz_text(a, data + (size > 0), size ? size - 1 : 0), *rest = text, **parts;
    enum channel_unit unit = (enum channel_unit)(size ? data[0] % 3 : 0);
    int max = SPLIT_MAX_LEAST + (size ? data[0] / 3 : 0);
    int n = split_text(a, text, max, unit, &parts);
    fuzz_require(n >= 1);
    for (int i = 0; i < n; i++) {
        fuzz_require(utf8_valid(parts[i], strlen(parts[i])) && units(parts[i], unit) <= max);
        const char *at = strstr(rest, parts[i]);
        fuzz_require(at != NULL);
        rest = at + strlen(parts[i]);
    }
    arena_free(a);
    return 0;
}
