#include "html_out.h"

#include <string.h>
#include <strings.h>

#include "../base/buf.h"
#include "utf8.h"

#define TEXT_BYTES_MAX (2 * HTML_BYTES_MAX)
#define LISTS_MAX 16
#define QUOTES_MAX 10
#define HREF_MAX 1000
#define SEPARATOR "________________________________"

struct box {
    enum html_box kind;
    char name[12];
    bool undecided; /* a forward, if its first text is a line of dashes */
    bool absorbs;   /* the blockquote in it is the same quotation */
};

struct html_out {
    struct arena *arena;
    struct buf text;
    struct box boxes[HTML_DEPTH_MAX];
    int n_boxes, too_deep, hidden, quotes;
    int lists[LISTS_MAX], n_lists; /* -1: not counted */
    int verbatim;
    int lines;      /* to be written before the next text */
    int line_depth; /* quotation of the line being written; -1: none yet */
    bool line_open; /* something stands on it */
    bool space;     /* to be written before the next text */
    bool separator; /* to be written before the next text */
    int undecided;  /* boxes that are */
    char *href;     /* of the link we are in; NULL */
    size_t link_at; /* where its text begins */
};

struct html_out *html_out_new(struct arena *a) {
    struct html_out *o = ARENA_NEW(a, struct html_out);
    o->arena = a;
    o->line_depth = -1;
    buf_init(&o->text, TEXT_BYTES_MAX);
    return o;
}

char *html_out_done(struct html_out *o) {
    struct span text = span_trim(buf_span(&o->text));
    char *out = arena_strndup(o->arena, text.p, text.n);
    buf_fini(&o->text);
    return out;
}

/* ---- lines ---- */

static int depth(const struct html_out *o) {
    return o->quotes < QUOTES_MAX ? o->quotes : QUOTES_MAX;
}

static void put(struct html_out *o, char c) { buf_add(&o->text, &c, 1); }

static void mark(struct html_out *o, int n) {
    for (int i = 0; i < n; i++)
        put(o, '>');
}

static void end_line(struct html_out *o) {
    while (o->text.p && o->text.len && o->text.p[o->text.len - 1] == ' ')
        o->text.p[--o->text.len] = '\0';
    put(o, '\n');
    o->line_open = false;
}

static void begin_line(struct html_out *o) {
    int now = depth(o), before = o->line_depth;
    if (before >= 0)
        end_line(o);
    if (before >= 0 && o->lines > 1) {
        mark(o, now < before ? now : before);
        put(o, '\n');
    }
    mark(o, now);
    if (now)
        put(o, ' ');
    o->line_depth = now;
    o->lines = 0;
    o->space = false;
}

/* A client's container is a forward if the first that stands in it is a line of dashes. */
static void decide(struct html_out *o, const char *text, size_t n) {
    bool dashes = n && *text == '-';
    for (int i = 0; i < o->n_boxes && o->undecided; i++) {
        if (!o->boxes[i].undecided)
            continue;
        o->boxes[i].undecided = false;
        o->undecided--;
        if (dashes) {
            o->boxes[i].kind = HTML_PLAIN;
            o->quotes--;
        }
    }
}

static void write(struct html_out *o, const char *text, size_t n) {
    if (o->undecided)
        decide(o, text, n);
    if (o->separator) {
        o->separator = false;
        o->lines = 2;
        begin_line(o);
        buf_adds(&o->text, SEPARATOR);
        o->lines = 1;
    }
    if (o->lines || o->line_depth != depth(o))
        begin_line(o);
    if (o->space && o->line_open)
        put(o, ' ');
    o->space = false;
    buf_add(&o->text, text, n);
    o->line_open = true;
}

void html_out_lines(struct html_out *o, int n) {
    if (o->lines < n)
        o->lines = n;
    o->space = false;
}

void html_out_break(struct html_out *o) {
    if (o->lines < 2)
        o->lines++;
    o->space = false;
}

void html_out_space(struct html_out *o) { o->space = true; }

/* ---- text ---- */

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static void put_verbatim(struct html_out *o, char c) {
    if (c == '\n')
        html_out_break(o);
    else if (c != '\r')
        write(o, c == '\t' ? "    " : &c, c == '\t' ? 4 : 1);
}

/* A no-break space is a space that is kept. Marks nobody sees are not. */
static void put_reference(struct html_out *o, uint32_t cp) {
    char bytes[4];
    bool unseen = cp == 0xad || cp == 0x200b || cp == 0x200c || cp == 0xfeff || cp == 0x34f;
    if (cp == 160)
        write(o, " ", 1);
    else if (cp < 32)
        o->space = true;
    else if (!unseen)
        write(o, bytes, (size_t)utf8_put(cp, bytes));
}

/* The length of the run that can be copied as it is. */
static size_t run(struct span text) {
    size_t n = 0;
    while (n < text.n && !is_space(text.p[n]) && text.p[n] != '&' && text.p[n] != '\xc2')
        n++;
    return n;
}

static size_t put_one(struct html_out *o, struct span text) {
    uint32_t cp = 0;
    size_t n = *text.p == '&' ? html_reference(text, &cp) : 0;
    if (*text.p == '\xc2' && text.n > 1) { /* the block of the no-break space */
        n = 2;
        utf8_next(text.p, &cp);
    }
    if (n)
        put_reference(o, cp);
    else if (*text.p == '&')
        write(o, "&", 1);
    else if (o->verbatim)
        put_verbatim(o, *text.p);
    else
        o->space = true;
    return n ? n : 1;
}

