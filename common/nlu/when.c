#include "when.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../codec/text.h"
#include "../codec/utf8.h"

#define WORDS_MAX 5 /* of one entry */
#define WORD_BYTES 96

enum sense {
    WEEKDAY,
    MONTH,
    DAYS,
    UNIT,  /* minutes of one */
    COUNT, /* a number in words */
    HOUR_MARK,
    AFTERNOON, /* twelve hours later */
    MORNING,
    LINK, /* between parts of one time */
    VAGUE
};

/* Words are folded and parted by one blank; single ideographs too. Written for the project. */
static const struct entry {
    const char *words;
    enum sense sense;
    int value;
} entries[] = {
#define DAY(n, ...)                                                                                \
    { __VA_ARGS__, WEEKDAY, n }
    DAY(1, "monday"),
    DAY(1, "maandag"),
    DAY(1, "mandag"),
    DAY(1, "montag"),
    DAY(2, "tuesday"),
    DAY(2, "dinsdag"),
    DAY(2, "tirsdag"),
    DAY(2, "dienstag"),
    DAY(3, "wednesday"),
    DAY(3, "woensdag"),
    DAY(3, "onsdag"),
    DAY(3, "mittwoch"),
    DAY(4, "thursday"),
    DAY(4, "donderdag"),
    DAY(4, "torsdag"),
    DAY(4, "donnerstag"),
    DAY(5, "friday"),
    DAY(5, "vrijdag"),
    DAY(5, "fredag"),
    DAY(5, "freitag"),
    DAY(6, "saturday"),
    DAY(6, "zaterdag"),
    DAY(6, "lørdag"),
    DAY(6, "samstag"),
    DAY(6, "sonnabend"),
    DAY(7, "sunday"),
    DAY(7, "zondag"),
    DAY(7, "søndag"),
    DAY(7, "sonntag"),
    DAY(1, "周 一"),
    DAY(1, "星 期 一"),
    DAY(2, "周 二"),
    DAY(2, "星 期 二"),
    DAY(3, "周 三"),
    DAY(3, "星 期 三"),
    DAY(4, "周 四"),
    DAY(4, "星 期 四"),
    DAY(5, "周 五"),
    DAY(5, "星 期 五"),
    DAY(6, "周 六"),
    DAY(6, "星 期 六"),
    DAY(7, "周 日"),
    DAY(7, "星 期 日"),
    DAY(7, "星 期 天"),
#define MON(n, ...)                                                                                \
    { __VA_ARGS__, MONTH, n }
    MON(1, "january"),
    MON(1, "januari"),
    MON(1, "januar"),
    MON(1, "jan"),
    MON(2, "february"),
    MON(2, "februari"),
    MON(2, "februar"),
    MON(2, "feb"),
    MON(3, "march"),
    MON(3, "maart"),
    MON(3, "marts"),
    MON(3, "märz"),
    MON(4, "april"),
    MON(4, "apr"),
    MON(5, "may"),
    MON(5, "mei"),
    MON(5, "maj"),
    MON(5, "mai"),
    MON(6, "june"),
    MON(6, "juni"),
    MON(6, "jun"),
    MON(7, "july"),
    MON(7, "juli"),
    MON(7, "jul"),
    MON(8, "august"),
    MON(8, "augustus"),
    MON(8, "aug"),
    MON(9, "september"),
    MON(9, "sep"),
    MON(9, "sept"),
    MON(10, "october"),
    MON(10, "oktober"),
    MON(10, "oct"),
    MON(10, "okt"),
    MON(11, "november"),
    MON(11, "nov"),
    MON(12, "december"),
    MON(12, "dezember"),
    MON(12, "dec"),
    MON(12, "dez"),
    {"today", DAYS, 0},
    {"tonight", DAYS, 0},
    {"vandaag", DAYS, 0},
    {"vanavond", DAYS, 0},
    {"vanmiddag", DAYS, 0},
    {"i dag", DAYS, 0},
    {"i aften", DAYS, 0},
    {"i eftermiddag", DAYS, 0},
    {"heute", DAYS, 0},
    {"heute abend", DAYS, 0},
    {"今 天", DAYS, 0},
    {"今 晚", DAYS, 0},
    {"tomorrow", DAYS, 1},
    {"morgen", DAYS, 1},
    {"i morgen", DAYS, 1},
    {"morgen früh", DAYS, 1},
    {"明 天", DAYS, 1},
    {"day after tomorrow", DAYS, 2},
    {"overmorgen", DAYS, 2},
    {"i overmorgen", DAYS, 2},
    {"übermorgen", DAYS, 2},
    {"后 天", DAYS, 2},
#define SPAN_OF(n, ...)                                                                            \
    { __VA_ARGS__, UNIT, n }
    SPAN_OF(1, "minute"),
    SPAN_OF(1, "minutes"),
    SPAN_OF(1, "minuut"),
    SPAN_OF(1, "minuten"),
    SPAN_OF(1, "minut"),
    SPAN_OF(1, "minutter"),
    SPAN_OF(1, "分 钟"),
    SPAN_OF(60, "hour"),
    SPAN_OF(60, "hours"),
    SPAN_OF(60, "uur"),
    SPAN_OF(60, "uren"),
    SPAN_OF(60, "time"),
    SPAN_OF(60, "timer"),
    SPAN_OF(60, "stunde"),
    SPAN_OF(60, "stunden"),
    SPAN_OF(60, "小 时"),
    SPAN_OF(60, "个 小 时"),
    SPAN_OF(1440, "day"),
    SPAN_OF(1440, "days"),
    SPAN_OF(1440, "dag"),
    SPAN_OF(1440, "dagen"),
    SPAN_OF(1440, "dage"),
    SPAN_OF(1440, "tag"),
    SPAN_OF(1440, "tage"),
    SPAN_OF(1440, "tagen"),
    SPAN_OF(1440, "天"),
    SPAN_OF(10080, "week"),
    SPAN_OF(10080, "weeks"),
    SPAN_OF(10080, "weken"),
    SPAN_OF(10080, "uge"),
    SPAN_OF(10080, "uger"),
    SPAN_OF(10080, "woche"),
    SPAN_OF(10080, "wochen"),
    SPAN_OF(10080, "周"),
#define NUM(n, ...)                                                                                \
    { __VA_ARGS__, COUNT, n }
    NUM(1, "one"),
    NUM(1, "an"),
    NUM(1, "een"),
    NUM(1, "één"),
    NUM(1, "en"),
    NUM(1, "et"),
    NUM(1, "eine"),
    NUM(1, "einer"),
    NUM(1, "eines"),
    NUM(1, "一"),
    NUM(2, "two"),
    NUM(2, "twee"),
    NUM(2, "to"),
    NUM(2, "zwei"),
    NUM(2, "两"),
    NUM(2, "二"),
    NUM(3, "three"),
    NUM(3, "drie"),
    NUM(3, "tre"),
    NUM(3, "drei"),
    NUM(3, "三"),
    NUM(4, "four"),
    NUM(4, "vier"),
    NUM(4, "fire"),
    NUM(4, "四"),
    NUM(5, "five"),
    NUM(5, "vijf"),
    NUM(5, "fem"),
    NUM(5, "fünf"),
    NUM(5, "五"),
    {"uhr", HOUR_MARK, 0},
    {"uur", HOUR_MARK, 0},
    {"o'clock", HOUR_MARK, 0},
    {"点", HOUR_MARK, 0},
    {"pm", AFTERNOON, 0},
    {"下 午", AFTERNOON, 0},
    {"晚 上", AFTERNOON, 0},
    {"am", MORNING, 0},
    {"上 午", MORNING, 0},
    {"at", LINK, 0},
    {"om", LINK, 0},
    {"kl", LINK, 0},
    {"klokken", LINK, 0},
    {"um", LINK, 0},
    {"by", LINK, 0},
    {"before", LINK, 0},
    {"voor", LINK, 0},
    {"inden", LINK, 0},
    {"før", LINK, 0},
    {"vor", LINK, 0},
    {"bis", LINK, 0},
    {"den", LINK, 0},
    {"the", LINK, 0},
    {"of", LINK, 0},
    {"d", LINK, 0},
    {"soon", VAGUE, 0},
    {"shortly", VAGUE, 0},
    {"asap", VAGUE, 0},
    {"as soon as possible", VAGUE, 0},
    {"in a moment", VAGUE, 0},
    {"later", VAGUE, 0},
    {"binnenkort", VAGUE, 0},
    {"spoedig", VAGUE, 0},
    {"zo snel mogelijk", VAGUE, 0},
    {"zo spoedig mogelijk", VAGUE, 0},
    {"snart", VAGUE, 0},
    {"hurtigst muligt", VAGUE, 0},
    {"så hurtigt som muligt", VAGUE, 0},
    {"senere", VAGUE, 0},
    {"bald", VAGUE, 0},
    {"in kürze", VAGUE, 0},
    {"demnächst", VAGUE, 0},
    {"so schnell wie möglich", VAGUE, 0},
    {"später", VAGUE, 0},
    {"尽 快", VAGUE, 0},
    {"稍 后", VAGUE, 0},
    {"马 上", VAGUE, 0},
};
#define ENTRIES (sizeof entries / sizeof *entries)

