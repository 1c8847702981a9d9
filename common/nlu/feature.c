#include "feature.h"

#include "../codec/utf8.h"

#define GRAM_MIN 2
#define GRAM_MAX 5
#define WORD_CHARS_MAX 40

struct gather {
    struct features *out;
    int room;
    uint32_t *seen; /* open addressing, by key */
    uint32_t mask;
    uint64_t seed;
};

static uint64_t mix(uint64_t h, uint64_t v) {
    h = (h ^ v) * 0x9E3779B97F4A7C15ull;
    return h ^ (h >> 29);
}

static void add(struct gather *g, uint64_t hash, enum feature_kind kind, int piece) {
    uint32_t key = ((uint32_t)(mix(hash, g->seed) >> 32) | 4u) & ~3u;
    key |= (uint32_t)kind;
    uint32_t slot = key >> 3 & g->mask;
    for (; g->seen[slot]; slot = (slot + 1) & g->mask)
        if (g->seen[slot] == key)
            return;
    if (g->out->n == g->room)
        return;
    g->seen[slot] = key;
    g->out->items[g->out->n++] = (struct feature){key, piece};
}

/* "<word>" as code points, every run of digits as one '#'. */
static int spell(const struct scan_piece *p, uint32_t out[WORD_CHARS_MAX + 2]) {
    int n = 0;
    out[n++] = '<';
    uint32_t cp;
    const char *s = p->fold;
    for (int bytes; n <= WORD_CHARS_MAX && (bytes = utf8_next(s, &cp)) > 0; s += bytes) {
        if (cp - '0' < 10u)
            cp = '#';
        if (cp != '#' || out[n - 1] != '#')
            out[n++] = cp;
    }
    out[n++] = '>';
    return n;
}

static uint64_t add_word(struct gather *g, const struct scan_piece *p, int piece) {
    uint32_t chars[WORD_CHARS_MAX + 2];
    int n = spell(p, chars);
    for (int from = 0; from < n; from++) {
        uint64_t h = 7;
        for (int k = 1; k <= GRAM_MAX && from + k <= n; k++) {
            h = mix(h, chars[from + k - 1]);
            if (k >= GRAM_MIN && k < n)
                add(g, h, FEATURE_GRAM, piece);
        }
    }
    uint64_t whole = 11;
    for (int i = 0; i < n; i++)
        whole = mix(whole, chars[i]);
    add(g, whole, FEATURE_WORD, piece);
    return whole;
}

/* Ideographs: n-grams of one to three characters over an unbroken run. */
static void add_ideographs(struct gather *g, const struct scan *s, int piece) {
    uint64_t h = 13;
    for (int k = 0; k < 3 && piece + k < s->n; k++) {
        const struct scan_piece *p = &s->items[piece + k];
        if (p->kind != SCAN_IDEOGRAPH || (k && p->before != SCAN_JOINED))
            return;
        h = mix(h, p->hash);
        add(g, h, k == 0 ? FEATURE_WORD : k == 1 ? FEATURE_PAIR : FEATURE_GRAM, piece);
    }
}

static uint32_t table_size(int expected) {
    uint32_t size = 64;
    while (size < 2u * (uint32_t)expected)
        size *= 2;
    return size;
}

void feature_extract(struct arena *a, const struct scan *s, uint64_t seed, struct features *out) {
    int expected = 8;
    for (int i = 0; i < s->n; i++)
        expected += 4 * (s->items[i].bytes + 3);
    expected = expected < FEATURE_MAX ? expected : FEATURE_MAX;
    uint32_t size = table_size(expected);
    *out = (struct features){.items = ARENA_ARRAY(a, struct feature, expected)};
    struct gather g = {out, expected, ARENA_ARRAY(a, uint32_t, size), size - 1, seed};
    uint64_t before = 17;
    for (int i = 0; i < s->n; i++) {
        const struct scan_piece *p = &s->items[i];
        if (p->kind == SCAN_IDEOGRAPH) {
            add_ideographs(&g, s, i);
            continue;
        }
        uint64_t word = add_word(&g, p, i);
        add(&g, mix(before, word), FEATURE_PAIR, i ? i - 1 : 0);
        before = word;
    }
    if (s->n && s->items[s->n - 1].kind != SCAN_IDEOGRAPH)
        add(&g, mix(before, 19), FEATURE_PAIR, s->n - 1);
}
