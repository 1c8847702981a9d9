#include "fuzz.h"

#include "../../common/base/uid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *a = arena_new();
    struct uid first, second;
    char text[UID_TEXT_MAX];
    if (uid_parse(fuzz_text(a, data, size), &first)) {
        fuzz_require(uid_parse(uid_text(first, text), &second));
        fuzz_require(uid_equal(first, second));
    }
    arena_free(a);
    return 0;
}
