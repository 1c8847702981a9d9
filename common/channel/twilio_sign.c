#include "twilio_sign.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int compare_spans(struct span a, struct span b) {
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.p, b.p, n) : 0;
    return order ? order : (a.n > b.n) - (a.n < b.n);
}

static int compare_pairs(const void *a, const void *b) {
    const struct form_pair *one = a, *other = b;
    int order = compare_spans(one->name, other->name);
    return order ? order : compare_spans(one->value, other->value);
}

struct span twilio_sign_text(struct arena *a, const char *url, const struct form *form) {
    struct form_pair *sorted = arena_copy(a, form->items, sizeof *form->items * (size_t)form->n);
    size_t n = strlen(url), used = n;
    if (form->n)
        qsort(sorted, (size_t)form->n, sizeof *sorted, compare_pairs);
    for (int i = 0; i < form->n; i++)
        n += sorted[i].name.n + sorted[i].value.n;
    char *text = arena_alloc(a, n + 1);
    memcpy(text, url, used);
    for (int i = 0; i < form->n; i++) {
        if (i && compare_pairs(&sorted[i - 1], &sorted[i]) == 0)
            continue;
        memcpy(text + used, sorted[i].name.p, sorted[i].name.n);
        used += sorted[i].name.n;
        memcpy(text + used, sorted[i].value.p, sorted[i].value.n);
        used += sorted[i].value.n;
    }
    return (struct span){text, used};
}

/* scheme://user@host:port/path taken apart as far as it is needed. */
struct place {
    struct span before, port, after; /* port with its colon; p NULL: none */
    const char *default_port;
};

static bool take_apart(const char *url, struct place *out) {
    const char *host = strstr(url, "://");
    if (!host)
        return false;
    host += 3;
    size_t n = strcspn(host, "/?#");
    const char *end = host + n, *at = memrchr(host, '@', n);
    if (at) /* a colon before it is the user's */
        host = at + 1;
    n = (size_t)(end - host);
    const char *colon = memrchr(host, ':', n), *bracket = memrchr(host, ']', n);
    const char *port = colon && !(bracket && bracket > colon) ? colon : end;
    out->before = (struct span){url, (size_t)(port - url)};
    out->port = (struct span){port, (size_t)(end - port)};
    out->after = span_of(end);
    out->default_port = strncasecmp(url, "https:", 6) == 0 ? ":443" : ":80";
    return true;
}

static const char *put_together(struct arena *a, const struct place *p, struct span port) {
    return arena_printf(a, "%.*s%.*s%s", (int)p->before.n, p->before.p, (int)port.n, port.p,
                        p->after.p);
}

/* The fragment holds Twilio's own connection settings and is not signed. */
static const char *with_query(struct arena *a, const char *public_url, struct span query) {
    const char *url = arena_strndup(a, public_url, strcspn(public_url, "#"));
    if (!query.p || strchr(url, '?'))
        return url;
    return arena_printf(a, "%s?%.*s", url, (int)query.n, query.p);
}

int twilio_sign_urls(struct arena *a, const char *public_url, struct span query,
                     const char *out[TWILIO_SIGN_URLS]) {
    struct place p;
    int n = 0;
    out[n++] = with_query(a, public_url, query);
    if (!take_apart(out[0], &p))
        return n;
    if (p.port.n == 0)
        out[n++] = put_together(a, &p, span_of(p.default_port));
    else if (span_is(p.port, p.default_port))
        out[n++] = put_together(a, &p, span_of(""));
    return n;
}
