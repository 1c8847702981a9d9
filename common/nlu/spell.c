#include "spell.h"

#include <stdlib.h>
#include <string.h>

#include "../codec/text.h"
#include "../codec/utf8.h"

#define WORD_BYTES_MAX 40
#define LETTERS_MAX 40
/* Letters of the words in which two may change places or one may stand twice, and of those in which
 * one may be missing: what is left of a shorter one is too often another word. */
#define SLIP_FROM 6
#define DROP_FROM 7
#define ROOM_MIN 1024u
#define WORDS_MAX UINT16_MAX

struct spell_word {
    uint64_t hash;
    char text[WORD_BYTES_MAX]; /* "" for one too long to have slips */
};
/* There are a dozen slips to a word, so each has four bytes: which word is meant, from 1, and of
 * the slip's hash what tells it from others near its slot. Of the words that are neither known nor
 * a slip one in some hundred thousand is taken for one. */
struct spell_slip {
    uint16_t check, word;
};

/* The second byte of letters that are two bytes long and begin with 0xC3. Accents are not among
 * them: "één" is not "een". */
static const struct {
    unsigned char byte;
    const char *plain;
} plains[] = {
    {0xA4, "ae"}, {0xB6, "oe"}, {0xBC, "ue"}, {0x9F, "ss"}, {0xA6, "ae"},
    {0xB8, "oe"}, {0xA5, "aa"}, {0xAB, "e"},  {0xAF, "i"},
};

static const char *plain_of(const char *letter) {
    for (size_t i = 0; (unsigned char)letter[0] == 0xC3 && i < sizeof plains / sizeof *plains; i++)
        if (plains[i].byte == (unsigned char)letter[1])
            return plains[i].plain;
    return NULL;
}

bool spell_plainly(const char *phrase, char *out, size_t size) {
    size_t n = 0;
    bool other = false;
    while (*phrase && n + 2 < size) {
        const char *plain = plain_of(phrase);
        for (const char *p = plain; p && *p; p++)
            out[n++] = *p;
        if (!plain)
            out[n++] = *phrase;
        other |= plain != NULL;
        phrase += plain ? 2 : 1;
    }
    out[n] = '\0';
    return other && !*phrase;
}

/* Zeroed; what is too much for the machine ends the program, as with arenas. */
static void *table_new(size_t n, size_t size) {
    void *table = calloc(n, size);
    if (!table)
        abort();
    return table;
}

/* The slot of the word with this hash, or the free one where it belongs; slots count from 1. */
static uint32_t *word_slot(const struct spell *s, uint64_t hash) {
    uint32_t at = (uint32_t)hash & s->slot_mask;
    while (s->slots[at] && s->words[s->slots[at] - 1].hash != hash)
        at = (at + 1) & s->slot_mask;
    return &s->slots[at];
}

static void grow_words(struct spell *s) {
    s->room = s->room ? s->room * 2 : ROOM_MIN;
    s->words = realloc(s->words, s->room * sizeof *s->words);
    if (!s->words)
        abort();
    free(s->slots);
    s->slot_mask = s->room * 2 - 1;
    s->slots = table_new(s->slot_mask + 1, sizeof *s->slots);
    for (uint32_t i = 0; i < s->n; i++)
        *word_slot(s, s->words[i].hash) = i + 1;
}

void spell_add(struct spell *s, const char *word, size_t bytes, uint64_t hash) {
    if (s->n == s->room)
        grow_words(s);
    if (s->n == WORDS_MAX)
        abort();
    uint32_t *slot = word_slot(s, hash);
    if (*slot)
        return;
    struct spell_word *w = &s->words[s->n++];
    *w = (struct spell_word){.hash = hash};
    if (bytes < sizeof w->text)
        memcpy(w->text, word, bytes);
    *slot = s->n;
}

static uint32_t first_slot(const struct spell *s, uint64_t hash) {
    return (uint32_t)(hash >> 32) & s->slip_mask;
}

