#include "mime_text.h"

#include <string.h>

#include "../base/buf.h"
#include "charset.h"
#include "html.h"

/* ---- lines ---- */

char *mime_text_tidy(struct arena *a, const char *text, size_t max) {
    size_t n = strnlen(text, max + 1);
    for (n = n > max ? max : n; n && (text[n] & 0xc0) == 0x80;)
        n--;
    char *out = arena_alloc(a, n + 1), *to = out;
    for (size_t i = 0; i < n; i++) {
        bool crlf = text[i] == '\r' && text[i + 1] == '\n';
        unsigned char c = (unsigned char)text[i];
        if (text[i] == '\r' && !crlf)
            *to++ = '\n';
        else if (!crlf)
            *to++ = (char)(c < ' ' && !strchr("\n\t\f", c) ? ' ' : c);
    }
    *to = '\0';
    return out;
}

/* ---- format=flowed ---- */

struct flow {
    struct buf out;
    int depth; /* of the paragraph that goes on; -1: none does */
    bool delsp;
};

/* The marks of quotation and the stuffed space off the front. */
static int flow_depth(struct span *line) {
    int depth = 0;
    while (line->n && *line->p == '>')
        depth++, line->p++, line->n--;
    if (line->n && *line->p == ' ')
        line->p++, line->n--;
    return depth;
}

static void flow_begin(struct flow *f, int depth, bool filled) {
    for (int i = 0; i < depth; i++)
        buf_addc(&f->out, '>');
    if (depth && filled)
        buf_addc(&f->out, ' ');
}

static void flow_line(struct flow *f, struct span line) {
    int depth = flow_depth(&line);
    bool signature = line.n == 3 && !memcmp(line.p, "-- ", 3);
    bool goes_on = line.n && line.p[line.n - 1] == ' ' && !signature;
    if (f->depth >= 0 && (f->depth != depth || signature)) {
        buf_addc(&f->out, '\n');
        f->depth = -1;
    }
    if (f->depth < 0)
        flow_begin(f, depth, line.n > 0);
    buf_add(&f->out, line.p, line.n - (goes_on && f->delsp));
    f->depth = goes_on ? depth : -1;
    if (!goes_on)
        buf_addc(&f->out, '\n');
}

static char *unflowed(struct arena *a, const char *text, bool delsp) {
    struct flow f = {.depth = -1, .delsp = delsp};
    struct span rest = span_of(text), line;
    buf_init(&f.out, 3 * rest.n + 16);
    while (span_split(&rest, '\n', &line))
        flow_line(&f, line);
    struct span all = buf_span(&f.out);
    char *out = arena_strndup(a, all.p, all.n);
    buf_fini(&f.out);
    return out;
}

/* ---- parts ---- */

/* An HTML may name its charset only in itself. */
static const char *charset_of(struct arena *a, const struct mime_part *p) {
    struct span head = {p->bytes.p, p->bytes.n < 2048 ? p->bytes.n : 2048};
    const char *at = *p->charset ? NULL : memmem(head.p, head.n, "charset=", 8);
    if (!at)
        return p->charset;
    struct span s = {at + 8, (size_t)(head.p + head.n - at - 8)};
    while (s.n && strchr("\"' ", *s.p))
        s.p++, s.n--;
    size_t n = 0;
    while (n < s.n && n < CHARSET_LABEL_MAX && !strchr("\"'; />\r\n", s.p[n]))
        n++;
    return arena_strndup(a, s.p, n);
}

static bool is_html(const struct mime_part *p) { return !strcmp(p->type, "text/html"); }

static char *decoded(struct arena *a, const struct mime_part *p) {
    struct span s = p->bytes;
    if (s.n > 4 * MIME_TEXT_BYTES_MAX)
        s.n = 4 * MIME_TEXT_BYTES_MAX;
    const char *label = is_html(p) ? charset_of(a, p) : p->charset;
    return mime_text_tidy(a, charset_text(a, label, s), MIME_TEXT_BYTES_MAX);
}

static char *read_part(struct arena *a, const struct mime_part *p) {
    char *text = decoded(a, p);
    if (is_html(p))
        return html_text(a, span_of(text));
    return p->flowed ? unflowed(a, text, p->delsp) : text;
}

static void append(struct buf *out, const char *text) {
    struct span s = span_of(text);
    while (s.n && strchr("\r\n", s.p[s.n - 1]))
        s.n--;
    if (!span_trim(s).n)
        return;
    if (out->len)
        buf_adds(out, "\n\n");
    buf_add(out, s.p, s.n);
}

char *mime_text(struct arena *a, const struct mime_mail *mail) {
    struct buf out;
    buf_init(&out, 2 * MIME_TEXT_BYTES_MAX);
    for (int i = 0; i < mail->n_parts && buf_done(&out) == OK; i++)
        if (!mail->parts[i].attachment && !mail->parts[i].shadowed)
            append(&out, read_part(a, &mail->parts[i]));
    struct span all = buf_span(&out);
    char *text = arena_strndup(a, all.p, all.n);
    buf_fini(&out);
    return mime_text_tidy(a, text, MIME_TEXT_BYTES_MAX);
}

char *mime_text_html(struct arena *a, const struct mime_mail *mail) {
    struct buf out;
    buf_init(&out, 2 * MIME_TEXT_BYTES_MAX);
    for (int i = 0; i < mail->n_parts && buf_done(&out) == OK; i++)
        if (!mail->parts[i].attachment && is_html(&mail->parts[i]))
            buf_adds(&out, decoded(a, &mail->parts[i]));
    struct span all = buf_span(&out);
    char *html = mime_text_tidy(a, all.p, MIME_HTML_BYTES_MAX);
    buf_fini(&out);
    return html;
}
