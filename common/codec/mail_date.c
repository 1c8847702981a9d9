#include "mail_date.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../base/clock.h"

#define TOKEN_MAX 40
#define TOKENS_MAX 16
#define DAY_MS (24 * 3600 * 1000LL)
#define YEAR_MIN 1970
#define YEAR_MAX 2200

static const char *const months[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                     "jul", "aug", "sep", "oct", "nov", "dec"};
static const char *const days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
static const struct {
    const char *name;
    int minutes;
} zones[] = {{"GMT", 0},    {"UTC", 0},    {"UT", 0},     {"Z", 0},      {"EST", -300},
             {"EDT", -240}, {"CST", -360}, {"CDT", -300}, {"MST", -420}, {"MDT", -360},
             {"PST", -480}, {"PDT", -420}, {"CET", 60},   {"CEST", 120}, {"BST", 60},
             {"MEZ", 60},   {"MESZ", 120}, {"EET", 120},  {"EEST", 180}, {"JST", 540}};

struct date {
    int day, month, year, seconds, zone; /* month from 1; 0 for not seen */
    bool timed, afternoon, morning;
};

/* Days since 1970 of the proleptic Gregorian calendar, months from 1. */
static int64_t days_of(int y, int m, int d) {
    y -= m <= 2;
    int era = y / 400, of_era = y - era * 400;
    int of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return (int64_t)era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* Digits at *t, at most max, and one of the marks behind them off the front; -1: no digits. */
static int take_digits(const char **t, int max, char mark) {
    int v = 0, n = 0;
    for (; n < max && **t >= '0' && **t <= '9'; n++)
        v = 10 * v + *(*t)++ - '0';
    *t += **t && **t == mark;
    return n ? v : -1;
}

static bool take_time(struct date *d, const char *t) {
    int h = take_digits(&t, 2, ':'), m = take_digits(&t, 2, ':'), s = take_digits(&t, 2, '.');
    if (d->timed || h < 0 || m < 0 || h > 24 || m > 59 || s > 60)
        return false;
    d->seconds = h * 3600 + m * 60 + (s < 0 ? 0 : s);
    d->timed = true;
    return true;
}

static bool take_zone(struct date *d, const char *t) {
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++)
        if (!strcasecmp(t, zones[i].name)) {
            d->zone = zones[i].minutes;
            return true;
        }
    int sign = *t == '-' ? -1 : 1;
    if ((*t != '+' && *t != '-') || !d->timed)
        return false;
    const char *at = t + 1;
    int hours = take_digits(&at, 2, ':'), minutes = take_digits(&at, 2, '\0');
    if (hours < 0 || hours > 14 || minutes > 59 || *at)
        return false;
    d->zone = sign * (hours * 60 + (minutes < 0 ? 0 : minutes));
    return true;
}

static int month_of(const char *t) {
    for (int i = 0; i < 12; i++)
        if (!strncasecmp(t, months[i], 3))
            return i + 1;
    return 0;
}

/* Two digits of a year mean 1950..2049 (RFC 5322 4.3). */
static void take_number(struct date *d, const char *t) {
    int v = (int)strtol(t, NULL, 10);
    size_t n = strspn(t, "0123456789");
    if (!d->day && n <= 2 && v >= 1 && v <= 31)
        d->day = v;
    else if (!d->year && n == 4)
        d->year = v;
    else if (!d->year && n <= 3 && d->day)
        d->year = n == 3 ? 1900 + v : v < 50 ? 2000 + v : 1900 + v;
}

static bool take_iso(struct date *d, const char *t) {
    int y = take_digits(&t, 4, '-'), m = take_digits(&t, 2, '-'), day = take_digits(&t, 2, '\0');
    if (y < YEAR_MIN || m < 1 || day < 1)
        return false;
    d->year = y, d->month = m, d->day = day;
    return true;
}

static void take(struct date *d, const char *t) {
    d->afternoon |= !strcasecmp(t, "PM");
    d->morning |= !strcasecmp(t, "AM");
    bool dashed = strchr(t, '-') && t[0] != '-' && t[0] != '+';
    if (dashed ? take_iso(d, t) : strchr(t, ':') && *t != '+' && *t != '-' && take_time(d, t))
        return;
    if (*t >= '0' && *t <= '9')
        take_number(d, t);
    else if (!take_zone(d, t) && !d->month)
        d->month = month_of(t);
}

static bool whole(struct date *d, int64_t *wall_ms) {
    if (d->day < 1 || d->day > 31 || d->month < 1 || d->month > 12 || d->year < YEAR_MIN ||
        d->year > YEAR_MAX)
        return false;
    if (d->afternoon && d->seconds < 12 * 3600)
        d->seconds += 12 * 3600;
    if (d->morning && d->seconds >= 12 * 3600)
        d->seconds -= 12 * 3600;
    int64_t ms = days_of(d->year, d->month, d->day) * DAY_MS;
    *wall_ms = ms + (int64_t)d->seconds * 1000 - (int64_t)d->zone * 60000;
    return *wall_ms > 0;
}

bool mail_date_parse(const char *s, int64_t *wall_ms) {
    struct date d = {0};
    char token[TOKEN_MAX];
    if (clock_parse_rfc3339(s, wall_ms))
        return *wall_ms > 0;
    for (int i = 0; *s && i < TOKENS_MAX; i++) {
        s += strspn(s, " \t,");
        size_t n = strcspn(s, " \t,(");
        size_t dash = strcspn(s, "-"); /* 3-Jun-2024 */
        if (dash > 0 && dash < 4 && dash < n && *s != '+')
            n = dash;
        snprintf(token, sizeof token, "%.*s", (int)(n < TOKEN_MAX ? n : TOKEN_MAX - 1), s);
        if (*s == '(')
            break;
        take(&d, token);
        s += n;
        s += n && *s == '-';
    }
    return whole(&d, wall_ms);
}

char *mail_date_text(int64_t wall_ms, char out[MAIL_DATE_MAX]) {
    char iso[CLOCK_RFC3339_MAX];
    clock_rfc3339(wall_ms, iso);
    int month = (iso[5] - '0') * 10 + iso[6] - '0';
    snprintf(out, MAIL_DATE_MAX, "%s, %.2s %c%.2s %.4s %.8s +0000", days[wall_ms / DAY_MS % 7],
             iso + 8, months[month - 1][0] - 32, months[month - 1] + 1, iso, iso + 11);
    return out;
}
