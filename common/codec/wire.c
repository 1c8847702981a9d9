#include "wire.h"

#include <strings.h>
#include <time.h>

#define MS_PER_S 1000
#define DELAY_S_MAX INT64_C(9999999999) /* more is as good as never */

const char *wire_header_find(const struct wire_header *headers, int n, const char *name) {
    for (int i = 0; i < n; i++)
        if (strcasecmp(headers[i].name, name) == 0)
            return headers[i].value;
    return NULL;
}

/* The three spellings of RFC 9110 5.6.7; a recipient must know the two old ones too. */
static const char *const date_formats[] = {
    "%a, %d %b %Y %H:%M:%S GMT",
    "%A, %d-%b-%y %H:%M:%S GMT",
    "%a %b %e %H:%M:%S %Y",
};

/* timegm would make the 1st of December of a 31st of November. */
static bool is_in_calendar(const struct tm *tm) {
    struct tm normal = *tm;
    timegm(&normal);
    return normal.tm_mday == tm->tm_mday && normal.tm_mon == tm->tm_mon;
}

static bool parse_date(const char *s, int64_t *wall_ms) {
    for (size_t i = 0; i < sizeof date_formats / sizeof date_formats[0]; i++) {
        struct tm tm = {0};
        const char *end = strptime(s, date_formats[i], &tm);
        if (!end || *end || !is_in_calendar(&tm))
            continue;
        *wall_ms = (int64_t)timegm(&tm) * MS_PER_S;
        return true;
    }
    return false;
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
