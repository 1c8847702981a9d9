#include "quote.h"

#include <string.h>

#include "quote_mark.h"
#include "utf8.h"

#define SIGNATURE_LINES_MAX 40 /* behind "-- " */
#define DASHES_LINES_MAX 12    /* behind dashes that lost their space */

/* ---- lines ---- */

/* The same line with spaces of every kind made plain and unseen marks dropped. */
static struct span plain(struct span raw, char *to) {
    char *at = to;
    for (size_t i = 0; i < raw.n;) {
        uint32_t cp = 0;
        int n = (signed char)raw.p[i] < 0 ? utf8_next(raw.p + i, &cp) : 1;
        bool space = cp == 0xa0 || cp == 0x202f || cp == 0x3000 || (cp >= 0x2000 && cp <= 0x200a);
        bool unseen = cp == 0xfeff || cp == 0x200b || (cp >= 0x200d && cp <= 0x200f) ||
                      (cp >= 0x202a && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069);
        if (space)
            *at++ = ' ';
        else if (!unseen)
            for (int k = 0; k < n; k++)
                *at++ = raw.p[i + (size_t)k];
        i += (size_t)n;
    }
    return span_trim((struct span){to, (size_t)(at - to)});
}

static struct quote_lines read_lines(struct arena *a, const char *text) {
    size_t size = strlen(text);
    struct span rest = {text, size}, raw;
    struct quote_lines lines = {NULL, 0};
    int n = 1;
    for (const char *p = text; (p = memchr(p, '\n', size - (size_t)(p - text))); p++)
        n++;
    char *room = arena_alloc(a, size + 1);
    lines.items = ARENA_ARRAY(a, struct quote_line, n);
    while (span_split(&rest, '\n', &raw)) {
        struct quote_line *line = &lines.items[lines.n++];
        line->raw = raw;
        line->text = plain(raw, room);
        line->blank = line->text.n == 0;
        line->quoted = line->text.n && line->text.p[0] == '>';
        room += raw.n;
    }
    return lines;
}

/* ---- what stands where ---- */

static bool own(const struct quote_line *line) { return !line->blank && !line->quoted; }

static bool any_own(const struct quote_lines *lines, int from, int to) {
    for (int i = from; i < to; i++)
        if (own(&lines->items[i]) && !quote_mark_rule(&lines->items[i]))
            return true;
    return false;
}

static bool any_quoted(const struct quote_lines *lines, int from, int to) {
    for (int i = from; i < to; i++)
        if (lines->items[i].quoted)
            return true;
    return false;
}

static bool is_dashes(const struct quote_line *line) {
    return span_is(line->text, "--") || span_is(line->text, "—") || span_is(line->text, "–");
}

/* At most so many lines that are not empty. */
static bool few(const struct quote_lines *lines, int from, int to, int max) {
    for (int i = from; i < to && max >= 0; i++)
        max -= !lines->items[i].blank;
    return max >= 0;
}

static bool begins_signature(const struct quote_lines *lines, int i, int to) {
    const struct quote_line *line = &lines->items[i];
    bool apart = i == 0 || lines->items[i - 1].blank || is_dashes(&lines->items[i - 1]) ||
                 i + 1 >= to || lines->items[i + 1].blank;
    if (line->raw.n >= 3 && !memcmp(line->raw.p, "-- ", 3) && line->text.n == 2)
        return few(lines, i + 1, to, SIGNATURE_LINES_MAX);
    if (is_dashes(line))
        return few(lines, i + 1, to, DASHES_LINES_MAX);
    return apart && quote_mark_device(line);
}

/* Where the signature of the lines up to `to` begins; `to`: there is none, or nothing else. */
static int signature_at(const struct quote_lines *lines, int to) {
    for (int i = 0; i < to; i++)
        if (!lines->items[i].blank && begins_signature(lines, i, to))
            return any_own(lines, 0, i) ? i : to;
    return to;
}

/* A quoted line that was wrapped by somebody's client: no '>', but between two that have it. */
static bool wrapped(const struct quote_lines *lines, int i) {
    return i > 0 && i + 1 < lines->n && lines->items[i - 1].quoted && lines->items[i + 1].quoted;
}

