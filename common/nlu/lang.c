#include "lang.h"

#include <endian.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../base/span.h"
#include "../codec/utf8.h"

#define GRAM_MAX 4
#define WORD_CHARS_MAX 32
#define SLOTS (1u << 16)
#define SMOOTHING 0.5f
/* N-grams of a word overlap: together they say about as much as a third of their number. */
#define OVERLAP 3.4
#define DOUBT 0.5    /* below this nothing is claimed */
#define LOOK_EVERY 4 /* words */
#define BEYOND_DOUBT (1 - 1e-6)
#define HOPELESS (-45) /* exp of it adds nothing to one */

extern const char lang_bytes_profile[];
__asm__(".pushsection .rodata\n.globl lang_bytes_profile\n.hidden lang_bytes_profile\n"
        "lang_bytes_profile:\n.incbin \"common/nlu/lexicon/profile.tsv\"\n.byte 0\n.popsection\n");

/* The first SUPPORTED are answered by name; the others are there to be told apart from them. */
static const char *const codes[] = {"en", "nl", "da", "de", "sv", "no",
                                    "fr", "es", "it", "pt", "fi", "pl"};
#define LANGS (sizeof codes / sizeof *codes)
#define SUPPORTED 4

/* While it is built, a slot counts; then the counts become bytes: -log(probability) in sixteenths.
 */
struct tally_slot {
    uint64_t gram; /* 0: free */
    int length;
    float count[LANGS];
};
struct slot {
    uint32_t gram; /* 0: free */
    unsigned char cost[LANGS];
};
static struct {
    struct slot slots[SLOTS];
    float unseen[GRAM_MAX + 2][LANGS]; /* cost of a gram that was never seen, by length */
} profile;
static pthread_once_t profile_once = PTHREAD_ONCE_INIT;

#define COST_UNIT 16.0

static struct tally_slot *tally_slot_of(struct tally_slot *slots, uint64_t gram) {
    uint32_t at = (uint32_t)gram & (SLOTS - 1);
    while (slots[at].gram && slots[at].gram != gram)
        at = (at + 1) & (SLOTS - 1);
    return &slots[at];
}

static const struct slot *slot_of(uint64_t gram) {
    uint32_t at = (uint32_t)gram & (SLOTS - 1), key = (uint32_t)(gram >> 32);
    while (profile.slots[at].gram && profile.slots[at].gram != key)
        at = (at + 1) & (SLOTS - 1);
    return &profile.slots[at];
}

struct grams {
    uint64_t hash[WORD_CHARS_MAX * GRAM_MAX + 8];
    unsigned char length[WORD_CHARS_MAX * GRAM_MAX + 8]; /* GRAM_MAX + 1: the whole word */
    int n;
};

static void grams_add(struct grams *g, uint64_t h, int length) {
    h = (h ^ (uint64_t)length) * 0x9E3779B97F4A7C15ull;
    g->hash[g->n] = h ^ (h >> 29) ^ 1ull << 40;
    g->length[g->n++] = (unsigned char)length;
}

/* N-grams of "<word>" of one to GRAM_MAX characters, and the word itself. */
static void grams_of(const struct scan_piece *p, struct grams *g) {
    uint32_t chars[WORD_CHARS_MAX + 2], cp;
    int n = 0;
    chars[n++] = '<';
    const char *s = p->fold;
    for (int bytes; n <= WORD_CHARS_MAX && (bytes = utf8_next(s, &cp)) > 0; s += bytes)
        chars[n++] = cp;
    if (n < WORD_CHARS_MAX + 2)
        chars[n++] = '>';
    g->n = 0;
    uint64_t word = 5;
    for (int from = 0; from < n; from++) {
        uint64_t h = 3;
        word = (word ^ chars[from]) * 0x100000001B3ull;
        for (int k = 1; k <= GRAM_MAX && from + k <= n; k++) {
            h = (h ^ chars[from + k - 1]) * 0x100000001B3ull;
            if (k > 1 || (from > 0 && from < n - 1))
                grams_add(g, h, k);
        }
    }
    grams_add(g, word, GRAM_MAX + 1);
}

struct counting {
    struct tally_slot *slots;
    double total[GRAM_MAX + 2][LANGS], kinds[GRAM_MAX + 2]; /* by length */
};

static void count_line(struct arena *a, int lang, const char *text, struct counting *c) {
    struct scan s;
    struct grams g;
    scan_text(a, text, &s);
    for (int i = 0; i < s.n; i++) {
        grams_of(&s.items[i], &g);
        for (int k = 0; k < g.n; k++) {
            struct tally_slot *slot = tally_slot_of(c->slots, g.hash[k]);
            c->kinds[g.length[k]] += slot->gram == 0;
            slot->gram = g.hash[k];
            slot->length = g.length[k];
            slot->count[lang] += 1;
            c->total[g.length[k]][lang] += 1;
        }
    }
}

