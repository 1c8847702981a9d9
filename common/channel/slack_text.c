#include "slack_text.h"

#include <stdlib.h>
#include <string.h>

#include "../base/buf.h"
#include "../base/span.h"

#define GROWTH 5 /* & becomes &amp; */

static const struct {
    const char *escape;
    char c;
} escapes[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}};

/* Length of the escape at s, which is added as the character it stands for; 0: none. */
static size_t put_escape(struct buf *b, const char *s, size_t n) {
    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++) {
        size_t length = strlen(escapes[i].escape);
        if (length > n || memcmp(s, escapes[i].escape, length) != 0)
            continue;
        buf_addc(b, escapes[i].c);
        return length;
    }
    return 0;
}

static void put_unescaped(struct buf *b, struct span text) {
    for (size_t i = 0; i < text.n;) {
        size_t n = text.p[i] == '&' ? put_escape(b, text.p + i, text.n - i) : 0;
        if (!n)
            buf_addc(b, text.p[i]);
        i += n ? n : 1;
    }
}

/* <mailto:a@b|a@b> and <tel:…>: the label says it all. */
static bool says_the_same(struct span target, struct span label) {
    const char *colon = target.n ? memchr(target.p, ':', target.n) : NULL;
    struct span behind = target;
    if (colon)
        behind = (struct span){colon + 1, target.n - (size_t)(colon + 1 - target.p)};
    while (behind.n && *behind.p == '/')
        behind.p++, behind.n--;
    return span_equal(target, label) || span_equal(behind, label);
}

static void put_link(struct buf *b, struct span target, struct span label) {
    if (label.n == 0 || says_the_same(target, label)) {
        put_unescaped(b, label.n ? label : target);
        return;
    }
    put_unescaped(b, label);
    buf_adds(b, " (");
    put_unescaped(b, target);
    buf_addc(b, ')');
}

static struct span behind_mark(struct span s) { return (struct span){s.p + 1, s.n - 1}; }

/* A sign before the name, unless the label brings it along. */
static void put_named(struct buf *b, char sign, struct span name) {
    if (!name.n || *name.p != sign)
        buf_addc(b, sign);
    put_unescaped(b, name);
}

/* !here, !subteam^S1|@team, !date^…|fallback */
static void put_special(struct buf *b, struct span name, struct span label) {
    if (label.n)
        put_unescaped(b, label);
    else
        put_named(b, '@', name);
}

/* What stands between < and >. */
static void put_angle(struct buf *b, struct span inside) {
    struct span target, label = inside;
    span_split(&label, '|', &target);
    char mark = '\0';
    if (target.n)
        mark = *target.p;
    if (mark == '@' || mark == '#')
        put_named(b, mark, label.n ? label : behind_mark(target));
    else if (mark == '!')
        put_special(b, behind_mark(target), label);
    else
        put_link(b, target, label);
}

static char *finish(struct arena *a, struct buf *b) {
    if (buf_done(b) != OK)
        abort(); /* it has room for the worst */
    char *text = arena_strndup(a, buf_span(b).p, b->len);
    buf_fini(b);
    return text;
}

char *slack_text_read(struct arena *a, const char *text) {
    struct buf b;
    buf_init(&b, strlen(text) * 2 + 8);
    while (*text) {
        const char *open = strchr(text, '<'), *close = open ? strchr(open, '>') : NULL;
        if (!close) {
            put_unescaped(&b, span_of(text));
            break;
        }
        put_unescaped(&b, (struct span){text, (size_t)(open - text)});
        put_angle(&b, (struct span){open + 1, (size_t)(close - open - 1)});
        text = close + 1;
    }
    return finish(a, &b);
}

char *slack_text_write(struct arena *a, const char *text) {
    struct buf b;
    buf_init(&b, strlen(text) * GROWTH + 1);
    for (; *text; text++) {
        const char *escape = NULL;
        for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++)
            if (*text == escapes[i].c)
                escape = escapes[i].escape;
        if (escape)
            buf_adds(&b, escape);
        else
            buf_addc(&b, *text);
    }
    return finish(a, &b);
}
