#include "html.h"

#include <string.h>
#include <strings.h>

#include "../base/buf.h"
#include "html_out.h"
#include "utf8.h"

#define VALUE_MAX 2000 /* of an attribute */
#define NAME_MAX 12

/* What an element does to the text around and in it. */
enum does {
    NOTHING,
    LINE,      /* begins and ends one */
    PARAGRAPH, /* and an empty one */
    BREAK,
    CELL,
    ITEM,
    LIST,
    QUOTE,
    BOX, /* div, span: may be a quotation or hidden */
    VERBATIM,
    LINK,
    PICTURE,
    RAW /* its content is not text */
};
static const struct tag {
    const char *name;
    enum does does;
} tags[] = {
    {"a", LINK},       {"address", LINE}, {"article", LINE}, {"blockquote", QUOTE},
    {"br", BREAK},     {"center", LINE},  {"dd", LINE},      {"div", BOX},
    {"dl", LINE},      {"dt", LINE},      {"footer", LINE},  {"form", LINE},
    {"h1", PARAGRAPH}, {"h2", PARAGRAPH}, {"h3", PARAGRAPH}, {"h4", PARAGRAPH},
    {"h5", PARAGRAPH}, {"h6", PARAGRAPH}, {"header", LINE},  {"hr", PARAGRAPH},
    {"img", PICTURE},  {"li", ITEM},      {"ol", LIST},      {"p", PARAGRAPH},
    {"pre", VERBATIM}, {"script", RAW},   {"section", LINE}, {"span", BOX},
    {"style", RAW},    {"table", LINE},   {"td", CELL},      {"th", CELL},
    {"title", RAW},    {"tr", LINE},      {"ul", LIST},      {"noscript", NOTHING},
    {"iframe", RAW},   {"template", RAW}, {"svg", RAW},      {"textarea", RAW},
};

struct element {
    enum does does;
    bool closing, inline_box;
    char name[NAME_MAX + 1];
    struct span class, id, style, href, alt;
};

struct reader {
    struct span rest;
    bool no_more_tags;     /* no '>' comes any more: what looks like one is text */
    bool no_more_comments; /* no "-->" comes any more */
    int around;            /* lines around the paragraph that was opened last */
    struct html_out *out;
};

static void skip(struct reader *r, size_t n) {
    r->rest.p += n;
    r->rest.n -= n;
}

static bool is_letter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }

/* ---- one tag ---- */

static const char *spaces = " \t\r\n\f/";

static size_t span_while(struct span s, size_t at, const char *of, bool in) {
    while (at < s.n && (s.p[at] && strchr(of, s.p[at]) != NULL) == in)
        at++;
    return at;
}

