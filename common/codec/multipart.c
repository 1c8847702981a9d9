#include "multipart.h"

#include <string.h>
#include <strings.h>

#include "charset.h"
#include "enc.h"

/* Where reading stands: behind the newline before the next line. */
struct reader {
    struct span rest;
    struct span delimiter; /* "--boundary" */
};

/* ---- parameters ---- */

static struct span skip_space(struct span s) {
    while (s.n && strchr(" \t\r\n", *s.p) && *s.p)
        s.p++, s.n--;
    return s;
}

/* A quoted string off the front, its escapes undone: only \" and \\, since a file name may be a
 * path with backslashes. */
static char *take_quoted(struct arena *a, struct span *rest) {
    char *out = arena_alloc(a, rest->n + 1), *at = out;
    size_t i = 1;
    for (; i < rest->n && rest->p[i] != '"'; i++) {
        if (rest->p[i] == '\\' && i + 1 < rest->n && strchr("\"\\", rest->p[i + 1]))
            i++;
        *at++ = rest->p[i];
    }
    i = i < rest->n ? i + 1 : i;
    rest->p += i;
    rest->n -= i;
    return charset_guess(a, (struct span){out, (size_t)(at - out)});
}

static char *take_value(struct arena *a, struct span *rest) {
    *rest = skip_space(*rest);
    if (rest->n && *rest->p == '"')
        return take_quoted(a, rest);
    const char *end = memchr(rest->p, ';', rest->n);
    struct span word = {rest->p, end ? (size_t)(end - rest->p) : rest->n};
    rest->p += word.n;
    rest->n -= word.n;
    return charset_guess(a, span_trim(word));
}

char *multipart_parameter(struct arena *a, struct span value, const char *name) {
    struct span rest = value;
    const char *at = rest.n ? memchr(rest.p, ';', rest.n) : NULL;
    while (at) {
        rest = (struct span){at + 1, (size_t)(value.p + value.n - at - 1)};
        const char *equals = rest.n ? memchr(rest.p, '=', rest.n) : NULL;
        if (!equals)
            return NULL;
        struct span word = span_trim((struct span){rest.p, (size_t)(equals - rest.p)});
        rest = (struct span){equals + 1, (size_t)(value.p + value.n - equals - 1)};
        char *text = take_value(a, &rest);
        if (word.n == strlen(name) && !strncasecmp(word.p, name, word.n))
            return text;
        at = rest.n ? memchr(rest.p, ';', rest.n) : NULL;
    }
    return NULL;
}

/* filename*=UTF-8''a%20b (RFC 5987): not to be sent in a form, and sent nevertheless. */
static char *extended(struct arena *a, struct span value) {
    char *text = multipart_parameter(a, value, "filename*"), *out;
    const char *quote = text ? strchr(text, '\'') : NULL;
    const char *second = quote ? strchr(quote + 1, '\'') : NULL;
    if (!second || enc_unpercent(a, span_of(second + 1), false, &out) != OK)
        return NULL;
    return out;
}

/* ---- lines ---- */

static bool take_line(struct span *rest, struct span *line) {
    if (!rest->n || !span_split(rest, '\n', line))
        return false;
    if (!rest->p)
        *rest = (struct span){"", 0};
    if (line->n && line->p[line->n - 1] == '\r')
        line->n--;
    return true;
}

/* 1: a delimiter, 2: the closing one, 0: neither. Padding behind it is allowed (RFC 2046). */
static int delimits(struct span line, struct span delimiter) {
    if (line.n < delimiter.n || memcmp(line.p, delimiter.p, delimiter.n) != 0)
        return 0;
    struct span tail = {line.p + delimiter.n, line.n - delimiter.n};
    bool closing = tail.n >= 2 && !memcmp(tail.p, "--", 2);
    if (closing)
        tail = (struct span){tail.p + 2, tail.n - 2};
    return span_trim(tail).n ? 0 : closing ? 2 : 1;
}

