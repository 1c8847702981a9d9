#include "fuzz.h"

#include "../../common/model/conversation.h"

#define STATE_BYTES_MAX (1 << 20)

/* A state that was read can be saved, and is the same when it is read again. */
static void check_round_trip(struct arena *a, const struct conversation *c) {
    buf_auto first;
    buf_auto second;
    struct conversation again = {0};
    buf_init(&first, STATE_BYTES_MAX);
    buf_init(&second, STATE_BYTES_MAX);
    conversation_render_state(c, &first);
    if (buf_done(&first) != OK)
        return;
    fuzz_require(conversation_parse_state(a, buf_span(&first), &again) == OK);
    conversation_render_state(&again, &second);
    fuzz_require(span_equal(buf_span(&first), buf_span(&second)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *a = arena_new();
    struct conversation c = {0};
    if (conversation_parse_state(a, (struct span){(const char *)data, size}, &c) == OK)
        check_round_trip(a, &c);
    arena_free(a);
    return 0;
}
