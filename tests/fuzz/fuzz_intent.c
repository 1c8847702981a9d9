#include "fuzz.h"

#include "../../common/nlu/intent.h"

/* A model is bytes from a table or a file: whatever they are, opening and asking stay within them.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct intent_model *m = NULL;
    if (intent_open((struct span){(const char *)data, size}, &m) == OK) {
        struct arena *a = arena_new();
        struct intent_guess g;
        intent_guess(a, m, "where is my parcel", &g);
        fuzz_require(g.confidence >= 0 && g.confidence <= 1);
        arena_free(a);
    }
    intent_free(m);
    return 0;
}