static int lang_index(struct span code) {
    for (size_t i = 0; i < LANGS; i++)
        if (code.n >= 2 && strncasecmp(code.p, codes[i], 2) == 0 &&
            (code.n == 2 || code.p[2] == '-' || code.p[2] == '_'))
            return (int)i;
    return -1;
}

static void count_profile(struct counting *c) {
    struct arena *a = arena_new();
    struct span rest = span_of(lang_bytes_profile), line, code;
    while (span_split(&rest, '\n', &line)) {
        int lang = span_split(&line, '\t', &code) ? lang_index(code) : -1;
        if (lang < 0)
            continue;
        arena_reset(a);
        count_line(a, lang, arena_strndup(a, line.p, line.n), c);
    }
    arena_free(a);
}

/* Smoothed, so that what was never seen is unlikely, not impossible. */
static double cost(const struct counting *c, double count, int length, size_t lang) {
    return -log((count + SMOOTHING) / (c->total[length][lang] + SMOOTHING * c->kinds[length]));
}

static void profile_build(void) {
    struct counting c = {.slots = calloc(SLOTS, sizeof *c.slots)};
    if (!c.slots)
        abort();
    count_profile(&c);
    for (uint32_t i = 0; i < SLOTS; i++) {
        const struct tally_slot *from = &c.slots[i];
        profile.slots[i].gram = (uint32_t)(from->gram >> 32);
        for (size_t k = 0; from->gram && k < LANGS; k++)
            profile.slots[i].cost[k] =
                (unsigned char)fmin(255, COST_UNIT * cost(&c, from->count[k], from->length, k));
    }
    for (int length = 1; length <= GRAM_MAX + 1; length++)
        for (size_t k = 0; k < LANGS; k++)
            profile.unseen[length][k] = (float)cost(&c, 0, length, k);
    free(c.slots);
}

/* What the grams of a text cost: summed up for those that are known, counted for those that are
 * not. */
struct spent {
    uint32_t cost[LANGS];
    uint32_t unseen[GRAM_MAX + 2]; /* by length */
};

/* A name says little about the language that it stands in. */
#define WORD_SHARE 4
static uint32_t share_of(const struct scan_piece *p) {
    return p->capital && p->before != SCAN_SENTENCE ? 1 : WORD_SHARE;
}

/* Eight bytes are added at once, then four, every second one in the halves of a word of its own;
 * the grams of one word cannot overflow sixteen bits. */
_Static_assert((WORD_CHARS_MAX * GRAM_MAX + 8) * 255 <= UINT16_MAX, "sums fit");
_Static_assert(LANGS == 12, "costs come in eight and four");
#define EVERY_SECOND 0x00FF00FF00FF00FFull
struct sums {
    uint64_t even, odd;
    uint32_t last_even, last_odd;
};

static void add_costs(const unsigned char cost[LANGS], struct sums *sums) {
    uint64_t eight;
    uint32_t four;
    memcpy(&eight, cost, sizeof eight);
    memcpy(&four, cost + sizeof eight, sizeof four);
    eight = le64toh(eight);
    four = le32toh(four);
    sums->even += eight & EVERY_SECOND;
    sums->odd += eight >> 8 & EVERY_SECOND;
    sums->last_even += four & (uint32_t)EVERY_SECOND;
    sums->last_odd += four >> 8 & (uint32_t)EVERY_SECOND;
}

static void spend(const struct sums *s, uint32_t share, struct spent *spent) {
    for (int i = 0; i < 4; i++) {
        spent->cost[2 * i] += (uint32_t)(s->even >> 16 * i & 0xFFFF) * share;
        spent->cost[2 * i + 1] += (uint32_t)(s->odd >> 16 * i & 0xFFFF) * share;
    }
    for (int i = 0; i < 2; i++) {
        spent->cost[8 + 2 * i] += (s->last_even >> 16 * i & 0xFFFF) * share;
        spent->cost[9 + 2 * i] += (s->last_odd >> 16 * i & 0xFFFF) * share;
    }
}

static void add_word(const struct scan_piece *p, struct spent *spent) {
    uint32_t share = share_of(p);
    struct grams g;
    struct sums sums = {0, 0, 0, 0};
    grams_of(p, &g);
    for (int k = 0; k < g.n; k++) {
        const struct slot *slot = slot_of(g.hash[k]);
        spent->unseen[g.length[k]] += slot->gram == 0 ? share : 0;
        add_costs(slot->cost, &sums);
    }
    spend(&sums, share, spent);
}

