#include "quote_mark.h"

#include <string.h>

#include "quote_word.h"

#define WROTE_LINES_MAX 4
#define WROTE_BYTES_MAX 600
#define BLOCK_LINES_MAX 12
#define BLOCK_GAPS_MAX 3 /* lines between labels: addresses that were wrapped */
#define PHRASE_BYTES_MAX 120
#define DEVICE_BYTES_MAX 80
#define RULE_MIN 3

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool has(struct span s, char c) { return s.n && memchr(s.p, c, s.n) != NULL; }

static struct span strip(struct span s, const char *of) {
    while (s.n && strchr(of, *s.p))
        s.p++, s.n--;
    while (s.n && strchr(of, s.p[s.n - 1]))
        s.n--;
    return s;
}

/* ---- "On … wrote:" ---- */

/* 1900 … 2099 */
static bool is_year(const char *p, size_t n) {
    return n > 3 && (!memcmp(p, "19", 2) || !memcmp(p, "20", 2)) && is_digit(p[2]) &&
           is_digit(p[3]);
}

/* 9:30, 12.34 */
static bool is_hour(const char *p, size_t n) {
    size_t k = n > 1 && is_digit(p[0]) ? is_digit(p[1]) ? 2 : 1 : 0;
    return k && k + 2 < n && (p[k] == ':' || p[k] == '.') && is_digit(p[k + 1]) &&
           is_digit(p[k + 2]);
}

static bool has_time(struct span s) {
    for (size_t i = 0; i < s.n; i++)
        if ((!i || !is_digit(s.p[i - 1])) &&
            (is_year(s.p + i, s.n - i) || is_hour(s.p + i, s.n - i)))
            return true;
    return false;
}

static bool has_digit(struct span s) {
    for (size_t i = 0; i < s.n; i++)
        if (is_digit(s.p[i]))
            return true;
    return false;
}

static bool ends(struct span s, const char *tail) {
    size_t n = strlen(tail);
    return s.n >= n && !memcmp(s.p + s.n - n, tail, n);
}

static bool ends_in_colon(struct span s) { return ends(s, ":") || ends(s, "："); }

/* Does it end with an address and a colon, as where the client has no word for "wrote"? */
static bool ends_in_address(struct span s) {
    return ends(s, ">:") || ends(s, "> :") || ends(s, ">：") || ends(s, "):") || ends(s, "&gt;:");
}

/* The last few letters, for languages that end with the verb and no colon. */
static struct span last_word(struct span s) {
    struct span tail = s;
    while (tail.n && tail.p[tail.n - 1] != ' ')
        tail.n--;
    return (struct span){s.p + tail.n, s.n - tail.n};
}

/* All of an attribution is in the one piece of text. */
static bool attributes(struct span s) {
    bool address = has(s, '@');
    if (!ends_in_colon(s))
        return address && has_digit(s) && quote_word_wrote(last_word(s));
    if (address && has_time(s) && ends_in_address(s))
        return true;
    if (!address && !(has_digit(s) && (quote_word_opens(s) || is_digit(*s.p))))
        return false;
    return quote_word_wrote(s) && !quote_word_self(s);
}

static bool opens(struct span s) {
    return s.n && (is_digit(*s.p) || *s.p == '"' || quote_word_opens(s));
}

/* Lines i … i+n-1 with a space between; false: too long. */
static bool join(const struct quote_lines *lines, int i, int n, char out[WROTE_BYTES_MAX + 1]) {
    size_t len = 0;
    for (int k = i; k < i + n; k++) {
        struct span s = lines->items[k].text;
        if (len + s.n + 1 > WROTE_BYTES_MAX)
            return false;
        memcpy(out + len, s.p, s.n);
        len += s.n;
        out[len++] = ' ';
    }
    out[len] = '\0';
    return len > 0;
}

