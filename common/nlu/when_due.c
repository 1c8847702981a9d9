#include "when_due.h"

#include "../codec/calendar.h"

#define MINUTE_MS 60000
#define MINUTE_SECONDS 60
#define DAY_MINUTES 1440

/* In the hour that comes twice, whoever reads in its second round means the second round. */
static int64_t to_utc_ms(const struct zone *zone, int64_t local_minute, int64_t now_ms) {
    int64_t local = local_minute * MINUTE_SECONDS, utc_ms = zone_utc(zone, local) * 1000;
    if (utc_ms > now_ms)
        return utc_ms;
    return (local - zone_offset(zone, calendar_floor(now_ms, 1000))) * 1000;
}

static bool exists(int year, int month, int day) {
    int y, m, d;
    if (month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    calendar_civil(calendar_day_number(year, month, day), &y, &m, &d);
    return m == month && d == day;
}

/* A date without a year is the next one there is, today included; 29 February may wait. */
static int64_t named_day(const struct when *w, int64_t today) {
    int year, month, day;
    calendar_civil(today, &year, &month, &day);
    if (w->year)
        return exists(w->year, w->month, w->day) ? calendar_day_number(w->year, w->month, w->day)
                                                 : -1;
    for (int later = 0; later <= 8; later++)
        if (exists(year + later, w->month, w->day) &&
            calendar_day_number(year + later, w->month, w->day) >= today)
            return calendar_day_number(year + later, w->month, w->day);
    return -1;
}

static int64_t day_of(const struct when *w, int64_t today) {
    if (w->day)
        return named_day(w, today);
    if (w->days != WHEN_NONE)
        return today + w->days;
    if (w->weekday)
        return today + (w->weekday - calendar_weekday(today) + 7) % 7;
    return today;
}

static bool names_day(const struct when *w) { return w->day || w->weekday || w->days != WHEN_NONE; }

/* The local minute until which it is kept; -1 for none ahead. */
static int64_t due_minute(const struct when *w, int64_t local) {
    int64_t today = calendar_floor(local, DAY_MINUTES), day = day_of(w, today);
    if (day < 0 || day < today)
        return -1;
    int minute = w->hour == WHEN_NONE ? DAY_MINUTES : w->hour * 60 + w->minute;
    int64_t due = day * DAY_MINUTES + minute;
    if (due <= local && w->weekday)
        return due + 7 * DAY_MINUTES;
    return due <= local && !names_day(w) ? due + DAY_MINUTES : due;
}

int64_t when_due(const struct when *w, int64_t now_ms, const struct zone *zone) {
    if (w->minutes != WHEN_NONE)
        return w->minutes > 0 ? now_ms + (int64_t)w->minutes * MINUTE_MS : 0;
    if (!names_day(w) && w->hour == WHEN_NONE)
        return 0;
    int64_t now = calendar_floor(now_ms, 1000);
    int64_t due = due_minute(w, calendar_floor(now + zone_offset(zone, now), MINUTE_SECONDS));
    int64_t utc_ms = due < 0 ? 0 : to_utc_ms(zone, due, now_ms);
    return utc_ms > now_ms ? utc_ms : 0;
}
