/* What libmicrohttpd lets through and we do not: request smuggling and paths that mean two things.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "httpd_parts.h"

#define PATH_MAX_BYTES 2048
#define URI_MAX_BYTES 8192
#define LENGTH_DIGITS_MAX 15

static int hex(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte at *p, which moves behind it; -1: a broken escape, or one that hides NUL or a slash. */
static int next_byte(const char **p, const char *end) {
    int c = (unsigned char)*(*p)++;
    if (c != '%')
        return c;
    if (end - *p < 2 || hex((*p)[0]) < 0 || hex((*p)[1]) < 0)
        return -1;
    c = hex((*p)[0]) * 16 + hex((*p)[1]);
    *p += 2;
    return c == 0 || c == '/' || c == '\\' ? -1 : c;
}

/* Is p..end free of dot segments, in plain or escaped spelling, and of what next_byte refuses? */
static bool segment_ok(const char *p, const char *end) {
    int n = 0, dots = 0;
    for (; p < end; n++) {
        if (*p <= ' ' || *p == 0x7f || *p == '\\')
            return false;
        int c = next_byte(&p, end);
        if (c < 0)
            return false;
        dots += c == '.';
    }
    return !(dots == n && (n == 1 || n == 2));
}

static bool path_ok(const char *path, size_t n) {
    const char *end = path + n;
    if (n == 0 || path[0] != '/')
        return false;
    for (const char *p = path; p < end;) {
        const char *from = p + 1;
        p = memchr(from, '/', (size_t)(end - from));
        if (!p)
            p = end;
        if (!segment_ok(from, p))
            return false;
    }
    return true;
}

static bool printable(const char *s) {
    for (; *s; s++)
        if (*s <= ' ' || *s == 0x7f)
            return false;
    return true;
}

static bool name_ok(const char *name) {
    static const char extra[] = "!#$%&'*+-.^_`|~";
    if (!*name)
        return false;
    for (const char *p = name; *p; p++) {
        bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z');
        if (!letter && !(*p >= '0' && *p <= '9') && !strchr(extra, *p))
            return false;
    }
    return true;
}

static bool value_ok(const char *value) {
    for (const char *p = value; *p; p++)
        if (((unsigned char)*p < ' ' && *p != '\t') || *p == 0x7f)
            return false;
    return true;
}

static int64_t length_of(const char *value) {
    size_t n = strspn(value, "0123456789");
    bool ok = n > 0 && n <= LENGTH_DIGITS_MAX && !value[n];
    return ok ? strtoll(value, NULL, 10) : -1;
}

struct counts {
    int hosts, lengths, codings;
    const char *length, *coding, *expect;
};

static void count_one(struct counts *c, const struct wire_header *h) {
    if (!strcasecmp(h->name, "Host"))
        c->hosts++;
    if (!strcasecmp(h->name, "Content-Length")) {
        c->lengths++;
        c->length = h->value;
    }
    if (!strcasecmp(h->name, "Transfer-Encoding")) {
        c->codings++;
        c->coding = h->value;
    }
    if (!strcasecmp(h->name, "Expect"))
        c->expect = h->value;
}

static struct httpd_verdict refused(int status, const char *detail) {
    return (struct httpd_verdict){.status = status, .detail = detail, .length = -1};
}

static struct httpd_verdict judge_counts(const struct counts *c, bool http_1_1) {
    if (c->hosts > 1 || (http_1_1 && c->hosts == 0))
        return refused(400, "exactly one Host header is required");
    if (c->lengths + c->codings > 1)
        return refused(400, "more than one statement of the body's length");
    if (c->codings && (!http_1_1 || strcasecmp(c->coding, "chunked") != 0))
        return refused(400, "the only transfer coding accepted is chunked");
    struct httpd_verdict v = {.status = 0, .length = -1};
    if (c->length && (v.length = length_of(c->length)) < 0)
        return refused(400, "Content-Length is not a number");
    v.chunked = c->codings == 1;
    v.expects = c->expect != NULL;
    return v;
}

struct httpd_verdict httpd_guard_request(const char *uri, const char *version,
                                         const struct wire_header *headers, int n) {
    struct counts c = {0};
    size_t path = strcspn(uri, "?");
    if (path > PATH_MAX_BYTES || strlen(uri) > URI_MAX_BYTES)
        return refused(414, "the path or query is too long");
    if (!path_ok(uri, path) || !printable(uri + path))
        return refused(400, "the path is not one this service accepts");
    if (n > WIRE_HEADERS_MAX)
        return refused(431, "more than 64 header fields");
    for (int i = 0; i < n; i++) {
        if (!name_ok(headers[i].name) || !value_ok(headers[i].value))
            return refused(400, "a header field is malformed");
        count_one(&c, &headers[i]);
    }
    return judge_counts(&c, !strcmp(version, "HTTP/1.1"));
}
