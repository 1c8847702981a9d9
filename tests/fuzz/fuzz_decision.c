#include "fuzz.h"

#include "../../common/model/decision.h"

#define RECORD_BYTES_MAX (1 << 20)

/* A record that was read packs to a record that reads and packs to the same bytes. */
static void check_round_trip(struct arena *a, const struct decision *d) {
    buf_auto first;
    buf_auto second;
    buf_auto rendered;
    struct decision again = {0};
    buf_init(&first, RECORD_BYTES_MAX);
    buf_init(&second, RECORD_BYTES_MAX);
    buf_init(&rendered, RECORD_BYTES_MAX);
    decision_render(d, &rendered);
    decision_pack(d, &first);
    fuzz_require(decision_unpack(a, buf_span(&first), &again) == OK);
    decision_pack(&again, &second);
    fuzz_require(span_equal(buf_span(&first), buf_span(&second)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *a = arena_new();
    struct decision d = {0};
    if (decision_unpack(a, (struct span){(const char *)data, size}, &d) == OK)
        check_round_trip(a, &d);
    arena_free(a);
    return 0;
}
