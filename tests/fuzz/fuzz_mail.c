#include "../../common/channel/email_raw.h"
#include "fuzz_mails.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *a = arena_new();
    struct wire_request q = {"POST", "/", NULL, 0, {size ? (const char *)data : "", size}};
    fuzz_mails(&email_raw_channel, a, &q);
    arena_free(a);
    return 0;
}
