#include "fuzz.h"

#include "../../common/model/signals.h"

#define RECORD_BYTES_MAX (1 << 20)

static void check_round_trip(struct arena *a, const struct signals *s) {
    buf_auto first;
    buf_auto second;
    struct signals again = {0};
    buf_init(&first, RECORD_BYTES_MAX);
    buf_init(&second, RECORD_BYTES_MAX);
    signals_pack(s, &first);
    struct span in = buf_span(&first);
    fuzz_require(signals_unpack(a, &in, &again) == OK && in.n == 0);
    fuzz_require(again.known == s->known);
    signals_pack(&again, &second);
    fuzz_require(span_equal(buf_span(&first), buf_span(&second)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *a = arena_new();
    struct signals s = {0};
    struct span in = {(const char *)data, size};
    if (signals_unpack(a, &in, &s) == OK) {
        fuzz_require(in.n <= size);
        check_round_trip(a, &s);
    }
    arena_free(a);
    return 0;
}
