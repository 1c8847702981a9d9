/* hours: business hours of a week, and whether a moment is inside them. Minutes since midnight at
 * the policy's own fixed offset; knows no holidays and no summer time. */
#pragma once
#include "../codec/json.h"

#define HOURS_DAYS 7

struct hours {
    bool named;         /* false: always open */
    int offset_minutes; /* local time minus UTC */
    struct {
        int from, to;
    } day[HOURS_DAYS]; /* Monday first; from == to: closed */
};

/* {"utc_offset_minutes": 60, "days": {"mon": ["09:00", "17:30"], ...}}; other days: closed. */
MUST_CHECK enum err hours_parse(const json_t *j, const char *at, struct hours *out,
                                struct why *why);
bool hours_open(const struct hours *h, int64_t wall_ms);
