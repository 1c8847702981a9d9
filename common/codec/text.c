#include "text.h"

#include <string.h>

#include "utf8.h"

#define FNV_OFFSET 0xCBF29CE484222325u
#define FNV_PRIME 0x100000001B3u

/* Walks a text one code point at a time. */
struct cursor {
    const char *s;
    uint32_t cp;
    int bytes; /* of cp; 0 at the end */
    int index; /* of cp, in code points */
};

static struct cursor cursor_at(const char *s) {
    struct cursor c = {.s = s};
    c.bytes = utf8_next(s, &c.cp);
    return c;
}

static void advance(struct cursor *c) {
    c->s += c->bytes;
    c->bytes = utf8_next(c->s, &c->cp);
    c->index++;
}

static bool is_ideograph(uint32_t cp) {
    enum utf8_script script = utf8_script(cp);
    return script == UTF8_HAN || script == UTF8_KANA || script == UTF8_HANGUL;
}

static bool is_word(uint32_t cp) {
    enum utf8_script script = utf8_script(cp);
    return script == UTF8_LATIN || script == UTF8_CYRILLIC || script == UTF8_ARABIC ||
           script == UTF8_OTHER_LETTER || script == UTF8_DIGIT;
}

static bool is_apostrophe(uint32_t cp) { return cp == '\'' || cp == 0x2019; }

static bool is_capital(uint32_t cp) {
    uint32_t narrow = cp >= 0xFF01 && cp <= 0xFF5E ? cp - 0xFEE0 : cp;
    return utf8_fold(cp) != narrow;
}

/* Only between two letters or digits does an apostrophe belong to the word. */
static bool is_inner_apostrophe(const struct cursor *c) {
    uint32_t next;
    return is_apostrophe(c->cp) && utf8_next(c->s + c->bytes, &next) && is_word(next);
}

static void take_ideograph(struct cursor *c, struct text_token *t) {
    t->ideograph = true;
    advance(c);
}

static void take_word(struct cursor *c, struct text_token *t) {
    int letters = 0, capitals = 0;
    for (; c->bytes && (is_word(c->cp) || is_inner_apostrophe(c)); advance(c)) {
        if (is_apostrophe(c->cp) || utf8_script(c->cp) == UTF8_DIGIT)
            continue;
        letters++;
        capitals += is_capital(c->cp);
    }
    t->upper = letters > 1 && capitals == letters;
}

static char *put_folded(char *out, uint32_t cp) {
    return out + utf8_put(is_apostrophe(cp) ? '\'' : utf8_fold(cp), out);
}

/* Folding never needs more than four bytes a code point. */
static const char *fold_range(struct arena *a, struct cursor from, int end) {
    char *fold = arena_alloc(a, (size_t)(end - from.index) * 4 + 1), *out = fold;
    for (; from.index < end; advance(&from))
        out = put_folded(out, from.cp);
    *out = '\0';
    return fold;
}

struct text_tokens text_tokens(struct arena *a, const char *s, int max) {
    /* No token is nearer to the next but one than two bytes. */
    size_t bound = strlen(s) / 2 + 1;
    if ((size_t)max > bound)
        max = (int)bound;
    struct text_tokens all = {.items = ARENA_ARRAY(a, struct text_token, max)};
    struct cursor c = cursor_at(s);
    while (c.bytes && all.n < max) {
        struct cursor start = c;
        struct text_token *t = &all.items[all.n];
        if (is_ideograph(c.cp)) {
            take_ideograph(&c, t);
        } else if (is_word(c.cp)) {
            take_word(&c, t);
        } else {
            advance(&c);
            continue;
        }
        t->start = start.index;
        t->end = c.index;
        t->fold = fold_range(a, start, c.index);
        all.n++;
    }
    return all;
}

char *text_fold(struct arena *a, const char *s) {
    char *fold = arena_alloc(a, strlen(s) * 2 + 5), *out = fold;
    bool gap = false;
    for (struct cursor c = cursor_at(s); c.bytes; advance(&c)) {
        if (utf8_script(c.cp) == UTF8_SPACE) {
            gap = out != fold;
            continue;
        }
        if (gap)
            *out++ = ' ';
        gap = false;
        out = put_folded(out, c.cp);
    }
    *out = '\0';
    return fold;
}

static bool are_neighbours(const struct text_token *left, const struct text_token *right) {
    return left->ideograph && right->ideograph && left->end == right->start;
}

int text_search_terms(struct arena *a, const char *s, int max, const char ***terms) {
    struct text_tokens tokens = text_tokens(a, s, max);
    const char **out = ARENA_ARRAY(a, const char *, tokens.n + 1);
    int n = 0;
    for (int i = 0; i < tokens.n; i++) {
        const struct text_token *t = &tokens.items[i];
        bool starts_pair = i + 1 < tokens.n && are_neighbours(t, t + 1);
        bool ended_pair = i > 0 && are_neighbours(t - 1, t);
        if (starts_pair)
            out[n++] = arena_printf(a, "%s%s", t->fold, t[1].fold);
        else if (!ended_pair)
            out[n++] = t->fold;
    }
    *terms = out;
    return n;
}

/* The finaliser of MurmurHash3 (fmix64); leaves 0 as it is. */
static uint64_t mix(uint64_t h) {
    h ^= h >> 33;
    h *= 0xFF51AFD7ED558CCDu;
    h ^= h >> 33;
    h *= 0xC4CEB9FE1A85EC53u;
    return h ^ h >> 33;
}

/* FNV-1a, 64 bits, its offset basis XORed with the mixed seed (so that neighbouring seeds do not
 * meet), and mixed once more because FNV alone is weak in its high bits for short texts. */
uint64_t text_hash(const void *p, size_t n, uint64_t seed) {
    const unsigned char *bytes = p;
    uint64_t h = FNV_OFFSET ^ mix(seed);
    for (size_t i = 0; i < n; i++)
        h = (h ^ bytes[i]) * FNV_PRIME;
    return mix(h);
}
