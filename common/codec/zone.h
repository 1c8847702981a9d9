/*
 * zone: local time of a place, from the bytes of its TZif file (RFC 8536, version 2 and later), the
 * rule behind its last transition included. Offsets are seconds that local time is ahead of UTC.
 * A zone of zeros is UTC. It refuses files of version 1 and those that count leap seconds. Opens no
 * file, knows no clock. Pure.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "../base/arena.h"
#include "../base/span.h"

#define ZONE_BYTES_MAX (64 * 1024) /* of a file */
#define ZONE_TRANSITIONS_MAX 4096
#define ZONE_NAME_MAX 64

/* When a year's summer time begins or ends, by the clock before it. */
struct zone_turn {
    enum { ZONE_WEEKDAY, ZONE_JULIAN, ZONE_DAY } kind; /* Mm.w.d; Jn, without leap day; n from 0 */
    int month, week, day;                              /* week 5: the last; day 0: Sunday */
    int32_t second;                                    /* of that day; may lie outside it */
};
struct zone {
    const int64_t *moments; /* UTC seconds from which offsets[i] holds, ascending */
    const int32_t *offsets;
    int n;
    int32_t first; /* before the first moment; standard time of the rule */
    bool ruled;    /* behind the last moment the rule below holds */
    int32_t standard, summer;
    struct zone_turn begins, ends; /* equal offsets: no summer time */
};

/* ERR_MALFORMED for anything else than such a file. Lives in the arena. */
MUST_CHECK enum err zone_parse(struct arena *a, struct span tzif, struct zone *out);
struct zone zone_fixed(int minutes);
/* "Europe/Copenhagen": could it be a name? It never leads out of the directory of zones. */
bool zone_is_name(const char *s);

int32_t zone_offset(const struct zone *z, int64_t utc_s);
/* A local time that the clock leaps over is read by the clock before the leap; one that comes twice
 * is the first. */
int64_t zone_utc(const struct zone *z, int64_t local_s);
