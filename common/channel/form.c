#include "form.h"

#include "../codec/utf8.h"
#include "../model/message.h"

#define REPLACEMENT "\xEF\xBF\xBD"

static int hex_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static struct span decode(struct arena *a, struct span raw) {
    char *out = arena_alloc(a, raw.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < raw.n; i++) {
        char c = raw.p[i];
        int high = c == '%' && raw.n - i > 2 ? hex_value(raw.p[i + 1]) : -1;
        int low = high >= 0 ? hex_value(raw.p[i + 2]) : -1;
        if (low >= 0) {
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+') {
            c = ' ';
        }
        out[n++] = c;
    }
    return (struct span){out, n};
}

enum err form_parse(struct arena *a, struct span raw, struct form *out) {
    struct span part, name;
    int most = 1;
    for (size_t i = 0; i < raw.n && most < FORM_PAIRS_MAX; i++)
        most += raw.p[i] == '&';
    *out = (struct form){ARENA_ARRAY(a, struct form_pair, most), 0};
    while (span_split(&raw, '&', &part)) {
        if (part.n == 0)
            continue;
        if (out->n == FORM_PAIRS_MAX)
            return ERR_TOO_LARGE;
        span_split(&part, '=', &name);
        out->items[out->n++] = (struct form_pair){decode(a, name), decode(a, part)};
    }
    return OK;
}

static size_t good_bytes(const char *p, size_t left) {
    unsigned char lead = (unsigned char)*p;
    size_t n = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    return n <= left && utf8_valid(p, n) ? n : 0;
}

/* Adds what stands at p as good text; returns the bytes it took. */
static size_t clean_one(char **to, const char *p, size_t left) {
    size_t n = good_bytes(p, left);
    if (*p == '\0')
        return 1;
    size_t written = n ? n : strlen(REPLACEMENT);
    memcpy(*to, n ? p : REPLACEMENT, written);
    *to += written;
    return n ? n : 1;
}

const char *form_clean(struct arena *a, struct span bytes) {
    char *out = arena_alloc(a, bytes.n * strlen(REPLACEMENT) + 1), *to = out;
    for (size_t i = 0; i < bytes.n;)
        i += clean_one(&to, bytes.p + i, bytes.n - i);
    out[utf8_truncate(out, MESSAGE_TEXT_MAX)] = '\0';
    return out;
}

static const struct form_pair *find(const struct form *form, const char *name) {
    for (int i = 0; i < form->n; i++)
        if (span_is(form->items[i].name, name))
            return &form->items[i];
    return NULL;
}

const char *form_text(struct arena *a, const struct form *form, const char *name) {
    const struct form_pair *pair = find(form, name);
    return pair ? form_clean(a, pair->value) : "";
}

bool form_has(const struct form *form, const char *name) { return find(form, name) != NULL; }
