#include "fuzz.h"

#include "../../common/base/clock.h"

/* Of what RFC 3339 can write in UTC: an offset leads past either end of the four-digit years. */
#define FIRST_MS INT64_C(-62167219200000)
#define LAST_MS INT64_C(253402300799999)

/* A time that was read can be written, and reads back as the same millisecond. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *a = arena_new();
    char text[CLOCK_RFC3339_MAX];
    int64_t first = 0, second = 0;
    bool is_time = clock_parse_rfc3339(fuzz_text(a, data, size), &first);
    if (is_time && first >= FIRST_MS && first <= LAST_MS) {
        fuzz_require(clock_parse_rfc3339(clock_rfc3339(first, text), &second));
        fuzz_require(first == second);
    }
    arena_free(a);
    return 0;
}
