#include "tzdata.h"

#include <stdio.h>

#define TZDATA_DIRECTORY "/usr/share/zoneinfo/"

enum err tzdata_read(struct arena *a, const char *name, struct span *out) {
    if (!zone_is_name(name))
        return ERR_ABSENT;
    FILE *f = fopen(ARENA_JOIN(a, TZDATA_DIRECTORY, name), "rbe");
    if (!f)
        return ERR_ABSENT;
    char *bytes = arena_alloc(a, ZONE_BYTES_MAX + 1);
    size_t n = fread(bytes, 1, ZONE_BYTES_MAX + 1, f);
    fclose(f);
    *out = (struct span){bytes, n};
    return n == 0 ? ERR_ABSENT : n > ZONE_BYTES_MAX ? ERR_TOO_LARGE : OK;
}

enum err tzdata_zone(struct arena *a, const char *name, struct zone *out) {
    struct span bytes;
    TRY(tzdata_read(a, name, &bytes));
    return zone_parse(a, bytes, out);
}
