#include "fuzz.h"

#include "../../common/codec/wire.h"

#define NOW_MS INT64_C(1795255200000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *a = arena_new();
    struct wire_header h = {"retry-AFTER", fuzz_text(a, data, size)};
    fuzz_require(wire_retry_after_ms(&h, 1, NOW_MS) >= -1);
    fuzz_require(wire_retry_after_ms(&h, 0, NOW_MS) == -1);
    arena_free(a);
    return 0;
}
