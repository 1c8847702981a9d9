#include "fuzz.h"

#include "../../common/codec/json_lenient.h"

/* What the strict reader takes, the lenient one takes too, and says the same; what it gives can be
 * written and read back strictly. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *a = arena_new();
    struct span raw = {(const char *)data, size};
    json_auto lenient = NULL;
    json_auto strict = NULL;
    json_auto back = NULL;
    enum err e = json_lenient(raw, &lenient);
    if (json_load_limited(raw, JSON_LENIENT_NODES_MAX, &strict, NULL) == OK)
        fuzz_require(e == OK);
    if (e == OK && json_load_limited(span_of(json_text(a, lenient)), INT64_MAX, &back, NULL) == OK)
        fuzz_require(json_equal(lenient, back));
    arena_free(a);
    return 0;
}
