#include "clock.h"

#include <stdbool.h>
#include <time.h>

#define MS_PER_S 1000
#define DAY_S 86400
#define DAY_MS ((int64_t)DAY_S * MS_PER_S)
/* 0000-01-01 and 9999-12-31 23:59:59.999: what four digits of year can say. */
#define OLDEST_MS INT64_C(-62167219200000)
#define NEWEST_MS INT64_C(253402300799999)

static int64_t read_us(clockid_t id) {
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_wall_ms(void) { return read_us(CLOCK_REALTIME) / 1000; }

int64_t clock_monotonic_ms(void) { return read_us(CLOCK_MONOTONIC) / 1000; }

int64_t clock_monotonic_us(void) { return read_us(CLOCK_MONOTONIC); }

static void put_number(char *out, int digits, char after, int value) {
    out[digits] = after;
    for (; digits > 0; digits--, value /= 10)
        out[digits - 1] = (char)('0' + value % 10);
}

struct day {
    int year, month, day;
};

/* The civil calendar: years from March on end with the leap day, and 400 of them have 146 097 days.
 * gmtime_r would take the lock of the time zone that all threads share. */
static struct day day_of(int64_t days_since_1970) {
    int64_t d = days_since_1970 + 719468; /* since 0000-03-01 */
    int64_t era = (d >= 0 ? d : d - 146096) / 146097;
    int of_era = (int)(d - era * 146097);
    int year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int of_year = of_era - (365 * year + year / 4 - year / 100);
    int month = (5 * of_year + 2) / 153; /* 0: March */
    return (struct day){.year = year + (int)era * 400 + (month >= 10),
                        .month = month < 10 ? month + 3 : month - 9,
                        .day = of_year - (153 * month + 2) / 5 + 1};
}

char *clock_rfc3339(int64_t wall_ms, char out[CLOCK_RFC3339_MAX]) {
    if (wall_ms < OLDEST_MS)
        wall_ms = OLDEST_MS;
    if (wall_ms > NEWEST_MS)
        wall_ms = NEWEST_MS;
    int64_t days = wall_ms / DAY_MS - (wall_ms % DAY_MS < 0);
    int ms = (int)(wall_ms - days * DAY_MS), s = ms / MS_PER_S;
    struct day d = day_of(days);
    put_number(out, 4, '-', d.year);
    put_number(out + 5, 2, '-', d.month);
    put_number(out + 8, 2, 'T', d.day);
    put_number(out + 11, 2, ':', s / 3600);
    put_number(out + 14, 2, ':', s / 60 % 60);
    put_number(out + 17, 2, '.', s % 60);
    put_number(out + 20, 3, 'Z', ms % MS_PER_S);
    out[24] = '\0';
    return out;
}

/* Exactly `digits` digits, then the byte `after` unless that is NUL. */
static bool take_number(const char **s, int digits, char after, int *value) {
    *value = 0;
    for (; digits > 0; digits--, (*s)++) {
        if (**s < '0' || **s > '9')
            return false;
        *value = *value * 10 + (**s - '0');
    }
    if (after == '\0')
        return true;
    return *(*s)++ == after;
}

static int days_in_month(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

static bool take_date(const char **s, struct tm *tm) {
    int year, month, day;
    if (!take_number(s, 4, '-', &year) || !take_number(s, 2, '-', &month) ||
        !take_number(s, 2, '\0', &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return false;
    tm->tm_year = year - 1900;
    tm->tm_mon = month - 1;
    tm->tm_mday = day;
    return true;
}

static bool take_time(const char **s, struct tm *tm) {
    return take_number(s, 2, ':', &tm->tm_hour) && take_number(s, 2, ':', &tm->tm_min) &&
           take_number(s, 2, '\0', &tm->tm_sec) && tm->tm_hour < 24 && tm->tm_min < 60 &&
           tm->tm_sec <= 60;
}

/* 1-9 digits behind a point, cut (not rounded) to milliseconds; none at all is 0. */
static bool take_fraction(const char **s, int *ms) {
    *ms = 0;
    if (**s != '.')
        return true;
    (*s)++;
    int digits = 0;
    for (; **s >= '0' && **s <= '9'; (*s)++, digits++)
        if (digits < 3)
            *ms = *ms * 10 + (**s - '0');
    for (int have = digits; have < 3; have++)
        *ms *= 10;
    return digits >= 1 && digits <= 9;
}

static bool take_offset(const char **s, int *offset_s) {
    char sign = *(*s)++;
    *offset_s = 0;
    if (sign == 'Z' || sign == 'z')
        return true;
    int hours, minutes;
    if (sign != '+' && sign != '-')
        return false;
    if (!take_number(s, 2, ':', &hours) || !take_number(s, 2, '\0', &minutes))
        return false;
    *offset_s = (hours * 60 + minutes) * 60 * (sign == '-' ? -1 : 1);
    return hours < 24 && minutes < 60;
}

/* A leap second, which only the last second of a UTC day may be, counts as the last millisecond
 * before it: Unix time has no place for it. */
bool clock_parse_rfc3339(const char *s, int64_t *wall_ms) {
    struct tm tm = {0};
    int ms, offset_s;
    if (!s || !take_date(&s, &tm) || (*s != 'T' && *s != 't'))
        return false;
    s++;
    if (!take_time(&s, &tm) || !take_fraction(&s, &ms) || !take_offset(&s, &offset_s) || *s)
        return false;
    bool leap_second = tm.tm_sec == 60;
    if (leap_second) {
        tm.tm_sec = 59;
        ms = 999;
    }
    int64_t utc_s = (int64_t)timegm(&tm) - offset_s;
    if (leap_second && (utc_s % DAY_S + DAY_S) % DAY_S != DAY_S - 1)
        return false;
    *wall_ms = utc_s * MS_PER_S + ms;
    return true;
}
