#include "fuzz.h"

#include "../../common/codec/enc.h"

#define PAIRS_MAX 8

/* What is decoded encodes to exactly what was given: one value, one spelling. */
static void check_base64(struct arena *a, struct span in) {
    struct span out;
    if (enc_unbase64(a, in, &out) == OK)
        fuzz_require(span_equal(span_of(enc_base64(a, out.p, out.n)), in));
    if (enc_unbase64url(a, in, &out) == OK)
        fuzz_require(span_equal(span_of(enc_base64url(a, out.p, out.n)), in));
}

static void check_hex(struct arena *a, struct span in) {
    struct span out;
    fuzz_require(enc_unhex(a, span_of(enc_hex(a, in.p, in.n)), &out) == OK);
    fuzz_require(span_equal(in, out));
    if (enc_unhex(a, in, &out) == OK)
        fuzz_require(out.n == in.n / 2);
}

static void check_form(struct arena *a, struct span in) {
    struct enc_pair *pairs;
    char *text;
    int n;
    if (enc_unpercent(a, in, true, &text) == OK)
        fuzz_require(utf8_valid(text, strlen(text)) && strlen(text) <= in.n);
    if (enc_form(a, in, PAIRS_MAX, &pairs, &n) != OK)
        return;
    fuzz_require(n >= 0 && n <= PAIRS_MAX);
    for (int i = 0; i < n; i++)
        fuzz_require(pairs[i].name && pairs[i].value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *a = arena_new();
    struct span in = {(const char *)data, size};
    check_base64(a, in);
    check_hex(a, in);
    check_form(a, in);
    arena_free(a);
    return 0;
}