static double cost_in(const struct spent *spent, size_t lang) {
    double sum = spent->cost[lang] / COST_UNIT;
    for (int length = 1; length <= GRAM_MAX + 1; length++)
        sum += spent->unseen[length] * (double)profile.unseen[length][lang];
    return sum / (OVERLAP * WORD_SHARE);
}

struct script_counts {
    int latin, han, other;
};

static struct script_counts count_scripts(const struct scan *s) {
    struct script_counts c = {0, 0, 0};
    bool kana = false;
    for (int i = 0; i < s->n; i++) {
        uint32_t cp;
        utf8_next(s->items[i].fold, &cp);
        enum utf8_script script = utf8_script(cp);
        c.latin += script == UTF8_LATIN;
        c.han += script == UTF8_HAN;
        c.other += script == UTF8_CYRILLIC || script == UTF8_ARABIC ||
                   script == UTF8_OTHER_LETTER || script == UTF8_HANGUL || script == UTF8_KANA;
        kana |= script == UTF8_KANA;
    }
    if (kana) {
        c.other += c.han;
        c.han = 0;
    }
    return c;
}

/* What was known before the text was read, as log odds. */
static void add_hint(const char *code, double weight, double score[LANGS]) {
    int lang = code ? lang_index(span_of(code)) : -1;
    if (lang >= 0)
        score[lang] += weight;
}

static const char *hinted(const struct lang_hints *h) {
    const char *const given[] = {h->earlier, h->locale, h->channel};
    static const char *const known[] = {"en", "nl", "da", "de", "zh"};
    for (size_t i = 0; i < sizeof given / sizeof *given; i++)
        for (size_t k = 0; given[i] && k < sizeof known / sizeof *known; k++)
            if (strncasecmp(given[i], known[k], 2) == 0 && strlen(given[i]) >= 2)
                return known[k];
    return LANG_UNKNOWN;
}

static void add_hints(const struct lang_hints *hints, double score[LANGS]) {
    for (size_t i = 0; i < LANGS; i++)
        score[i] = i < SUPPORTED ? 2.5 : 0;
    add_hint(hints->earlier, 3, score);
    add_hint(hints->locale, 2, score);
    add_hint(hints->channel, 1.5, score);
}

/* The likeliest language and the share of all belief that it has. */
static double weigh(const double prior[LANGS], const struct spent *spent, size_t *best) {
    double score[LANGS], sum = 0;
    *best = 0;
    for (size_t i = 0; i < LANGS; i++) {
        score[i] = prior[i] - cost_in(spent, i);
        if (score[i] > score[*best])
            *best = i;
    }
    for (size_t i = 0; i < LANGS; i++)
        if (score[i] - score[*best] > HOPELESS)
            sum += exp(score[i] - score[*best]);
    return 1 / sum;
}

/* The rest of a text whose language is beyond doubt is not looked at. */
static void guess_latin(const struct scan *s, const struct lang_hints *hints,
                        struct lang_guess *out) {
    double prior[LANGS];
    struct spent spent = {.unseen = {0}};
    size_t best = 0;
    int words = 0;
    pthread_once(&profile_once, profile_build);
    add_hints(hints, prior);
    for (int i = 0; i < s->n; i++) {
        if (s->items[i].kind != SCAN_WORD)
            continue;
        add_word(&s->items[i], &spent);
        if (++words % LOOK_EVERY == 0 && weigh(prior, &spent, &best) > BEYOND_DOUBT)
            break;
    }
    out->confidence = weigh(prior, &spent, &best);
    out->code = best < SUPPORTED && out->confidence >= DOUBT ? codes[best] : LANG_UNKNOWN;
}

void lang_guess(const struct scan *s, const struct lang_hints *hints, struct lang_guess *out) {
    struct script_counts c = count_scripts(s);
    if (c.han >= 1 && c.han * 2 >= c.latin && c.han >= c.other) {
        *out = (struct lang_guess){"zh", c.han > 1 ? 0.99 : 0.9};
        return;
    }
    if (c.other > c.latin) {
        *out = (struct lang_guess){LANG_UNKNOWN, 0.99};
        return;
    }
    if (c.latin > 0) {
        guess_latin(s, hints, out);
        if (strcmp(out->code, LANG_UNKNOWN) != 0 || out->confidence >= DOUBT)
            return;
    }
    const char *hint = hinted(hints);
    *out = (struct lang_guess){hint, strcmp(hint, LANG_UNKNOWN) == 0 ? 0 : 0.5};
}