/* Does anything of the writer's own stand behind line i, which opens a quotation with '>'? */
static bool answers_below(const struct quote_lines *lines, int i) {
    for (; i < lines->n; i++) {
        int n;
        const struct quote_line *line = &lines->items[i];
        if (!own(line) || wrapped(lines, i) || quote_mark_rule(line))
            continue;
        if (begins_signature(lines, i, lines->n) || quote_mark_at(lines, i, &n) != QUOTE_NONE)
            return false;
        bool tail = i > 0 && lines->items[i - 1].quoted && !any_own(lines, i + 1, lines->n);
        return !tail || !few(lines, i, lines->n, 1);
    }
    return false;
}

static int next_filled(const struct quote_lines *lines, int i) {
    while (i < lines->n && lines->items[i].blank)
        i++;
    return i;
}

/* ---- where to cut ---- */

/* The line from which on everything is quoted; lines->n: nothing is to be cut. */
static int judge(const struct quote_lines *lines, enum quote_mark mark, int at, int n) {
    if (!any_own(lines, 0, at) || any_quoted(lines, 0, at))
        return lines->n;
    int next = next_filled(lines, at + n);
    if (mark == QUOTE_WROTE && next < lines->n && lines->items[next].quoted &&
        answers_below(lines, next))
        return lines->n;
    return at;
}

/* Quoted lines at the very end that nothing announces. */
static int trailing(const struct quote_lines *lines) {
    int end = signature_at(lines, lines->n), last = end;
    while (last > 0 && !own(&lines->items[last - 1]))
        last--;
    if (last == 0 || !any_quoted(lines, last, end) || any_quoted(lines, 0, last))
        return lines->n;
    const struct span line = lines->items[last - 1].text;
    bool announces = line.n > 1 && (line.p[line.n - 1] == ':') && memchr(line.p, '@', line.n);
    return announces && any_own(lines, 0, last - 1) ? last - 1 : last;
}

static int cut_at(const struct quote_lines *lines, bool forwarded, struct quote *out) {
    for (int i = 0, n = 1; i < lines->n; i++) {
        const struct quote_line *line = &lines->items[i];
        enum quote_mark mark = own(line) ? quote_mark_at(lines, i, &n) : QUOTE_NONE;
        if (mark == QUOTE_NONE)
            continue;
        if (mark == QUOTE_FORWARD || (forwarded && mark != QUOTE_WROTE)) {
            out->forwards = true;
            return lines->n;
        }
        return judge(lines, mark, i, n);
    }
    return trailing(lines);
}

/* Rules and empty lines that lead over to what was cut. */
static int before_rules(const struct quote_lines *lines, int at) {
    while (at > 0 && at < lines->n &&
           (lines->items[at - 1].blank || quote_mark_rule(&lines->items[at - 1])))
        at--;
    return at;
}

/* The text from line `from` up to line `to`, without empty lines around it. */
static struct span piece(const struct quote_lines *lines, int from, int to) {
    while (from < to && lines->items[from].blank)
        from++;
    while (to > from && lines->items[to - 1].blank)
        to--;
    if (from == to)
        return (struct span){"", 0};
    const char *p = lines->items[from].raw.p;
    const struct span last = lines->items[to - 1].raw;
    return span_trim((struct span){p, (size_t)(last.p + last.n - p)});
}

struct quote quote_read(struct arena *a, const char *text, bool forwarded) {
    struct quote out = {.now = span_trim(span_of(text)), .signature = {"", 0}};
    struct quote_lines lines = read_lines(a, text);
    int end = before_rules(&lines, cut_at(&lines, forwarded, &out));
    int own_end = out.forwards ? end : signature_at(&lines, end);
    struct span now = piece(&lines, 0, own_end);
    int first = next_filled(&lines, 0);
    if (!now.n || begins_signature(&lines, first, own_end))
        return out; /* nothing of his own: then rather everything */
    if (own_end < end)
        out.signature = piece(&lines, own_end, end);
    out.cut = now.n < out.now.n;
    out.now = now;
    return out;
}
