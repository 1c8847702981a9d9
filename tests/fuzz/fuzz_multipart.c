#include "fuzz.h"

#include <string.h>

#include "../../common/codec/multipart.h"

static void inside(struct span whole, struct span part) {
    fuzz_require(part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

/* First line: the content type; the rest is the body. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *a = arena_new();
    struct span rest = {(const char *)data, size};
    struct span line = fuzz_line(&rest);
    const char *type = fuzz_text(a, (const uint8_t *)line.p, line.n);
    struct multipart_part *parts;
    int n;
    if (!rest.p)
        rest = (struct span){"", 0};
    if (multipart_parse(a, type, rest, &parts, &n) == OK)
        for (int i = 0; i < n; i++) {
            const char *file = parts[i].filename ? parts[i].filename : "";
            inside(rest, parts[i].bytes);
            fuzz_require(utf8_valid(parts[i].name, strlen(parts[i].name)));
            fuzz_require(utf8_valid(file, strlen(file)));
        }
    arena_free(a);
    return 0;
}
