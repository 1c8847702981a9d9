#include "when_due.h"

#define MINUTE_MS 60000
#define DAY_MINUTES 1440
#define EPOCH_WEEKDAY 3 /* 1 January 1970 was a Thursday, Monday being 0 */

static int64_t floor_divide(int64_t a, int64_t b) { return a / b - (a % b < 0); }

/* The calendar counted from March, so that the leap day is the last of its year. */
int64_t when_due_day_number(int year, int month, int day) {
    int64_t y = year - (month <= 2), era = floor_divide(y, 400), of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void when_due_civil(int64_t day_number, int *year, int *month, int *day) {
    int64_t z = day_number + 719468, era = floor_divide(z, 146097), of_era = z - era * 146097;
    int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * y + y / 4 - y / 100), shifted = (5 * of_year + 2) / 153;
    *day = (int)(of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = (int)(y + era * 400 + (*month <= 2));
}

static int weekday_of(int64_t day_number) {
    int64_t n = day_number + EPOCH_WEEKDAY;
    return (int)(n - floor_divide(n, 7) * 7) + 1;
}

static int64_t last_sunday(int year, int month) {
    int64_t last = when_due_day_number(year, month, 31);
    return last - weekday_of(last) % 7;
}

/* Minutes that local time is ahead of UTC at that UTC minute. */
static int offset_at(struct when_zone zone, int64_t utc_minute) {
    int year, month, day;
    when_due_civil(floor_divide(utc_minute, DAY_MINUTES), &year, &month, &day);
    int64_t begins = last_sunday(year, 3) * DAY_MINUTES + 60;
    int64_t ends = last_sunday(year, 10) * DAY_MINUTES + 60;
    bool summer = zone.summer && utc_minute >= begins && utc_minute < ends;
    return zone.offset_minutes + (summer ? 60 : 0);
}

/* A local time that the clock leaps over is taken as the hour behind it. */
static int64_t to_utc(struct when_zone zone, int64_t local_minute) {
    int64_t utc = local_minute - zone.offset_minutes - (zone.summer ? 60 : 0);
    return local_minute - offset_at(zone, utc);
}

static bool exists(int year, int month, int day) {
    int y, m, d;
    if (month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    when_due_civil(when_due_day_number(year, month, day), &y, &m, &d);
    return m == month && d == day;
}

/* A date without a year is the next one there is, today included; 29 February may wait. */
static int64_t named_day(const struct when *w, int64_t today) {
    int year, month, day;
    when_due_civil(today, &year, &month, &day);
    if (w->year)
        return exists(w->year, w->month, w->day) ? when_due_day_number(w->year, w->month, w->day)
                                                 : -1;
    for (int later = 0; later <= 8; later++)
        if (exists(year + later, w->month, w->day) &&
            when_due_day_number(year + later, w->month, w->day) >= today)
            return when_due_day_number(year + later, w->month, w->day);
    return -1;
}

static int64_t day_of(const struct when *w, int64_t today) {
    if (w->day)
        return named_day(w, today);
    if (w->days != WHEN_NONE)
        return today + w->days;
    if (w->weekday)
        return today + (w->weekday - weekday_of(today) + 7) % 7;
    return today;
}

int64_t when_due(const struct when *w, int64_t now_ms, struct when_zone zone) {
    int64_t now = floor_divide(now_ms, MINUTE_MS);
    int64_t local = now + offset_at(zone, now), today = floor_divide(local, DAY_MINUTES);
    bool names_day = w->day || w->weekday || w->days != WHEN_NONE;
    if (w->minutes != WHEN_NONE)
        return w->minutes > 0 ? now_ms + (int64_t)w->minutes * MINUTE_MS : 0;
    if (!names_day && w->hour == WHEN_NONE)
        return 0;
    int64_t day = day_of(w, today);
    if (day < 0 || day < today)
        return 0;
    int minute = w->hour == WHEN_NONE ? DAY_MINUTES : w->hour * 60 + w->minute;
    int64_t due = day * DAY_MINUTES + minute;
    if (due <= local && w->weekday)
        due += 7 * DAY_MINUTES;
    else if (due <= local && !names_day)
        due += DAY_MINUTES;
    int64_t utc = to_utc(zone, due) * MINUTE_MS;
    return utc > now_ms ? utc : 0;
}
