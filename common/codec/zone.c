#include "zone.h"

#include <string.h>

#include "calendar.h"

#define HEADER_BYTES 44
#define TYPE_BYTES 6
#define TYPES_MAX 256
#define OFFSET_MAX (26 * 3600)
#define HOUR 3600
#define RULE_TEXT_MAX 128
#define MOMENT_MAX (INT64_C(1) << 60)  /* old files begin with a big bang */
#define SECONDS_MAX (INT64_C(1) << 40) /* 34 000 years: no calendar is kept further */

/* ---- bytes ---- */

struct header {
    uint32_t utc_flags, std_flags, leaps, moments, types, letters;
};

static uint32_t take_u32(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t take_i64(const uint8_t *p) {
    return (int64_t)((uint64_t)take_u32(p) << 32 | take_u32(p + 4));
}

static bool read_header(struct span s, struct header *h) {
    const uint8_t *p = (const uint8_t *)s.p;
    if (s.n < HEADER_BYTES || memcmp(s.p, "TZif", 4) != 0 || s.p[4] < '2')
        return false;
    *h = (struct header){take_u32(p + 20), take_u32(p + 24), take_u32(p + 28),
                         take_u32(p + 32), take_u32(p + 36), take_u32(p + 40)};
    return h->moments <= ZONE_TRANSITIONS_MAX && h->types >= 1 && h->types <= TYPES_MAX &&
           h->letters <= TYPES_MAX && h->utc_flags <= h->types && h->std_flags <= h->types &&
           h->leaps == 0;
}

/* Of the block behind the header; a moment has that many bytes. */
static size_t block_bytes(const struct header *h, size_t moment) {
    return h->moments * (moment + 1) + h->types * TYPE_BYTES + h->letters + h->std_flags +
           h->utc_flags;
}

static bool read_block(struct arena *a, const uint8_t *p, const struct header *h,
                       struct zone *out) {
    const uint8_t *kinds = p + h->moments * 8, *types = kinds + h->moments;
    int64_t *moments = ARENA_ARRAY(a, int64_t, h->moments + 1);
    int32_t *offsets = ARENA_ARRAY(a, int32_t, h->moments + 1);
    for (uint32_t i = 0; i < h->types; i++) {
        int64_t offset = (int32_t)take_u32(types + i * TYPE_BYTES);
        if (offset < -OFFSET_MAX || offset > OFFSET_MAX)
            return false;
    }
    for (uint32_t i = 0; i < h->moments; i++) {
        moments[i] = take_i64(p + i * 8);
        bool inside = moments[i] >= -MOMENT_MAX && moments[i] <= MOMENT_MAX;
        if (!inside || kinds[i] >= h->types || (i && moments[i] <= moments[i - 1]))
            return false;
        offsets[i] = (int32_t)take_u32(types + kinds[i] * TYPE_BYTES);
    }
    *out = (struct zone){.moments = moments,
                         .offsets = offsets,
                         .n = (int)h->moments,
                         .first = (int32_t)take_u32(types)};
    return true;
}

/* ---- the rule: "CET-1CEST,M3.5.0,M10.5.0/3" ---- */

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool skip_mark(const char **s, char mark) {
    bool there = **s == mark;
    *s += there;
    return there;
}

static bool skip_name(const char **s) {
    const char *begin = *s;
    if (skip_mark(s, '<')) {
        while (is_letter(**s) || is_digit(**s) || **s == '+' || **s == '-')
            (*s)++;
        return skip_mark(s, '>') && *s - begin >= 3;
    }
    while (is_letter(**s))
        (*s)++;
    return *s - begin >= 3;
}

static bool take_count(const char **s, int most, int *out) {
    if (!is_digit(**s))
        return false;
    int n = 0;
    for (; is_digit(**s) && n <= most; (*s)++)
        n = n * 10 + (**s - '0');
    *out = n;
    return n <= most;
}

/* [+-]hh[:mm[:ss]] */
static bool take_time(const char **s, int hours, int32_t *out) {
    int h = 0, m = 0, sec = 0;
    bool minus = **s == '-';
    *s += **s == '-' || **s == '+';
    if (!take_count(s, hours, &h))
        return false;
    if (skip_mark(s, ':') && !take_count(s, 59, &m))
        return false;
    if (skip_mark(s, ':') && !take_count(s, 59, &sec))
        return false;
    int32_t all = h * HOUR + m * 60 + sec;
    *out = minus ? -all : all;
    return true;
}

static bool take_turn(const char **s, struct zone_turn *t) {
    *t = (struct zone_turn){.second = 2 * HOUR};
    if (!skip_mark(s, ','))
        return false;
    if (skip_mark(s, 'M')) {
        bool fits = take_count(s, 12, &t->month) && skip_mark(s, '.') &&
                    take_count(s, 5, &t->week) && skip_mark(s, '.') && take_count(s, 6, &t->day);
        if (!fits || t->month == 0 || t->week == 0)
            return false;
    } else {
        t->kind = skip_mark(s, 'J') ? ZONE_JULIAN : ZONE_DAY;
        if (!take_count(s, 365, &t->day) || (t->kind == ZONE_JULIAN && t->day == 0))
            return false;
    }
    return !skip_mark(s, '/') || take_time(s, 167, &t->second);
}

static bool read_rule(const char *s, struct zone *z) {
    int32_t west = 0;
    if (!skip_name(&s) || !take_time(&s, 24, &west))
        return false;
    z->ruled = true;
    z->standard = z->summer = -west;
    if (*s == '\0')
        return true;
    if (!skip_name(&s))
        return false;
    z->summer = z->standard + HOUR;
    if (*s != ',') {
        if (!take_time(&s, 24, &west))
            return false;
        z->summer = -west;
    }
    return take_turn(&s, &z->begins) && take_turn(&s, &z->ends) && *s == '\0';
}

static bool read_footer(struct span s, struct zone *z) {
    char rule[RULE_TEXT_MAX];
    if (s.n < 2 || s.p[0] != '\n' || s.p[s.n - 1] != '\n' || s.n - 2 >= sizeof rule)
        return false;
    memcpy(rule, s.p + 1, s.n - 2);
    rule[s.n - 2] = '\0';
    return strlen(rule) == s.n - 2 && (!*rule || read_rule(rule, z));
}

enum err zone_parse(struct arena *a, struct span tzif, struct zone *out) {
    struct header old, h;
    if (tzif.n > ZONE_BYTES_MAX || !read_header(tzif, &old))
        return ERR_MALFORMED;
    size_t skip = HEADER_BYTES + block_bytes(&old, 4);
    if (tzif.n < skip)
        return ERR_MALFORMED;
    struct span rest = {tzif.p + skip, tzif.n - skip};
    if (!read_header(rest, &h))
        return ERR_MALFORMED;
    size_t bytes = HEADER_BYTES + block_bytes(&h, 8);
    if (rest.n < bytes || !read_block(a, (const uint8_t *)rest.p + HEADER_BYTES, &h, out))
        return ERR_MALFORMED;
    return read_footer((struct span){rest.p + bytes, rest.n - bytes}, out) ? OK : ERR_MALFORMED;
}

struct zone zone_fixed(int minutes) {
    return (struct zone){.first = minutes * 60};
}

bool zone_is_name(const char *s) {
    size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-_/");
    bool slashes = s[0] == '/' || strstr(s, "//") || (n && s[n - 1] == '/');
    return n >= 1 && n <= ZONE_NAME_MAX && s[n] == '\0' && !slashes;
}

/* ---- offsets ---- */

static int32_t larger(int32_t a, int32_t b) { return a > b ? a : b; }

static int64_t turn_day(const struct zone_turn *t, int year) {
    int64_t new_year = calendar_day_number(year, 1, 1);
    if (t->kind == ZONE_DAY)
        return new_year + t->day;
    bool leap = calendar_day_number(year, 3, 1) - new_year == 60;
    if (t->kind == ZONE_JULIAN)
        return new_year + t->day - 1 + (leap && t->day >= 60);
    int64_t first = calendar_day_number(year, t->month, 1);
    int64_t next = t->month == 12 ? calendar_day_number(year + 1, 1, 1)
                                  : calendar_day_number(year, t->month + 1, 1);
    int64_t day = first + (t->day - calendar_weekday(first) + 14) % 7 + (t->week - 1) * 7;
    return day < next ? day : day - 7;
}

/* The moment of a turn, on the scale of `local`: there the smaller offset ends where a leap of the
 * clock ends, and begins where a repeated hour has passed twice. */
static int64_t turn_at(const struct zone *z, const struct zone_turn *t, int year, bool local) {
    int32_t before = t == &z->begins ? z->standard : z->summer;
    int64_t utc = turn_day(t, year) * CALENDAR_DAY_SECONDS + t->second - before;
    return utc + (local ? larger(z->standard, z->summer) : 0);
}

static int64_t tamed(int64_t at) {
    return at > SECONDS_MAX ? SECONDS_MAX : at < -SECONDS_MAX ? -SECONDS_MAX : at;
}

static int32_t rule_offset(const struct zone *z, int64_t at, bool local) {
    if (z->standard == z->summer)
        return z->standard;
    int year, month, day;
    calendar_civil(calendar_floor(at, CALENDAR_DAY_SECONDS), &year, &month, &day);
    int64_t begin = turn_at(z, &z->begins, year, local), end = turn_at(z, &z->ends, year, local);
    bool summer = begin < end ? at >= begin && at < end : at < end || at >= begin;
    return summer ? z->summer : z->standard;
}

static int64_t moment_at(const struct zone *z, int i, bool local) {
    int32_t before = i ? z->offsets[i - 1] : z->first;
    return z->moments[i] + (local ? larger(before, z->offsets[i]) : 0);
}

static int32_t offset_at(const struct zone *z, int64_t at, bool local) {
    int low = 0, high = z->n;
    while (low < high) {
        int middle = (low + high) / 2;
        if (moment_at(z, middle, local) <= at)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == z->n && z->ruled)
        return rule_offset(z, at, local);
    return low ? z->offsets[low - 1] : z->first;
}

int32_t zone_offset(const struct zone *z, int64_t utc_s) {
    return offset_at(z, tamed(utc_s), false);
}

int64_t zone_utc(const struct zone *z, int64_t local_s) {
    int64_t at = tamed(local_s);
    return at - offset_at(z, at, true);
}
