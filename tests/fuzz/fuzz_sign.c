#include "fuzz.h"

#include "../../common/codec/sign.h"

#define NOW_S 1795255200

/* Lines: secret, id, timestamp, signature; the rest is the body. No foreign signature is ours
 * (nobody guesses an HMAC), and ours is always taken. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *a = arena_new();
    struct span rest = {(const char *)data, size}, part[4];
    const char *text[4];
    struct wire_header ours[3];
    for (int i = 0; i < 4; i++) {
        part[i] = fuzz_line(&rest);
        text[i] = arena_strndup(a, part[i].p, part[i].n);
    }
    const struct wire_header theirs[] = {
        {"webhook-id", text[1]}, {"webhook-timestamp", text[2]}, {"webhook-signature", text[3]}};
    fuzz_require(sign_verify(a, text[0], theirs, 3, NOW_S, rest) == ERR_DENIED);
    if (sign_headers(a, text[0], text[1], NOW_S, rest, ours) == OK) {
        fuzz_require(sign_verify(a, text[0], ours, 3, NOW_S, rest) == OK);
        fuzz_require(sign_verify(a, text[0], ours, 3, NOW_S + 301, rest) == ERR_DENIED);
    }
    arena_free(a);
    return 0;
}
