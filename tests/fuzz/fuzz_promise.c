#include "fuzz.h"

#include "../../common/nlu/promise.h"

/* Berlin's. */
static const struct zone zone = {.ruled = true,
                                 .standard = 3600,
                                 .summer = 7200,
                                 .begins = {ZONE_WEEKDAY, 3, 5, 0, 7200},
                                 .ends = {ZONE_WEEKDAY, 10, 5, 0, 10800}};

/* What is found stands within the text, and what is due lies ahead. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *a = arena_new();
    const char *text = fuzz_text(a, data, size);
    struct promise_found found[PROMISE_MAX];
    const int64_t now = INT64_C(1795521600000);
    int length = (int)utf8_count(text), n = promise_find(a, text, now, &zone, found);
    for (int i = 0; i < n; i++) {
        fuzz_require(found[i].start >= 0 && found[i].start < found[i].end);
        fuzz_require(found[i].end <= length);
        fuzz_require(found[i].vague == (found[i].due_ms == 0));
        fuzz_require(found[i].vague || found[i].due_ms > now);
    }
    arena_free(a);
    return 0;
}
