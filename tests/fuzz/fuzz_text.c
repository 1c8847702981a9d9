#include "fuzz.h"

#include "../../common/codec/text.h"

#define TOKENS_MAX 64

static void check_tokens(struct arena *a, const char *s) {
    struct text_tokens t = text_tokens(a, s, TOKENS_MAX);
    int end = 0, length = (int)utf8_count(s);
    fuzz_require(t.n <= TOKENS_MAX);
    for (int i = 0; i < t.n; i++) {
        fuzz_require(t.items[i].start >= end && t.items[i].start < t.items[i].end);
        fuzz_require(utf8_valid(t.items[i].fold, strlen(t.items[i].fold)) && *t.items[i].fold);
        end = t.items[i].end;
    }
    fuzz_require(end <= length);
}

/* Folding twice changes nothing more, so that index and query meet. */
static void check_fold(struct arena *a, const char *s) {
    const char *fold = text_fold(a, s);
    fuzz_require(utf8_valid(fold, strlen(fold)));
    fuzz_require(strcmp(fold, text_fold(a, fold)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *a = arena_new();
    const char *s = fuzz_text(a, data, size), **terms;
    check_tokens(a, s);
    check_fold(a, s);
    fuzz_require(text_search_terms(a, s, TOKENS_MAX, &terms) <= TOKENS_MAX);
    arena_free(a);
    return 0;
}
