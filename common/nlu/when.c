#include "when.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../base/span.h"
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

/* Words are folded and parted by one blank; single ideographs too; alternatives by '|'. Written for
 * the project. */
static const struct list {
    const char *words;
    enum sense sense;
    int value;
} lists[] = {
    {"monday|maandag|mandag|montag|周 一|星 期 一", WEEKDAY, 1},
    {"tuesday|dinsdag|tirsdag|dienstag|周 二|星 期 二", WEEKDAY, 2},
    {"wednesday|woensdag|onsdag|mittwoch|周 三|星 期 三", WEEKDAY, 3},
    {"thursday|donderdag|torsdag|donnerstag|周 四|星 期 四", WEEKDAY, 4},
    {"friday|vrijdag|fredag|freitag|周 五|星 期 五", WEEKDAY, 5},
    {"saturday|zaterdag|lørdag|samstag|sonnabend|周 六|星 期 六", WEEKDAY, 6},
    {"sunday|zondag|søndag|sonntag|周 日|星 期 日|星 期 天", WEEKDAY, 7},
    {"january|januari|januar|jan", MONTH, 1},
    {"february|februari|februar|feb", MONTH, 2},
    {"march|maart|marts|märz", MONTH, 3},
    {"april|apr", MONTH, 4},
    {"may|mei|maj|mai", MONTH, 5},
    {"june|juni|jun", MONTH, 6},
    {"july|juli|jul", MONTH, 7},
    {"august|augustus|aug", MONTH, 8},
    {"september|sep|sept", MONTH, 9},
    {"october|oktober|oct|okt", MONTH, 10},
    {"november|nov", MONTH, 11},
    {"december|dezember|dec|dez", MONTH, 12},
    {"today|tonight|vandaag|vanavond|vanmiddag|i dag|i aften|i eftermiddag|heute|"
     "heute abend|今 天|今 晚",
     DAYS, 0},
    {"tomorrow|morgen|i morgen|morgen früh|明 天", DAYS, 1},
    {"day after tomorrow|overmorgen|i overmorgen|übermorgen|后 天", DAYS, 2},
    {"minute|minutes|minuut|minuten|minut|minutter|分 钟", UNIT, 1},
    {"hour|hours|uur|uren|time|timer|stunde|stunden|小 时|个 小 时", UNIT, 60},
    {"day|days|dag|dagen|dage|tag|tage|tagen|天", UNIT, 1440},
    {"week|weeks|weken|uge|uger|woche|wochen|周", UNIT, 10080},
    {"one|an|een|één|en|et|eine|einer|eines|一", COUNT, 1},
    {"two|twee|to|zwei|两|二", COUNT, 2},
    {"three|drie|tre|drei|三", COUNT, 3},
    {"four|vier|fire|四", COUNT, 4},
    {"five|vijf|fem|fünf|五", COUNT, 5},
    {"uhr|uur|o'clock|点", HOUR_MARK, 0},
    {"pm|下 午|晚 上", AFTERNOON, 0},
    {"am|上 午", MORNING, 0},
    {"at|om|kl|klokken|um|by|before|voor|inden|før|vor|bis|den|the|of|d", LINK, 0},
    {"soon|shortly|asap|as soon as possible|in a moment|later|binnenkort|spoedig|"
     "zo snel mogelijk|zo spoedig mogelijk|snart|hurtigst muligt|"
     "så hurtigt som muligt|senere|bald|in kürze|demnächst|so schnell wie möglich|"
     "später|尽 快|稍 后|马 上",
     VAGUE, 0},
};
#define LISTS (sizeof lists / sizeof *lists)

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
struct entry {
    struct span words; /* p NULL: the slot is free */
    enum sense sense;
    int value;
};
static uint64_t begins[64];
static struct entry slots[SLOTS];
static pthread_once_t built_once = PTHREAD_ONCE_INIT;

static void add_entry(const struct list *l, struct span words) {
    size_t first_word = 0;
    while (first_word < words.n && words.p[first_word] != ' ')
        first_word++;
    uint64_t first = text_hash(words.p, first_word, 0);
    uint64_t slot = text_hash(words.p, words.n, 0) % SLOTS;
    begins[first >> 6 & 63] |= 1ull << (first & 63);
    while (slots[slot].words.p)
        slot = (slot + 1) % SLOTS;
    slots[slot] = (struct entry){words, l->sense, l->value};
}

static void build(void) {
    for (size_t i = 0; i < LISTS; i++) {
        struct span rest = span_of(lists[i].words), one;
        while (span_split(&rest, '|', &one))
            add_entry(&lists[i], one);
    }
}

/* Of several the last: "uur" may end an hour and be a span of one. */
static const struct entry *entry_of(const char *words, size_t n) {
    const struct entry *found = NULL;
    for (uint64_t slot = text_hash(words, n, 0) % SLOTS; slots[slot].words.p;
         slot = (slot + 1) % SLOTS)
        if (span_equal(slots[slot].words, (struct span){words, n}))
            found = &slots[slot];
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

/* Goes behind an am or pm, blank or not: 'a', 'p', or NUL for none. */
static char take_half(const char **at) {
    const char *s = *at + (**at == ' ');
    char half = (char)(s[0] | 0x20);
    if ((half != 'a' && half != 'p') || (s[1] | 0x20) != 'm')
        return '\0';
    *at = s + 2;
    return half;
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
    char half = take_half(&at);
    if ((!parted && !half) || minute < 0 || minute > 59)
        return 0;
    out->hour = half == 'p' && hour < 12 ? hour + 12 : half == 'a' && hour == 12 ? 0 : hour;
    out->minute = minute;
    return (size_t)(at - s);
}

static int pieces_until(const struct walk *w, const char *start, size_t bytes) {
    int points = w->scan->items[w->at].start, to = w->at;
    for (const char *s = start; s < start + bytes; s++)
        points += ((unsigned char)*s & 0xC0) != 0x80;
    while (to < w->scan->n && w->scan->items[to].start < points)
        to++;
    return to - w->at;
}

/* "24 December 2027": pieces taken, the year among them if one stands there. */
static int with_year(const struct walk *w, int used, struct when *out) {
    const char *fold = w->at + used < w->scan->n ? w->scan->items[w->at + used].fold : "";
    bool year = strspn(fold, "0123456789") == 4 && fold[4] == '\0' && fold[0] == '2';
    if (!year || out->year)
        return used;
    out->year = (int)strtol(fold, NULL, 10);
    return used + 1;
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
    return with_year(w, used + more, out);
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
    return with_year(w, used + 1, out);
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

/* Does a part at this piece belong to the time found before it? */
static bool goes_on(const struct when *before, int at, bool linked) {
    return before->to == at || (linked && before->to == at - 1);
}

int when_find(const char *text, const struct scan *s, struct when out[WHEN_MAX]) {
    struct walk w = {.text = text, .scan = s};
    struct when now = nothing;
    int n = 0;
    bool linked = false;
    while (w.at < s->n && n < WHEN_MAX) {
        if (now.to && !goes_on(&now, w.at, linked)) {
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
