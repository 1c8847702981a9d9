#include "fuzz.h"

#include "../../common/nlu/fact_own.h"

/* The first line is a pattern, the rest a text: every find is what the pattern finds alone, stands
 * within the text, and no text takes more steps than the header allows. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *a = arena_new();
    struct span rest = {(const char *)data, size}, first = fuzz_line(&rest);
    const char *written = fuzz_text(a, (const uint8_t *)first.p, first.n);
    const char *text = fuzz_text(a, (const uint8_t *)rest.p, rest.n);
    struct usage_fact fact = {.name = "x", .separator = size % 2 ? '-' : 0};
    struct why why = {{0}, {0}};
    struct fact_own found[FACT_OWN_MAX];
    const struct usage usage = {.facts = &fact, .n_facts = 1};
    if (pattern_compile(written, "/at", &fact.pattern, &why) == OK) {
        int64_t steps = 0, length = (int64_t)utf8_count(text);
        int n = fact_own_find(a, text, &usage, found, &steps);
        for (int i = 0; i < n; i++) {
            fuzz_require(found[i].fact.start >= 0 && found[i].fact.end <= length);
            fuzz_require(found[i].fact.end - found[i].fact.start >= PATTERN_REQUIRED_MIN);
            fuzz_require(found[i].fact.end - found[i].fact.start <= PATTERN_POSITIONS_MAX);
            fuzz_require(utf8_valid(found[i].fact.value, strlen(found[i].fact.value)));
            fuzz_require(*found[i].fact.value != '\0');
        }
        fuzz_require(steps <= length + FACT_OWN_EACH_MAX * PATTERN_POSITIONS_MAX *
                                           (PATTERN_POSITIONS_MAX + INT64_C(1)));
    } else {
        fuzz_require(why.text[0] && utf8_valid(why.text, strlen(why.text)));
    }
    arena_free(a);
    return 0;
}
