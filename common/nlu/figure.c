#include "figure.h"

#include <ctype.h>
#include <string.h>

#include "../codec/utf8.h"
#include "when.h"

#define IBAN_MIN 15
#define IBAN_MAX 34
#define AMOUNT_BYTES_MAX 24

static const struct {
    const char *mark, *code;
} currencies[] = {
    {"€", "EUR"},   {"$", "USD"},       {"£", "GBP"},      {"¥", "CNY"},      {"￥", "CNY"},
    {"元", "CNY"},  {"EUR", "EUR"},     {"euro", "EUR"},   {"Euro", "EUR"},   {"USD", "USD"},
    {"GBP", "GBP"}, {"DKK", "DKK"},     {"kr", "DKK"},     {"kroner", "DKK"}, {"CNY", "CNY"},
    {"RMB", "CNY"}, {"dollars", "USD"}, {"pounds", "GBP"},
};
#define CURRENCIES (sizeof currencies / sizeof *currencies)

struct hunt {
    struct arena *arena;
    const char *text, *at;
    int position; /* code points before at */
    struct reading *out;
};

static void keep(struct hunt *h, const struct reading_fact *f) {
    if (h->out->n_facts < READING_FACTS_MAX)
        h->out->facts[h->out->n_facts++] = *f;
}

static bool is_alnum(char c) { return isalnum((unsigned char)c) != 0; }

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* ISO 13616: the first four characters moved behind, letters as two digits, remainder one. */
static bool checks(const char *s, size_t n) {
    unsigned rest = 0;
    for (size_t i = 0; i < n; i++) {
        char c = s[(i + 4) % n];
        unsigned value = is_digit(c) ? (unsigned)(c - '0') : (unsigned)(c - 'A' + 10);
        rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
    }
    return rest == 1;
}

/* Bytes of the text it takes, or 0. Groups may be parted by single blanks. */
static size_t find_iban(const struct hunt *h) {
    char packed[IBAN_MAX + 1];
    size_t n = 0, i = 0, best = 0;
    const char *s = h->at;
    bool shape = isupper((unsigned char)s[0]) && isupper((unsigned char)s[1]) && is_digit(s[2]) &&
                 is_digit(s[3]);
    while (shape && n < IBAN_MAX && (isupper((unsigned char)s[i]) || is_digit(s[i]))) {
        packed[n++] = s[i++];
        bool ends = !is_alnum(s[i]);
        if (ends && n >= IBAN_MIN && checks(packed, n))
            best = i;
        i += s[i] == ' ' && is_alnum(s[i + 1]);
    }
    return best;
}

static const char *currency_at(const char *s, size_t *bytes) {
    for (size_t i = 0; i < CURRENCIES; i++) {
        size_t n = strlen(currencies[i].mark);
        if (strncmp(s, currencies[i].mark, n) != 0)
            continue;
        if (!isalpha((unsigned char)currencies[i].mark[0]) || !is_alnum(s[n])) {
            *bytes = n;
            return currencies[i].code;
        }
    }
    return NULL;
}

/* "1.234,50" and "1,234.50" alike: two digits behind the last mark are cents. Bytes read. */
static size_t take_number(const char *s, char out[AMOUNT_BYTES_MAX]) {
    size_t n = 0, used = 0, mark = 0;
    for (; (is_digit(s[n]) || ((s[n] == '.' || s[n] == ',') && is_digit(s[n + 1]))) &&
           used < AMOUNT_BYTES_MAX - 4;
         n++) {
        if (is_digit(s[n]))
            out[used++] = s[n];
        else
            mark = n;
    }
    size_t behind = mark ? n - mark - 1 : 0;
    if (behind == 1 || behind == 2) {
        memmove(out + used - behind + 1, out + used - behind, behind);
        out[used - behind] = '.';
        used++;
    }
    out[used] = '\0';
    return n;
}

static size_t run_of(const char *s) {
    size_t n = 0;
    while (is_alnum(s[n]))
        n++;
    return n;
}

/* A sign or a code right before or behind the number. */
static size_t find_amount(const struct hunt *h, const char **value) {
    const char *next = h->at + run_of(h->at);
    next += *next == ' ';
    if (is_alnum(*h->at) && !is_digit(*h->at) && !is_digit(*next))
        return 0;
    char number[AMOUNT_BYTES_MAX];
    size_t front = 0, back = 0;
    const char *code = currency_at(h->at, &front), *s = h->at + front;
    s += code && *s == ' ';
    if (!is_digit(*s))
        return 0;
    s += take_number(s, number);
    if (!code) {
        const char *behind = s + (*s == ' ');
        code = currency_at(behind, &back);
        s = code ? behind + back : s;
    }
    if (!code)
        return 0;
    *value = arena_printf(h->arena, "%s %s", number, code);
    return (size_t)(s - h->at);
}

static const char *squeezed(struct arena *a, const char *s, size_t n) {
    char *out = arena_strndup(a, s, n), *to = out;
    for (const char *c = out; *c; c++)
        if (*c != ' ')
            *to++ = *c;
    *to = '\0';
    return out;
}

static int points_of(const char *s, size_t n) {
    int points = 0;
    for (size_t i = 0; i < n; i++)
        points += ((unsigned char)s[i] & 0xC0) != 0x80;
    return points;
}

static size_t find_here(struct hunt *h) {
    struct reading_fact f = {.name = "iban", .confidence = 0.99, .start = h->position};
    size_t bytes = find_iban(h);
    if (bytes) {
        f.value = squeezed(h->arena, h->at, bytes);
    } else {
        bytes = find_amount(h, &f.value);
        f.name = "amount";
        f.confidence = 0.9;
    }
    f.end = h->position + points_of(h->at, bytes);
    if (bytes)
        keep(h, &f);
    return bytes;
}

static void walk_text(struct hunt *h) {
    while (*h->at) {
        uint32_t cp;
        size_t step = (size_t)utf8_next(h->at, &cp), run = run_of(h->at);
        bool blank = cp < 0x80 && !run && cp != '$';
        size_t found = blank ? 0 : find_here(h);
        step = found ? found : run > step ? run : step;
        h->position += points_of(h->at, step);
        h->at += step;
    }
}

static const char *date_text(struct arena *a, const struct when *w) {
    if (w->day && w->year)
        return arena_printf(a, "%04d-%02d-%02d", w->year, w->month, w->day);
    if (w->day)
        return arena_printf(a, "--%02d-%02d", w->month, w->day);
    if (w->days != WHEN_NONE)
        return arena_printf(a, "day +%d", w->days);
    return w->weekday ? arena_printf(a, "weekday %d", w->weekday) : NULL;
}

static void find_dates(struct hunt *h, const struct scan *s) {
    struct when found[WHEN_MAX];
    int n = when_find(h->text, s, found);
    for (int i = 0; i < n; i++) {
        const char *value = date_text(h->arena, &found[i]);
        if (value)
            keep(h, &(struct reading_fact){"date", value, 0.85, s->items[found[i].from].start,
                                           s->items[found[i].to - 1].end});
    }
}

void figure_read(struct arena *a, const char *text, const struct scan *s, struct reading *r) {
    struct hunt h = {a, text, text, 0, r};
    if (!r->facts)
        r->facts = ARENA_ARRAY(a, struct reading_fact, READING_FACTS_MAX);
    if (text[strcspn(text, "0123456789")])
        walk_text(&h);
    find_dates(&h, s);
}
