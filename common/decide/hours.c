#include "hours.h"

#include <stdio.h>
#include <string.h>

#include "../codec/calendar.h"

#define DAY_MINUTES 1440
#define NO_OFFSET INT64_MAX

static const char *const hours_days[HOURS_DAYS] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

struct hours_json {
    json_t *days;
    int64_t offset;
};
static const struct json_field hours_fields[] = {
    {"days", JSON_KIND_OBJECT, true, offsetof(struct hours_json, days), 0, 0},
    {"utc_offset_minutes", JSON_KIND_INTEGER, false, offsetof(struct hours_json, offset), -840,
     840},
};

/* "09:00" as minutes; "24:00" is the end of the day. -1 if it is no time of day. */
static int hours_minutes(const char *s) {
    bool shape = s && strlen(s) == 5 && s[2] == ':' && strspn(s, "0123456789") == 2 &&
                 strspn(s + 3, "0123456789") == 2;
    if (!shape)
        return -1;
    int hour = (s[0] - '0') * 10 + s[1] - '0', minute = (s[3] - '0') * 10 + s[4] - '0';
    int total = hour * 60 + minute;
    return minute < 60 && total <= DAY_MINUTES ? total : -1;
}

static int hours_day(const char *name) {
    for (int i = 0; i < HOURS_DAYS; i++)
        if (strcmp(hours_days[i], name) == 0)
            return i;
    return -1;
}

static enum err hours_parse_day(const char *at, const char *name, const json_t *j,
                                struct hours *out, struct why *why) {
    char pointer[WHY_POINTER_MAX];
    snprintf(pointer, sizeof pointer, "%s/days/%s", at, name);
    int day = hours_day(name);
    if (day < 0)
        return why_set(why, ERR_INVALID, pointer, "must be mon, tue, wed, thu, fri, sat or sun");
    int from = hours_minutes(json_string_value(json_array_get(j, 0)));
    int to = hours_minutes(json_string_value(json_array_get(j, 1)));
    if (json_array_size(j) != 2 || from < 0 || to <= from)
        return why_set(why, ERR_INVALID, pointer, "must be [\"09:00\", \"17:30\"], opening first");
    out->day[day].from = from;
    out->day[day].to = to;
    return OK;
}

enum err hours_parse(const json_t *j, const char *at, struct hours *out, struct why *why) {
    struct hours_json in = {.days = NULL, .offset = NO_OFFSET};
    TRY(json_fill(j, at, hours_fields, 2, &in, why));
    *out = (struct hours){.named = true, .fixed = in.offset != NO_OFFSET};
    out->offset_minutes = out->fixed ? (int)in.offset : 0;
    const char *name;
    json_t *day;
    json_object_foreach(in.days, name, day) TRY(hours_parse_day(at, name, day, out, why));
    return OK;
}

bool hours_open(const struct hours *h, const struct zone *zone, int64_t wall_ms) {
    if (!h->named)
        return true;
    int64_t utc = calendar_floor(wall_ms, 1000), local = utc + zone_offset(zone, utc);
    int64_t day = calendar_floor(local, CALENDAR_DAY_SECONDS);
    int minute = (int)(local - day * CALENDAR_DAY_SECONDS) / 60,
        weekday = calendar_weekday(day) - 1;
    return minute >= h->day[weekday].from && minute < h->day[weekday].to;
}
