/* tzif: files of time zones for tests, made of a rule alone or of moments and offsets besides. */
#pragma once
#include <string.h>

#include "../../common/base/arena.h"
#include "../../common/base/span.h"
#include "../../common/codec/zone.h"

#define TZIF_BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"
#define TZIF_SYDNEY "AEST-10AEDT,M10.1.0,M4.1.0/3"

struct tzif_moment {
    int64_t at;
    int32_t offset;
};

static inline char *tzif_put(char *to, uint64_t v, int bytes) {
    for (int i = bytes - 1; i >= 0; i--)
        *to++ = (char)(v >> (8 * i) & 0xFF);
    return to;
}

static inline char *tzif_head(char *to, int moments, int types) {
    memcpy(to, "TZif2", 5);
    to = tzif_put(to + 32, (uint64_t)moments, 4);
    to = tzif_put(to, (uint64_t)types, 4);
    return tzif_put(to, 1, 4);
}

/* The first of them says what holds before all; its moment is not written. */
static inline struct span tzif_of(struct arena *a, const struct tzif_moment *m, int n,
                                  const char *rule) {
    char *file = arena_alloc(a, 256 + (size_t)n * 15 + strlen(rule)), *to = file;
    to = tzif_head(to, 0, 1) + 6 + 1;
    to = tzif_head(to, n - 1, n);
    for (int i = 1; i < n; i++)
        to = tzif_put(to, (uint64_t)m[i].at, 8);
    for (int i = 1; i < n; i++)
        to = tzif_put(to, (uint64_t)i, 1);
    for (int i = 0; i < n; i++)
        to = tzif_put(to, (uint32_t)m[i].offset, 4) + 2;
    *++to = '\n';
    size_t length = strlen(rule);
    memcpy(to + 1, rule, length);
    to[1 + length] = '\n';
    return (struct span){file, (size_t)(to + 2 + length - file)};
}

static inline struct span tzif_rule(struct arena *a, const char *rule) {
    const struct tzif_moment utc = {0, 0};
    return tzif_of(a, &utc, 1, rule);
}

static inline struct zone tzif_zone(struct arena *a, const char *rule) {
    struct zone z = {.n = -1};
    return zone_parse(a, tzif_rule(a, rule), &z) == OK ? z : (struct zone){.n = -1};
}
