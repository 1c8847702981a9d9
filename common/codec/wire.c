#include "wire.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "../base/clock.h"

#define MS_PER_S 1000
#define DELAY_S_MAX INT64_C(9999999999) /* more is as good as never */

const char *wire_header_find(const struct wire_header *headers, int n, const char *name) {
    for (int i = 0; i < n; i++)
        if (strcasecmp(headers[i].name, name) == 0)
            return headers[i].value;
    return NULL;
}

static int month_number(const char *name) {
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (int m = 0; m < 12; m++)
        if (strncmp(names + (size_t)m * 3, name, 3) == 0)
            return m + 1;
    return 0;
}

struct http_date {
    int day, year, hour, minute, second;
    char month[4];
};

/* The three spellings of RFC 9110 5.6.7; a recipient must know the two old ones too. */
static bool scan_date(const char *s, struct http_date *d) {
    int end = 0;
    sscanf(s, "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT%n", &d->day, d->month, &d->year,
           &d->hour, &d->minute, &d->second, &end);
    if (end && !s[end])
        return true;
    end = 0;
    sscanf(s, "%*9[A-Za-z], %2d-%3[A-Za-z]-%2d %2d:%2d:%2d GMT%n", &d->day, d->month, &d->year,
           &d->hour, &d->minute, &d->second, &end);
    if (end && !s[end]) {
        d->year += d->year < 70 ? 2000 : 1900;
        return true;
    }
    end = 0;
    sscanf(s, "%*3[A-Za-z] %3[A-Za-z] %2d %2d:%2d:%2d %4d%n", d->month, &d->day, &d->hour,
           &d->minute, &d->second, &d->year, &end);
    return end && !s[end];
}

static bool parse_date(const char *s, int64_t *wall_ms) {
    struct http_date d = {0};
    char text[64];
    if (!scan_date(s, &d))
        return false;
    snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", d.year, month_number(d.month),
             d.day, d.hour, d.minute, d.second);
    return clock_parse_rfc3339(text, wall_ms);
}

static bool parse_seconds(struct span s, int64_t *seconds) {
    *seconds = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        *seconds = *seconds * 10 + (s.p[i] - '0');
        if (*seconds > DELAY_S_MAX)
            *seconds = DELAY_S_MAX;
    }
    return s.n > 0;
}

int64_t wire_retry_after_ms(const struct wire_header *headers, int n, int64_t wall_ms) {
    const char *value = wire_header_find(headers, n, "Retry-After");
    int64_t seconds, then_ms;
    if (!value)
        return -1;
    if (parse_seconds(span_trim(span_of(value)), &seconds))
        return seconds * MS_PER_S;
    if (!parse_date(value, &then_ms))
        return -1;
    return then_ms > wall_ms ? then_ms - wall_ms : 0;
}
