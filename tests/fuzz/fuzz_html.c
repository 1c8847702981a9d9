#include "fuzz.h"

#include <string.h>

#include "../../common/codec/html.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *a = arena_new();
    const char *text = html_text(a, span_of(fuzz_text(a, data, size)));
    fuzz_require(utf8_valid(text, strlen(text)));
    arena_free(a);
    return 0;
}
