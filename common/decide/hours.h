/* hours: business hours of a week, and whether a moment is inside them. Minutes since midnight by
 * the clock on the wall of the policy's place; knows no holidays. */
#pragma once
#include "../codec/json.h"
#include "../codec/zone.h"

#define HOURS_DAYS 7

struct hours {
    bool named;         /* false: always open */
    bool fixed;         /* an offset is named */
    int offset_minutes; /* local time minus UTC, where no time zone is named */
    struct {
        int from, to;
    } day[HOURS_DAYS]; /* Monday first; from == to: closed */
};

/* {"utc_offset_minutes": 60, "days": {"mon": ["09:00", "17:30"], ...}}; other days: closed. */
MUST_CHECK enum err hours_parse(const json_t *j, const char *at, struct hours *out,
                                struct why *why);
bool hours_open(const struct hours *h, const struct zone *zone, int64_t wall_ms);
