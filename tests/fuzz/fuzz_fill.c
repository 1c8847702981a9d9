#include "fuzz.h"

#include "../../common/bot/fill.h"

/* First line: the value of the one known fact; the rest is an answer of the knowledge. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *a = arena_new();
    struct span rest = span_of(fuzz_text(a, data, size));
    struct span line = fuzz_line(&rest);
    struct conversation c = {0};
    const char *missing;
    c.facts[0] = (struct fact){.name = "a", .value = arena_strndup(a, line.p, line.n)};
    c.n_facts = 1;
    const char *text = arena_strndup(a, rest.n ? rest.p : "", rest.n);
    const char *filled = fill_facts(a, text, &c, 0, &missing);
    fuzz_require((filled == NULL) == (missing != NULL));
    fuzz_require(!filled || utf8_valid(filled, strlen(filled)));
    arena_free(a);
    return 0;
}
