#include "fill.h"

#include <string.h>

#define FILLED_BYTES_MAX (1024 * 1024)
#define NAME_CHARS "abcdefghijklmnopqrstuvwxyz0123456789._-"

struct fill {
    struct arena *arena;
    const struct conversation *conversation;
    int64_t now_ms;
    const char *missing; /* first unknown name; NULL: none */
    struct buf out;
};

static bool takes(struct span *rest, const char *text) {
    size_t n = strlen(text);
    if (rest->n < n || memcmp(rest->p, text, n) != 0)
        return false;
    *rest = (struct span){rest->p + n, rest->n - n};
    return true;
}

static struct span take_name(struct span *rest) {
    struct span name = {rest->p, 0};
    while (name.n < rest->n && rest->p[name.n] && strchr(NAME_CHARS, rest->p[name.n]))
        name.n++;
    *rest = (struct span){rest->p + name.n, rest->n - name.n};
    return name;
}

/* Takes {name} off the front, or nothing. */
static bool take_placeholder(struct span *rest, struct span *name) {
    struct span after = *rest;
    if (!takes(&after, "{"))
        return false;
    *name = take_name(&after);
    if (name->n == 0 || !takes(&after, "}"))
        return false;
    *rest = after;
    return true;
}

static const struct fact *find(const struct fill *f, struct span name) {
    return conversation_fact(f->conversation, arena_strndup(f->arena, name.p, name.n), f->now_ms);
}

static void add_byte(struct buf *b, struct span *rest) {
    buf_addc(b, rest->p[0]);
    *rest = (struct span){rest->p + 1, rest->n - 1};
}

static void add_value(struct fill *f, struct span name) {
    const struct fact *fact = find(f, name);
    if (fact)
        buf_adds(&f->out, fact->value);
    else if (!f->missing)
        f->missing = arena_strndup(f->arena, name.p, name.n);
}

static void add_text(struct fill *f, struct span text) {
    struct span name;
    while (text.n) {
        if (take_placeholder(&text, &name))
            add_value(f, name);
        else
            add_byte(&f->out, &text);
    }
}

static bool all_known(const struct fill *f, struct span text) {
    struct span name;
    while (text.n) {
        if (!take_placeholder(&text, &name))
            text = (struct span){text.p + 1, text.n - 1};
        else if (!find(f, name))
            return false;
    }
    return true;
}

/* What stands between [[ and ]]. Its first space parts it from what stands before, once. */
static void add_optional(struct fill *f, struct span text) {
    bool only_if_unknown = takes(&text, "!");
    if (only_if_unknown && find(f, take_name(&text)))
        return;
    bool parted = f->out.len == 0 || f->out.p[f->out.len - 1] == ' ';
    while (parted && takes(&text, " "))
        continue;
    if (all_known(f, text))
        add_text(f, text);
}

/* Takes [[ ... ]] off the front, or nothing. */
static bool take_optional(struct span *rest, struct span *inside) {
    struct span after = *rest;
    if (!takes(&after, "[["))
        return false;
    const char *end = memmem(after.p, after.n, "]]", 2);
    if (!end)
        return false;
    *inside = (struct span){after.p, (size_t)(end - after.p)};
    *rest = (struct span){end + 2, after.n - inside->n - 2};
    return true;
}

static void add_all(struct fill *f, struct span text) {
    struct span part;
    while (text.n) {
        if (take_optional(&text, &part))
            add_optional(f, part);
        else if (take_placeholder(&text, &part))
            add_value(f, part);
        else
            add_byte(&f->out, &text);
    }
}

const char *fill_facts(struct arena *a, const char *text, const struct conversation *c,
                       int64_t now_ms, const char **missing) {
    struct fill f = {.arena = a, .conversation = c, .now_ms = now_ms};
    buf_init(&f.out, FILLED_BYTES_MAX);
    add_all(&f, span_of(text));
    if (!f.missing && buf_done(&f.out) != OK)
        f.missing = "room";
    struct span filled = span_trim(buf_span(&f.out));
    const char *result = f.missing ? NULL : arena_strndup(a, filled.p, filled.n);
    buf_fini(&f.out);
    *missing = f.missing;
    return result;
}
