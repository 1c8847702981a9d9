#include "../../common/channel/sendgrid.h"
#include "fuzz_mails.h"

/* A form with the boundary b, or what is urlencoded if it does not begin with a dash. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *a = arena_new();
    bool parts = size && *data == '-';
    struct wire_header type = {"Content-Type", parts ? "multipart/form-data; boundary=b"
                                                     : "application/x-www-form-urlencoded"};
    struct wire_request q = {"POST", "/", &type, 1, {size ? (const char *)data : "", size}};
    fuzz_mails(&sendgrid_channel, a, &q);
    arena_free(a);
    return 0;
}