struct walk {
    const char *text;
    const struct scan *scan;
    int at;      /* piece */
    size_t byte; /* of text, where `point` is */
    int point;
};

/* Entries by the hash of their words, and bits of the first of them: most pieces of a text begin no
 * entry. */
#define SLOTS 1024
static uint64_t begins[64];
static const struct entry *slots[SLOTS];
static pthread_once_t built_once = PTHREAD_ONCE_INIT;

static void build(void) {
    for (size_t i = 0; i < ENTRIES; i++) {
        uint64_t first = text_hash(entries[i].words, strcspn(entries[i].words, " "), 0);
        uint64_t slot = text_hash(entries[i].words, strlen(entries[i].words), 0) % SLOTS;
        begins[first >> 6 & 63] |= 1ull << (first & 63);
        while (slots[slot])
            slot = (slot + 1) % SLOTS;
        slots[slot] = &entries[i];
    }
}

/* Of several the last: "uur" may end an hour and be a span of one. */
static const struct entry *entry_of(const char *words, size_t n) {
    const struct entry *found = NULL;
    for (uint64_t slot = text_hash(words, n, 0) % SLOTS; slots[slot]; slot = (slot + 1) % SLOTS)
        if (strcmp(slots[slot]->words, words) == 0)
            found = slots[slot];
    return found;
}