static void keep(struct element *e, struct span name, struct span value) {
    const struct {
        const char *name;
        struct span *to;
    } rows[] = {{"class", &e->class},
                {"id", &e->id},
                {"style", &e->style},
                {"href", &e->href},
                {"alt", &e->alt}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (name.n == strlen(rows[i].name) && !strncasecmp(name.p, rows[i].name, name.n))
            *rows[i].to = (struct span){value.p, value.n < VALUE_MAX ? value.n : 0};
}

/* One attribute from `at`; behind it. A quote that is never closed ends with the tag. */
static size_t take_attribute(struct span s, size_t at, struct element *e) {
    size_t from = at;
    at = span_while(s, at, " \t\r\n\f/=>", false);
    struct span name = {s.p + from, at - from}, value = {"", 0};
    size_t equals = span_while(s, at, " \t\r\n\f", true);
    if (equals >= s.n || s.p[equals] != '=')
        return at > from ? at : at + 1;
    at = span_while(s, equals + 1, " \t\r\n\f", true);
    if (at < s.n && (s.p[at] == '"' || s.p[at] == '\'')) {
        const char *end = memchr(s.p + at + 1, s.p[at], s.n - at - 1);
        if (end) {
            value = (struct span){s.p + at + 1, (size_t)(end - s.p) - at - 1};
            keep(e, name, value);
            return (size_t)(end - s.p) + 1;
        }
    }
    from = at;
    at = span_while(s, at, " \t\r\n\f>", false);
    keep(e, name, (struct span){s.p + from, at - from});
    return at;
}

/* The name, in lower case; behind it. */
static size_t take_name(struct span s, size_t at, char name[NAME_MAX + 1]) {
    size_t n = 0;
    for (; at < s.n && !strchr(" \t\r\n\f/>", s.p[at]); at++)
        if (n < NAME_MAX)
            name[n++] = (char)(s.p[at] | (is_letter(s.p[at]) ? 0x20 : 0));
    name[n] = '\0';
    return at;
}

static void find_kind(struct element *e) {
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (tags[i].name[0] == e->name[0] && !strcmp(tags[i].name, e->name))
            e->does = tags[i].does;
    e->inline_box = !strcmp(e->name, "span");
}

/* False: it is text after all. */
static bool take_element(struct reader *r, struct element *e) {
    struct span s = r->rest;
    memset(e, 0, sizeof *e);
    e->closing = s.n > 1 && s.p[1] == '/';
    size_t at = e->closing ? 2 : 1;
    if (r->no_more_tags || at >= s.n || !is_letter(s.p[at]))
        return false;
    at = take_name(s, at, e->name);
    while (at < s.n && s.p[at] != '>') {
        at = span_while(s, at, spaces, true);
        if (at < s.n && s.p[at] != '>')
            at = take_attribute(s, at, e);
    }
    r->no_more_tags = at >= s.n;
    if (r->no_more_tags)
        return false;
    find_kind(e);
    skip(r, at + 1);
    return true;
}

/* ---- what it does ---- */

/* Is the word in a list parted by spaces? Case counts, as in a class. */
static bool has_word(struct span list, const char *word) {
    struct span part;
    while (span_split(&list, ' ', &part))
        if (span_is(span_trim(part), word))
            return true;
    return false;
}

static bool says(struct span style, const char *a, const char *b) {
    const char *at = style.n ? memmem(style.p, style.n, a, strlen(a)) : NULL;
    if (!at)
        return false;
    struct span tail = {at + strlen(a), (size_t)(style.p + style.n - at) - strlen(a)};
    tail = span_trim(tail);
    return tail.n >= strlen(b) && !memcmp(tail.p, b, strlen(b));
}

/* Does a client wrap what it answers in this? */
static enum html_box box_kind(const struct element *e) {
    static const char *const quoting[] = {"gmail_quote", "yahoo_quoted", "moz-cite-prefix",
                                          "protonmail_quote", "tutanota_quote"};
    if (says(e->style, "display:", "none") || says(e->style, "mso-hide:", "all"))
        return HTML_HIDDEN;
    if (span_is(e->id, "divRplyFwdMsg") || span_is(e->id, "appendonsend"))
        return HTML_ANSWERED;
    if (span_is(e->id, "OLK_SRC_BODY_SECTION"))
        return HTML_QUOTED;
    for (size_t i = 0; i < sizeof quoting / sizeof *quoting; i++)
        if (has_word(e->class, quoting[i]))
            return HTML_QUOTED;
    return HTML_PLAIN;
}

/* Outlook's paragraphs are lines without space around them. */
static int lines_around(const struct element *e) {
    bool tight = has_word(e->class, "MsoNormal") || has_word(e->class, "MsoPlainText") ||
                 says(e->style, "margin:", "0") || says(e->style, "margin-top:", "0");
    return tight ? 1 : 2;
}

/* The content of a script or style: not looked at. */
static void skip_raw(struct reader *r, const struct element *e) {
    size_t n = strlen(e->name);
    while (r->rest.n) {
        const char *at = memchr(r->rest.p, '<', r->rest.n);
        skip(r, at ? (size_t)(at - r->rest.p) : r->rest.n);
        if (r->rest.n > n + 1 && r->rest.p[1] == '/' && !strncasecmp(r->rest.p + 2, e->name, n))
            return;
        if (r->rest.n)
            skip(r, 1);
    }
}

static void open_box(struct html_out *o, const struct element *e) {
    if (!e->inline_box)
        html_out_lines(o, 1);
    html_out_open(o, e->does == QUOTE ? HTML_BLOCKQUOTE : box_kind(e), e->name);
}

static void close_box(struct html_out *o, const struct element *e) {
    html_out_close(o, e->name);
    if (!e->inline_box)
        html_out_lines(o, 1);
}

static void obey_nested(struct html_out *o, const struct element *e) {
    if (e->does == BOX || e->does == QUOTE)
        (e->closing ? close_box : open_box)(o, e);
    if (e->does == LIST)
        html_out_list(o, e->closing, !strcmp(e->name, "ol"));
    if (e->does == VERBATIM)
        html_out_verbatim(o, !e->closing);
    if (e->does == LINK)
        html_out_link(o, e->closing ? (struct span){"", 0} : e->href);
}

static void obey(struct reader *r, const struct element *e) {
    struct html_out *o = r->out;
    if (e->does == RAW && !e->closing)
        skip_raw(r, e);
    if (e->does == PARAGRAPH && !e->closing)
        r->around = lines_around(e);
    if (e->does == LINE || e->does == PARAGRAPH)
        html_out_lines(o, e->does == PARAGRAPH ? r->around : 1);
    if (e->does == BREAK)
        html_out_break(o);
    if (e->does == CELL)
        html_out_space(o);
    if (e->does == ITEM && !e->closing)
        html_out_item(o);
    if (e->does == PICTURE && e->alt.n)
        html_out_text(o, e->alt);
    obey_nested(o, e);
}

/* ---- the whole ---- */

/* <!-- … -->, <!doctype …>, <? … >: nothing of it is text. False: no end. */
static bool skip_declaration(struct reader *r) {
    struct span s = r->rest;
    if (s.n < 2 || (s.p[1] != '!' && s.p[1] != '?'))
        return false;
    const char *end = NULL;
    if (s.n > 3 && !memcmp(s.p, "<!--", 4) && !r->no_more_comments) {
        end = memmem(s.p + 2, s.n - 2, "-->", 3);
        r->no_more_comments = !end;
        if (end)
            end += 2;
    }
    if (!end && !r->no_more_tags)
        end = memchr(s.p, '>', s.n);
    r->no_more_tags = !end;
    if (end)
        skip(r, (size_t)(end - s.p) + 1);
    return end != NULL;
}

static void step(struct reader *r) {
    struct element e;
    if (*r->rest.p != '<') {
        const char *tag = memchr(r->rest.p, '<', r->rest.n);
        struct span text = {r->rest.p, tag ? (size_t)(tag - r->rest.p) : r->rest.n};
        html_out_text(r->out, text);
        skip(r, text.n);
    } else if (take_element(r, &e)) {
        obey(r, &e);
    } else if (!skip_declaration(r)) {
        html_out_text(r->out, (struct span){r->rest.p, 1});
        skip(r, 1);
    }
}

char *html_text(struct arena *a, struct span html) {
    struct html_out *out = html_out_new(a);
    struct reader r = {.rest = html, .around = 2, .out = out};
    if (html.n > HTML_BYTES_MAX)
        r.rest.n = HTML_BYTES_MAX;
    while (r.rest.n < html.n && r.rest.n && (html.p[r.rest.n] & 0xc0) == 0x80)
        r.rest.n--;
    while (r.rest.n)
        step(&r);
    return html_out_done(out);
}
