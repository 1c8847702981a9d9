#include "fuzz.h"

#include "../../common/channel/connector.h"

/* First byte: low half of the status; first line: Retry-After; the rest is the peer's answer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *a = arena_new();
    struct span rest = {(const char *)data, size};
    struct span line = fuzz_line(&rest);
    struct wire_header h = {"Retry-After", arena_strndup(a, line.p, line.n)};
    struct wire_response response = {line.n ? 200 + (unsigned char)line.p[0] : 0, &h, 1, rest};
    struct channel_receipt r;
    connector_channel.outcome(a, &response, INT64_C(1795255200000), &r);
    fuzz_require(utf8_valid(r.external_id, strlen(r.external_id)) && r.retry_after_ms >= -1);
    fuzz_require((r.outcome == CHANNEL_ACCEPTED) == (*r.error == '\0'));
    fuzz_require(r.outcome == CHANNEL_ACCEPTED || *r.external_id == '\0');
    arena_free(a);
    return 0;
}