static bool may_begin(const struct scan_piece *p) {
    pthread_once(&built_once, build);
    return begins[p->hash >> 6 & 63] >> (p->hash & 63) & 1;
}

/* The longest entry that begins at the piece; *used: its pieces. */
static const struct entry *entry_at(const struct scan *s, int at, int *used) {
    char joined[WORD_BYTES];
    size_t n = 0;
    const struct entry *found = NULL;
    if (at >= s->n || !may_begin(&s->items[at]))
        return NULL;
    for (int k = 0; k < WORDS_MAX && at + k < s->n; k++) {
        const struct scan_piece *p = &s->items[at + k];
        if (n + (size_t)p->bytes + 2 > sizeof joined || (k && p->before == SCAN_SENTENCE))
            break;
        if (k)
            joined[n++] = ' ';
        memcpy(joined + n, p->fold, (size_t)p->bytes + 1);
        n += (size_t)p->bytes;
        const struct entry *longer = entry_of(joined, n);
        found = longer ? longer : found;
        *used = longer ? k + 1 : *used;
    }
    return found;
}

/* Bytes of the text from a code point on; points are asked for in ascending order. */
static const char *text_at(struct walk *w, int point) {
    for (uint32_t cp; w->point < point; w->point++)
        w->byte += (size_t)utf8_next(w->text + w->byte, &cp);
    return w->text + w->byte;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static int digits_at(const char **s, int most) {
    int value = 0, n = 0;
    for (; n < most && is_digit(**s); n++)
        value = 10 * value + *(*s)++ - '0';
    return n && !is_digit(**s) ? value : -1;
}

static bool fill_date(struct when *out, int a, int b, int c) {
    bool iso = a > 31;
    int year = iso ? a : c, month = b, day = iso ? c : a;
    if (!iso && month > 12 && day <= 12)
        month = a, day = b;
    if (year >= 0 && year < 100)
        year += 2000;
    if (month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    out->year = year > 0 ? year : 0;
    out->month = month;
    out->day = day;
    return true;
}

/* 2026-11-24, 24-11-2026, 24.12., 24/12/26; 11/24/2026 where nothing else fits. Bytes, or 0. */
static size_t take_date(const char *s, struct when *out) {
    const char *at = s;
    int a = digits_at(&at, 4), b, c = -1;
    char mark = *at;
    if (a < 0 || (mark != '-' && mark != '/' && mark != '.') || !is_digit(at[1]))
        return 0;
    at++;
    b = digits_at(&at, 2);
    bool third = *at == mark && is_digit(at[1]);
    if (third) {
        at++;
        c = digits_at(&at, 4);
    }
    bool closed = third || *at == mark || mark == '/';
    if (b < 0 || !closed || (third && c < 0) || (mark == '-' && !third))
        return 0;
    return fill_date(out, a, b, c) ? (size_t)(at - s) : 0;
}

/* 17:30, 17.30 behind a word that says so, 5pm. Bytes, or 0. */
static size_t take_clock(const char *s, bool linked, struct when *out) {
    const char *at = s;
    int hour = digits_at(&at, 2), minute = 0;
    bool parted = (*at == ':' || (linked && *at == '.')) && is_digit(at[1]) && is_digit(at[2]);
    if (hour < 0 || hour > 24)
        return 0;
    if (parted) {
        at++;
        minute = digits_at(&at, 2);
    }
    const char *suffix = at + (*at == ' ');
    bool pm = (suffix[0] | 0x20) == 'p' && (suffix[1] | 0x20) == 'm';
    bool am = (suffix[0] | 0x20) == 'a' && (suffix[1] | 0x20) == 'm';
    if ((!parted && !pm && !am) || minute < 0 || minute > 59)
        return 0;
    out->hour = pm && hour < 12 ? hour + 12 : am && hour == 12 ? 0 : hour;
    out->minute = minute;
    return (size_t)((pm || am ? suffix + 2 : at) - s);
}

static int pieces_until(const struct walk *w, const char *start, size_t bytes) {
    int points = w->scan->items[w->at].start, to = w->at;
    for (const char *s = start; s < start + bytes; s++)
        points += ((unsigned char)*s & 0xC0) != 0x80;
    while (to < w->scan->n && w->scan->items[to].start < points)
        to++;
    return to - w->at;
}

/* A number and what follows it: a span, a day of a month, an hour. Pieces taken, or 0. */
static int take_counted(const struct walk *w, int number, int used, struct when *out) {
    int more = 0;
    const struct entry *next = entry_at(w->scan, w->at + used, &more);
    if (!next || number < 0)
        return 0;
    if (next->sense == HOUR_MARK && number <= 24) {
        out->hour = number;
        return used + more;
    }
    if (next->sense == UNIT && number <= 365) {
        out->minutes = number * next->value;
        return used + more;
    }
    if (next->sense != MONTH || number < 1 || number > 31)
        return 0;
    out->day = number;
    out->month = next->value;
    return used + more;
}

/* "24th", "24." */
static int number_of(const char *fold) {
    int value = (int)strtol(fold, NULL, 10);
    static const char *const endings[] = {"", "st", "nd", "rd", "th", "e"};
    const char *rest = fold + strspn(fold, "0123456789");
    for (size_t i = 0; rest != fold && i < sizeof endings / sizeof *endings; i++)
        if (strcmp(rest, endings[i]) == 0)
            return value;
    return -1;
}

static int take_number(struct walk *w, bool linked, struct when *out) {
    const struct scan_piece *p = &w->scan->items[w->at];
    const char *here = text_at(w, p->start);
    size_t bytes = take_date(here, out);
    bytes = bytes ? bytes : take_clock(here, linked, out);
    if (bytes)
        return pieces_until(w, here, bytes);
    int number = number_of(p->fold), taken = take_counted(w, number, 1, out);
    if (taken || !linked || number < 1 || number > 24 || out->day)
        return taken;
    out->hour = number; /* "at 5", "kl. 17" */
    return 1;
}

static int take_month(const struct walk *w, const struct entry *e, int used, struct when *out) {
    int number = w->at + used < w->scan->n ? number_of(w->scan->items[w->at + used].fold) : -1;
    if (number < 1 || number > 31)
        return 0;
    out->month = e->value;
    out->day = number;
    return used + 1;
}

/* One part of a time at the walk's piece: pieces taken, or 0. */
static int take_part(struct walk *w, bool linked, struct when *out) {
    int used = 0;
    if (w->scan->items[w->at].kind == SCAN_NUMBER)
        return take_number(w, linked, out);
    const struct entry *e = entry_at(w->scan, w->at, &used);
    if (!e)
        return 0;
    if (e->sense == WEEKDAY)
        out->weekday = e->value;
    else if (e->sense == DAYS)
        out->days = e->value;
    else if (e->sense == VAGUE)
        out->vague = true;
    else if (e->sense == AFTERNOON && out->hour != WHEN_NONE && out->hour < 12)
        out->hour += 12;
    else
        return e->sense == COUNT   ? take_counted(w, e->value, used, out)
               : e->sense == MONTH ? take_month(w, e, used, out)
                                   : 0;
    return used;
}

static bool is_link(const struct walk *w) {
    int used = 0;
    const struct entry *e = entry_at(w->scan, w->at, &used);
    return e && used == 1 && e->sense == LINK;
}

static const struct when nothing = {.days = WHEN_NONE, .minutes = WHEN_NONE, .hour = WHEN_NONE};

int when_find(const char *text, const struct scan *s, struct when out[WHEN_MAX]) {
    struct walk w = {.text = text, .scan = s};
    struct when now = nothing;
    int n = 0;
    bool linked = false;
    while (w.at < s->n && n < WHEN_MAX) {
        bool joined = now.to == w.at || (linked && now.to == w.at - 1);
        if (now.to && !joined) {
            out[n++] = now;
            now = nothing;
            continue;
        }
        int start = w.at, taken = take_part(&w, linked, &now);
        linked = !taken && is_link(&w);
        w.at += taken ? taken : 1;
        if (!taken)
            continue;
        now.from = now.to ? now.from : start;
        now.to = w.at;
    }
    if (now.to && n < WHEN_MAX)
        out[n++] = now;
    return n;
}
