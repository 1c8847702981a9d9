#include "fuzz.h"

#include "../../common/model/identity.h"

/* Lines: kind, value. What is normal stays as it is, else one person would be two. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *a = arena_new();
    struct span rest = span_of(fuzz_text(a, data, size));
    struct span kind_span = fuzz_line(&rest);
    const char *kind = arena_strndup(a, kind_span.p, kind_span.n), *once, *twice;
    const char *value = rest.n ? arena_strndup(a, rest.p, rest.n) : "";
    struct why why = {{0}, {0}};
    if (identity_normalise(a, kind, value, &once, &why) == OK) {
        fuzz_require(*once && utf8_valid(once, strlen(once)));
        fuzz_require(identity_normalise(a, kind, once, &twice, NULL) == OK);
        fuzz_require(strcmp(once, twice) == 0);
        fuzz_require(identity_bucket(kind, once) == identity_bucket(kind, twice));
    } else {
        fuzz_require(why.text[0]);
    }
    arena_free(a);
    return 0;
}