static void slip_add(struct spell *s, uint32_t word, const uint32_t *letters, int n) {
    char slip[4 * (LETTERS_MAX + 1)];
    size_t bytes = 0;
    for (int i = 0; i < n; i++)
        bytes += (size_t)utf8_put(letters[i], slip + bytes);
    uint64_t hash = text_hash(slip, bytes, 0), bit = hash >> (64 - SPELL_SIEVE_BITS);
    uint32_t at = first_slot(s, hash);
    if (*word_slot(s, hash))
        return;
    for (; s->slips[at].word; at = (at + 1) & s->slip_mask)
        if (s->slips[at].check == (uint16_t)hash)
            return;
    s->slips[at] = (struct spell_slip){(uint16_t)hash, (uint16_t)(word + 1)};
    s->sieve[bit / 64] |= 1ull << bit % 64;
}

/* Letter `at` and the next one change places. */
static void add_swapped(struct spell *s, uint32_t word, const uint32_t *letters, int n, int at) {
    uint32_t slip[LETTERS_MAX];
    memcpy(slip, letters, (size_t)n * sizeof *slip);
    slip[at] = letters[at + 1];
    slip[at + 1] = letters[at];
    slip_add(s, word, slip, n);
}

/* Letter `at` is missing. */
static void add_dropped(struct spell *s, uint32_t word, const uint32_t *letters, int n, int at) {
    uint32_t slip[LETTERS_MAX];
    memcpy(slip, letters, (size_t)at * sizeof *slip);
    memcpy(slip + at, letters + at + 1, (size_t)(n - at - 1) * sizeof *slip);
    slip_add(s, word, slip, n - 1);
}

/* Letter `at` stands twice. */
static void add_doubled(struct spell *s, uint32_t word, const uint32_t *letters, int n, int at) {
    uint32_t slip[LETTERS_MAX + 1];
    memcpy(slip, letters, (size_t)(at + 1) * sizeof *slip);
    memcpy(slip + at + 1, letters + at, (size_t)(n - at) * sizeof *slip);
    slip_add(s, word, slip, n + 1);
}

static void slips_of(struct spell *s, uint32_t word) {
    uint32_t letters[LETTERS_MAX];
    int n = 0;
    for (const char *at = s->words[word].text; n < LETTERS_MAX && *at; n++)
        at += utf8_next(at, &letters[n]);
    for (int at = 1; at + 1 < n && n >= SLIP_FROM; at++) {
        if (at + 2 < n)
            add_swapped(s, word, letters, n, at);
        add_doubled(s, word, letters, n, at);
        if (n >= DROP_FROM)
            add_dropped(s, word, letters, n, at);
    }
}

static size_t most_slips(const struct spell *s) {
    size_t n = 0;
    for (uint32_t i = 0; i < s->n; i++)
        n += 3 * strlen(s->words[i].text);
    return n;
}

void spell_shut(struct spell *s) {
    s->slip_mask = ROOM_MIN - 1;
    for (size_t most = most_slips(s); s->slip_mask < most;)
        s->slip_mask = s->slip_mask * 2 + 1;
    s->slips = table_new(s->slip_mask + 1, sizeof *s->slips);
    s->sieve = table_new((1u << SPELL_SIEVE_BITS) / 64, sizeof *s->sieve);
    s->meant = table_new(s->n + 1, sizeof *s->meant);
    for (uint32_t i = 0; i < s->n; i++) {
        slips_of(s, i);
        s->meant[i + 1] = s->words[i].hash;
    }
    free(s->words);
    free(s->slots);
    s->words = NULL;
    s->slots = NULL;
}

void spell_free(struct spell *s) {
    free(s->words);
    free(s->slots);
    free(s->meant);
    free(s->slips);
    free(s->sieve);
    *s = (struct spell){0};
}

uint64_t spell_look(const struct spell *s, uint64_t hash) {
    for (uint32_t at = first_slot(s, hash); s->slips[at].word; at = (at + 1) & s->slip_mask)
        if (s->slips[at].check == (uint16_t)hash)
            return s->meant[s->slips[at].word];
    return 0;
}