/* The bytes up to the next delimiter, which is taken off too. 0: there is none. */
static int take_content(struct reader *r, struct span *content) {
    const char *from = r->rest.p, *end = r->rest.p + r->rest.n, *at = from;
    while (at < end && (at = memmem(at, (size_t)(end - at), r->delimiter.p, r->delimiter.n))) {
        struct span rest = {at, (size_t)(end - at)}, line;
        bool starts = at == from || at[-1] == '\n';
        int found = starts && take_line(&rest, &line) ? delimits(line, r->delimiter) : 0;
        if (found) {
            r->rest = rest;
            *content = (struct span){from, (size_t)(at - from)};
            if (content->n)
                content->n--;
            if (content->n && content->p[content->n - 1] == '\r')
                content->n--;
            return found;
        }
        at++;
    }
    return 0;
}

/* ---- parts ---- */

static void read_header(struct arena *a, struct span line, struct multipart_part *part) {
    struct span name, rest = line;
    span_split(&rest, ':', &name);
    if (!rest.p)
        return;
    name = span_trim(name);
    rest = span_trim(rest);
    if (name.n == 12 && !strncasecmp(name.p, "Content-Type", 12))
        part->content_type = charset_guess(a, rest);
    if (name.n != 19 || strncasecmp(name.p, "Content-Disposition", 19) != 0)
        return;
    const char *field = multipart_parameter(a, rest, "name");
    part->name = field ? field : "";
    part->filename = extended(a, rest);
    if (!part->filename)
        part->filename = multipart_parameter(a, rest, "filename");
}

/* The part's own header and the empty line behind it off the front. */
static enum err take_headers(struct arena *a, struct reader *r, struct multipart_part *part) {
    struct span line;
    const char *from = r->rest.p;
    *part = (struct multipart_part){"", NULL, "", {"", 0}};
    while (take_line(&r->rest, &line)) {
        if ((size_t)(r->rest.p - from) > MULTIPART_HEADER_BYTES_MAX && r->rest.n)
            return ERR_TOO_LARGE;
        if (!line.n)
            return OK;
        read_header(a, line, part);
    }
    return ERR_MALFORMED;
}

static enum err open_reader(struct arena *a, const char *content_type, struct span body,
                            struct reader *r) {
    static const char type[] = "multipart/form-data";
    if (!content_type || strncasecmp(content_type, type, sizeof type - 1) != 0)
        return ERR_MALFORMED;
    const char *boundary = multipart_parameter(a, span_of(content_type), "boundary");
    if (!boundary || !*boundary || strlen(boundary) > MULTIPART_BOUNDARY_MAX)
        return ERR_MALFORMED;
    r->rest = body;
    r->delimiter = span_of(arena_printf(a, "--%s", boundary));
    return OK;
}

enum err multipart_parse(struct arena *a, const char *content_type, struct span body,
                         struct multipart_part **parts, int *n) {
    struct reader r;
    struct span preamble;
    TRY(open_reader(a, content_type, body, &r));
    int found = body.n ? take_content(&r, &preamble) : 0, cap = 16;
    struct multipart_part *all = ARENA_ARRAY(a, struct multipart_part, cap);
    for (*n = 0; found == 1; ++*n) {
        if (*n == MULTIPART_PARTS_MAX)
            return ERR_TOO_LARGE;
        if (*n == cap) {
            struct multipart_part *more = ARENA_ARRAY(a, struct multipart_part, cap * 2);
            memcpy(more, all, sizeof *all * (size_t)cap);
            all = more;
            cap *= 2;
        }
        TRY(take_headers(a, &r, &all[*n]));
        found = take_content(&r, &all[*n].bytes);
    }
    *parts = all;
    return found == 2 ? OK : ERR_MALFORMED;
}

const struct multipart_part *multipart_find(const struct multipart_part *parts, int n,
                                            const char *name) {
    for (int i = 0; i < n; i++)
        if (!strcmp(parts[i].name, name))
            return &parts[i];
    return NULL;
}
