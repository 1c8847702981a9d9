#include "fuzz.h"

#include "../../common/codec/zone.h"

/* Whatever is taken for a zone has an offset at any time, and a local time leads to a moment that
 * differs from it by one of the zone's offsets. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const int64_t times[] = {INT64_MIN,        -1,       0, 1795255200, 1782856800,
                                    INT64_C(1) << 33, INT64_MAX};
    struct arena *a = arena_new();
    struct zone z;
    if (zone_parse(a, (struct span){(const char *)data, size}, &z) == OK) {
        for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
            int32_t offset = zone_offset(&z, times[i]);
            fuzz_require(offset >= -26 * 3600 && offset <= 26 * 3600);
            zone_utc(&z, times[i]);
        }
        for (int64_t t = 1767225600; t < 1767225600 + INT64_C(400) * 86400; t += 86400) {
            int64_t utc = zone_utc(&z, t);
            fuzz_require(t - utc >= -26 * 3600 && t - utc <= 26 * 3600);
            fuzz_require(zone_utc(&z, utc + zone_offset(&z, utc)) <= utc + 52 * 3600);
        }
    }
    arena_free(a);
    return 0;
}