/* The shortest run of lines from i that is an attribution; 0: none. */
static int wrote_lines(const struct quote_lines *lines, int i) {
    char text[WROTE_BYTES_MAX + 1];
    struct span first = strip(lines->items[i].text, "-*_ ");
    bool wrapped_address = i + 1 < lines->n && first.n && has_digit(first) == false &&
                           quote_word_starts(lines->items[i + 1].text, "<");
    for (int n = 1; n <= WROTE_LINES_MAX && i + n <= lines->n; n++) {
        const struct quote_line *last = &lines->items[i + n - 1];
        if (last->blank || (last->quoted && n > 1 && !ends_in_colon(last->text)) ||
            !join(lines, i, n, text))
            return 0;
        if (n > 1 && !opens(first) && !(n == 2 && wrapped_address))
            return 0;
        if (attributes(strip(span_of(text), "-*_ ")))
            return n;
    }
    return 0;
}

/* ---- From, Sent, To, Subject ---- */

struct block {
    bool seen[QUOTE_SUBJECT + 1];
    int kinds, gaps, last;
    bool address;
};

static void see(struct block *b, const struct quote_line *line, int i) {
    enum quote_label label = quote_word_label(line->text);
    if (label == QUOTE_LABEL_NONE) {
        b->gaps++;
        b->address |= b->gaps == 1 && has(line->text, '@');
        return;
    }
    b->kinds += label != QUOTE_CC && !b->seen[label];
    b->seen[label] = true;
    b->address |= has(line->text, '@');
    b->last = i;
}

/* Three kinds of label, the sender's among them, close together; and a subject or an address, so
 * that somebody's "From: Oslo, To: Bergen, Date: Friday" is no mail. */
static int header_lines(const struct quote_lines *lines, int i) {
    struct block b = {.last = i};
    enum quote_label first = quote_word_label(lines->items[i].text);
    if (first == QUOTE_LABEL_NONE || first == QUOTE_CC)
        return 0;
    for (int k = i; k < lines->n && k < i + BLOCK_LINES_MAX && b.gaps <= BLOCK_GAPS_MAX; k++)
        if (!lines->items[k].blank)
            see(&b, &lines->items[k], k);
    bool mail = b.kinds >= 3 && b.seen[QUOTE_FROM] && (b.seen[QUOTE_SUBJECT] || b.address);
    return mail ? b.last - i + 1 : 0;
}

/* ---- lines that say it themselves ---- */

static bool dashed(struct span s) {
    return s.n > 1 && strchr("-_=*", s.p[0]) && strchr("-_=* ", s.p[1]);
}

bool quote_mark_rule(const struct quote_line *line) {
    return line->text.n >= RULE_MIN && strip(line->text, "-_=*~ ").n == 0;
}

static enum quote_mark said(const struct quote_line *line) {
    struct span s = line->text, phrase = strip(s, "-_=*: ");
    if (s.n > PHRASE_BYTES_MAX)
        return QUOTE_NONE;
    if (quote_word_forward(phrase) && (dashed(s) || ends_in_colon(s)))
        return QUOTE_FORWARD;
    if (quote_word_above(strip(s, "#-_=*: ")))
        return QUOTE_ORIGINAL;
    return dashed(s) && quote_word_original(phrase) ? QUOTE_ORIGINAL : QUOTE_NONE;
}

enum quote_mark quote_mark_at(const struct quote_lines *lines, int i, int *n) {
    const struct quote_line *line = &lines->items[i];
    enum quote_mark mark = said(line);
    *n = 1;
    if (mark != QUOTE_NONE)
        return mark;
    int long_ = header_lines(lines, i);
    if (long_) {
        *n = long_;
        return QUOTE_HEADERS;
    }
    *n = wrote_lines(lines, i);
    return *n ? QUOTE_WROTE : QUOTE_NONE;
}

/* A line of its own, short, and no sentence. */
bool quote_mark_device(const struct quote_line *line) {
    struct span s = strip(line->text, "*_ ");
    const char *link = s.n ? memchr(s.p, '<', s.n) : NULL;
    if (link && quote_word_starts((struct span){link, s.n - (size_t)(link - s.p)}, "<http"))
        s = strip((struct span){s.p, (size_t)(link - s.p)}, " ");
    return s.n && s.n <= DEVICE_BYTES_MAX && !strchr("?!:,;", s.p[s.n - 1]) && quote_word_device(s);
}