void html_out_text(struct html_out *o, struct span text) {
    if (o->hidden)
        return;
    while (text.n) {
        size_t n = run(text);
        if (n)
            write(o, text.p, n);
        else
            n = put_one(o, text);
        text.p += n;
        text.n -= n;
    }
}

void html_out_item(struct html_out *o) {
    int *count = o->n_lists ? &o->lists[o->n_lists - 1] : NULL;
    html_out_lines(o, 1);
    if (o->hidden)
        return;
    if (count && *count >= 0) {
        const char *number = arena_printf(o->arena, "%d.", ++*count);
        write(o, number, strlen(number));
    } else {
        write(o, "-", 1);
    }
    o->space = true;
}

void html_out_list(struct html_out *o, bool closing, bool counted) {
    html_out_lines(o, 1);
    if (closing && o->n_lists)
        o->n_lists--;
    if (!closing && o->n_lists < LISTS_MAX)
        o->lists[o->n_lists++] = counted ? 0 : -1;
}

void html_out_verbatim(struct html_out *o, bool on) {
    html_out_lines(o, 1);
    o->verbatim += on ? 1 : o->verbatim ? -1 : 0;
}

/* ---- links ---- */

/* Does the text say the address already? */
static bool same(struct span text, const char *href) {
    static const char *const silent[] = {"mailto:", "tel:", "https://", "http://", "www."};
    text = span_trim(text);
    struct span address = span_of(href);
    for (size_t i = 0; i < sizeof silent / sizeof *silent; i++) {
        size_t n = strlen(silent[i]);
        if (address.n >= n && !strncasecmp(address.p, silent[i], n))
            address = (struct span){address.p + n, address.n - n};
        if (text.n >= n && !strncasecmp(text.p, silent[i], n))
            text = (struct span){text.p + n, text.n - n};
    }
    const char *query = address.n ? memchr(address.p, '?', address.n) : NULL;
    size_t n = query && query - address.p >= (long)text.n ? text.n : address.n;
    while (n && address.p[n - 1] == '/')
        n--;
    while (text.n && text.p[text.n - 1] == '/')
        text.n--;
    return text.n == n && !strncasecmp(text.p, address.p, n);
}

/* Only what leads somewhere outside of the mail. */
static bool worth(const char *href) {
    static const char *const schemes[] = {"http://", "https://", "mailto:", "tel:"};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (!strncasecmp(href, schemes[i], strlen(schemes[i])))
            return strlen(href) <= HREF_MAX && !strpbrk(href, "<> \t\r\n");
    return false;
}

static char *decoded(struct arena *a, struct span href) {
    char *out = arena_alloc(a, 2 * href.n + 1), *at = out;
    for (size_t i = 0; i < href.n;) {
        uint32_t cp = 0;
        struct span rest = {href.p + i, href.n - i};
        size_t n = *rest.p == '&' ? html_reference(rest, &cp) : 0;
        if (n)
            at += utf8_put(cp, at);
        else if (*rest.p)
            *at++ = *rest.p;
        i += n ? n : 1;
    }
    *at = '\0';
    struct span text = span_trim(span_of(out));
    return arena_strndup(a, text.p, text.n);
}

void html_out_link(struct html_out *o, struct span href) {
    if (o->hidden)
        return;
    struct span all = buf_span(&o->text);
    struct span text = {all.p + o->link_at, all.n - o->link_at};
    if (o->href && span_trim(text).n && !same(text, o->href)) {
        const char *tail = arena_printf(o->arena, "<%s>", o->href);
        o->space = true;
        write(o, tail, strlen(tail));
    }
    o->href = href.n ? decoded(o->arena, href) : NULL;
    if (o->href && !worth(o->href))
        o->href = NULL;
    o->link_at = o->text.len;
}

/* ---- boxes ---- */

static bool quoting(const struct box *b) {
    return b->kind == HTML_QUOTED || b->kind == HTML_BLOCKQUOTE;
}

/* The blockquote in a client's container is the same quotation. */
static bool absorbed(struct html_out *o) {
    for (int i = o->n_boxes; i-- > 0;)
        if (quoting(&o->boxes[i])) {
            bool absorbs = o->boxes[i].absorbs;
            o->boxes[i].absorbs = false;
            return absorbs;
        }
    return false;
}

void html_out_open(struct html_out *o, enum html_box kind, const char *name) {
    if (o->n_boxes == HTML_DEPTH_MAX) {
        o->too_deep++;
        return;
    }
    if (kind == HTML_BLOCKQUOTE && absorbed(o))
        kind = HTML_PLAIN;
    struct box *b = &o->boxes[o->n_boxes++];
    *b = (struct box){
        .kind = kind, .undecided = kind == HTML_QUOTED, .absorbs = kind == HTML_QUOTED};
    strncpy(b->name, name, sizeof b->name - 1);
    o->undecided += b->undecided;
    o->quotes += quoting(b);
    o->hidden += kind == HTML_HIDDEN;
    o->separator |= kind == HTML_ANSWERED && o->line_depth >= 0;
}

static void pop(struct html_out *o) {
    struct box *b = &o->boxes[--o->n_boxes];
    o->quotes -= quoting(b);
    o->hidden -= b->kind == HTML_HIDDEN;
    o->undecided -= b->undecided;
}

/* What was opened in it and not closed is closed with it; what was never opened does nothing. */
void html_out_close(struct html_out *o, const char *name) {
    if (o->too_deep) {
        o->too_deep--;
        return;
    }
    int i = o->n_boxes;
    while (i > 0 && strcmp(o->boxes[i - 1].name, name) != 0)
        i--;
    while (i > 0 && o->n_boxes >= i)
        pop(o);
}
