#include "mailbox.h"

#include <string.h>
#include <strings.h>

#include "../base/span.h"
#include "mime_head.h"

#define PIECE_MAX 4096

/* One mailbox while it is read. */
struct piece {
    char text[PIECE_MAX], comment[PIECE_MAX], angle[PIECE_MAX];
    size_t text_n, comment_n, angle_n;
    bool bracketed, full;
};

static void put(char *to, size_t *n, char c) {
    if (*n + 1 < PIECE_MAX)
        to[(*n)++] = c;
    to[*n] = '\0';
}

static void clear(struct piece *p) {
    p->text_n = p->comment_n = p->angle_n = 0;
    p->text[0] = p->comment[0] = p->angle[0] = '\0';
    p->bracketed = false;
}

/* A quoted string to where it is closed, escapes undone; behind it. */
static const char *take_quoted(const char *s, char *to, size_t *n) {
    const char *at = s + 1;
    for (; *at && *at != '"'; at++) {
        if (*at == '\\' && at[1])
            at++;
        put(to, n, *at);
    }
    return *at ? at + 1 : at;
}

/* Comments nest. */
static const char *take_comment(const char *s, struct piece *p) {
    int depth = 1;
    const char *at = s + 1;
    for (; *at && depth; at++) {
        depth += *at == '(' ? 1 : *at == ')' ? -1 : 0;
        if (*at == '\\' && at[1])
            at++;
        if (depth)
            put(p->comment, &p->comment_n, *at);
    }
    return at;
}

static const char *take_angle(const char *s, struct piece *p) {
    const char *at = s + 1;
    p->angle_n = 0;
    p->bracketed = true;
    while (*at && *at != '>')
        put(p->angle, &p->angle_n, *at++);
    return *at ? at + 1 : at;
}

/* ---- addresses ---- */

const char *mailbox_domain(const char *address) {
    const char *at = strrchr(address, '@');
    return at ? at + 1 : "";
}

/* "" if it is none. mailto:, routes and brackets are dropped. */
static const char *tidy(struct arena *a, const char *text) {
    if (strstr(text, "=?"))
        text = mime_head_decode(a, span_of(text));
    struct span s = span_trim(span_of(text));
    if (s.n > 7 && !strncasecmp(s.p, "mailto:", 7))
        s = (struct span){s.p + 7, s.n - 7};
    const char *route = s.n && *s.p == '@' ? memchr(s.p, ':', s.n) : NULL;
    if (route)
        s = (struct span){route + 1, s.n - (size_t)(route + 1 - s.p)};
    while (s.n && strchr("<'\"", *s.p))
        s.p++, s.n--;
    while (s.n && strchr(">'\".;", s.p[s.n - 1]))
        s.n--;
    const char *out = arena_strndup(a, s.p, s.n), *at = strrchr(out, '@');
    bool good = at && at > out && at[1] && s.n <= MAILBOX_ADDRESS_MAX && !strpbrk(out, " \t<>,\\");
    return good ? out : "";
}

bool mailbox_sendable(const char *address) {
    const char *domain = mailbox_domain(address);
    size_t n = strlen(address);
    if (!*domain || domain - address < 2 || domain - address > 65 || n > MAILBOX_ADDRESS_MAX ||
        *domain == '.' || address[n - 1] == '.' || strstr(domain, ".."))
        return false;
    for (const char *c = address; *c; c++)
        if (*c <= ' ' || *c >= 127 || strchr("<>()[],;:\\\"", *c))
            return false;
    return strchr(address, '@') == domain - 1;
}

/* ---- lists ---- */

/* What was read so far; a piece without an address is kept as the front of the next one's name. */
static bool finish(struct arena *a, struct piece *p, struct mailbox *out) {
    const char *address = tidy(a, p->bracketed ? p->angle : p->text);
    if (p->bracketed && !*address)
        address = tidy(a, p->text);
    if (!*address)
        return false;
    const char *name = p->bracketed ? p->text : p->comment;
    name = mime_head_decode(a, span_trim(span_of(*name ? name : p->comment)));
    *out = (struct mailbox){strcmp(name, address) != 0 ? name : "", address};
    return true;
}

static bool ends(char c) { return c == ',' || c == ';' || c == '\0'; }

/* The name of a group ends here: "Team: a@b.dk, c@d.dk;". */
static bool names_group(const struct piece *p, char c) {
    return c == ':' && !p->bracketed && !strchr(p->text, '@') &&
           strncasecmp(p->text, "mailto", 6) != 0;
}

/* One mark, string, comment, address or letter; behind it. */
static const char *take(const char *at, struct piece *p) {
    if (*at == '"')
        return take_quoted(at, p->text, &p->text_n);
    if (*at == '(')
        return take_comment(at, p);
    if (*at == '<')
        return take_angle(at, p);
    if (names_group(p, *at))
        clear(p);
    else
        put(p->text, &p->text_n, *at);
    return at + 1;
}

int mailbox_parse(struct arena *a, const char *value, struct mailbox *out, int max) {
    struct piece *p = ARENA_NEW(a, struct piece);
    int n = 0;
    const char *at = value;
    while (n < max) {
        if (!ends(*at)) {
            at = take(at, p);
            continue;
        }
        bool whole = finish(a, p, &out[n]);
        bool front = !whole && *at == ',' && !p->bracketed && span_trim(span_of(p->text)).n;
        n += whole;
        if (front)
            put(p->text, &p->text_n, ',');
        else
            clear(p);
        if (!*at++)
            break;
    }
    return n;
}
