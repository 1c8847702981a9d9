#include "lexicon.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/span.h"
#include "../codec/utf8.h"
#include "han.h"
#include "spell.h"
#include "trie.h"

#define GAP_MAX 4
#define PREFIXES_MAX 4
#define PHRASE_BYTES_MAX 1024

#define LEXICON_BYTES(name)                                                                        \
    extern const char lexicon_bytes_##name[];                                                      \
    __asm__(".pushsection .rodata\n.globl lexicon_bytes_" #name "\n.hidden lexicon_bytes_" #name   \
            "\nlexicon_bytes_" #name ":\n.incbin \"common/nlu/lexicon/" #name                      \
            ".tsv\"\n.byte 0\n.popsection\n")
LEXICON_BYTES(emotion);
LEXICON_BYTES(degree);
LEXICON_BYTES(wish);
LEXICON_BYTES(hurry);
LEXICON_BYTES(voice);
LEXICON_BYTES(subject);
LEXICON_BYTES(tone);
LEXICON_BYTES(ending);
LEXICON_BYTES(fact);
LEXICON_BYTES(word);

static const char *const file_bytes[LEXICON_FILES] = {
    [LEXICON_EMOTION] = lexicon_bytes_emotion, [LEXICON_DEGREE] = lexicon_bytes_degree,
    [LEXICON_WISH] = lexicon_bytes_wish,       [LEXICON_HURRY] = lexicon_bytes_hurry,
    [LEXICON_VOICE] = lexicon_bytes_voice,     [LEXICON_SUBJECT] = lexicon_bytes_subject,
    [LEXICON_TONE] = lexicon_bytes_tone,       [LEXICON_ENDING] = lexicon_bytes_ending,
    [LEXICON_FACT] = lexicon_bytes_fact,
};

static const char *const label_names[LEXICON_LABEL_COUNT] = {
#define LABEL_NAME(label, text) text,
    LEXICON_LABELS(LABEL_NAME)
#undef LABEL_NAME
};

static const char *const language_codes[] = {"en", "nl", "da", "de", "zh"};
#define LANGUAGES (sizeof language_codes / sizeof *language_codes)

/* A phrase is a line and one choice of its alternatives: there are seven times as many phrases as
 * lines, and their words are spelled only for those that are found. */
struct end {
    uint32_t entry, choice, next; /* next: another that ends at the same node; 0: none */
};
/* A few bits of a symbol: most words of a text begin nothing, and are not looked for any further.
 */
struct sieve {
    uint64_t bits[1024];
};
static struct {
    struct arena *scratch;
    struct sieve begins;      /* first symbols of phrases */
    struct sieve prefixes_of; /* all "word*" */
    struct sieve stems;       /* the first STEM_BYTES of those that have more */
    struct trie words; /* a symbol is a word, a beginning of words, a gap; a value the first end */
    struct end *ends;  /* the first is none */
    uint32_t n_ends, ends_room;
    struct lexicon_entry *entries;
    uint32_t n_entries, entries_room;
    uint64_t *prefixes; /* the symbols of all "word*" */
    uint32_t prefix_mask, n_prefixes;
    struct spell spell;
} lexicon;
static pthread_once_t lexicon_once = PTHREAD_ONCE_INIT;

#define STEM_BYTES 3
#define SYMBOL_GAP (1ull << 32)
#define SYMBOL_NUMBER (2ull << 32)

static uint64_t symbol_step(uint64_t h, unsigned char c) { return (h ^ c) * 0x100000001B3ull; }

static uint64_t symbol_end(uint64_t h) {
    h = (h ^ 0x51) * 0x9E3779B97F4A7C15ull;
    return h ^ (h >> 31);
}

static uint64_t prefix_symbol(const char *s, size_t n) {
    uint64_t h = 0xCBF29CE484222325ull;
    for (size_t i = 0; i < n; i++)
        h = symbol_step(h, (unsigned char)s[i]);
    return symbol_end(h);
}

static uint64_t symbol_of_ideograph(const struct scan_piece *p) {
    uint32_t cp;
    utf8_next(p->fold, &cp);
    return symbol_end(1ull << 40 | han_simplify(cp));
}

static void sieve_add(struct sieve *s, uint64_t symbol) {
    s->bits[symbol >> 54] |= 1ull << (symbol >> 48 & 63);
}

static bool sieve_has(const struct sieve *s, uint64_t symbol) {
    return s->bits[symbol >> 54] >> (symbol >> 48 & 63) & 1;
}

/* Zeroed; what is too much for the machine ends the program, as with arenas. */
static void *table_new(size_t n, size_t size) {
    void *table = calloc(n, size);
    if (!table)
        abort();
    return table;
}

/* Room for one more behind n. */
static void *grown(void *table, uint32_t n, uint32_t *room, size_t size) {
    if (n < *room)
        return table;
    *room = *room ? *room * 2 : 1u << 10;
    void *more = realloc(table, *room * size);
    if (!more)
        abort();
    memset((char *)more + n * size, 0, (*room - n) * size);
    return more;
}

static uint32_t node_after(uint32_t node, uint64_t symbol) {
    if (node == 0)
        sieve_add(&lexicon.begins, symbol);
    return trie_add(&lexicon.words, node, symbol);
}

static uint64_t *prefix_slot(uint64_t symbol) {
    uint32_t at = (uint32_t)symbol & lexicon.prefix_mask;
    while (lexicon.prefixes[at] && lexicon.prefixes[at] != symbol)
        at = (at + 1) & lexicon.prefix_mask;
    return &lexicon.prefixes[at];
}

static void prefix_add(uint64_t symbol) {
    uint32_t old = lexicon.prefixes ? lexicon.prefix_mask + 1 : 0;
    if (lexicon.n_prefixes >= old / 2) {
        uint64_t *before = lexicon.prefixes;
        lexicon.prefix_mask = (old ? old * 2 : 1u << 12) - 1;
        lexicon.prefixes = table_new(lexicon.prefix_mask + 1, sizeof *lexicon.prefixes);
        for (uint32_t i = 0; i < old; i++)
            if (before[i])
                *prefix_slot(before[i]) = before[i];
        free(before);
    }
    uint64_t *slot = prefix_slot(symbol);
    sieve_add(&lexicon.prefixes_of, symbol);
    lexicon.n_prefixes += *slot == 0;
    *slot = symbol;
}

static size_t byte_of(const char *s, int code_points) {
    return utf8_truncate(s, (size_t)code_points);
}

static uint64_t phrase_symbol(const struct scan_piece *p, bool prefix) {
    if (p->kind == SCAN_IDEOGRAPH)
        return symbol_of_ideograph(p);
    if (strcmp(p->fold, "0") == 0)
        return SYMBOL_NUMBER;
    if (!prefix) {
        spell_add(&lexicon.spell, p->fold, (size_t)p->bytes, p->hash);
        return p->hash;
    }
    uint64_t symbol = prefix_symbol(p->fold, (size_t)p->bytes);
    if (p->bytes > STEM_BYTES)
        sieve_add(&lexicon.stems, prefix_symbol(p->fold, STEM_BYTES));
    prefix_add(symbol);
    return symbol;
}

/* Word by word: followed by '*' it is a beginning, "_" between two of them is a gap. */
static uint32_t phrase_walk(const char *phrase, const struct scan *s) {
    uint32_t node = 0;
    size_t from = 0;
    for (int i = 0; i < s->n; i++) {
        const struct scan_piece *p = &s->items[i];
        size_t start = byte_of(phrase, p->start), end = byte_of(phrase, p->end);
        if (i > 0 && memchr(phrase + from, '_', start - from))
            node = node_after(node, SYMBOL_GAP);
        node = node_after(node, phrase_symbol(p, phrase[end] == '*'));
        from = end;
    }
    return node;
}

/* The later of two lines that say the same comes first. */
static void phrase_add(const char *phrase, uint32_t choice) {
    struct scan s;
    arena_reset(lexicon.scratch);
    scan_text(lexicon.scratch, phrase, &s);
    if (s.n == 0)
        return;
    uint32_t last = phrase_walk(phrase, &s);
    uint32_t *first = &lexicon.words.nodes[last].value;
    lexicon.ends = grown(lexicon.ends, lexicon.n_ends, &lexicon.ends_room, sizeof *lexicon.ends);
    lexicon.ends[lexicon.n_ends] = (struct end){lexicon.n_entries - 1, choice, *first};
    *first = lexicon.n_ends++;
}

/* The first "(a|b|)" of the pattern, its alternatives and what stands around it; false: none. */
static bool first_group(struct span pattern, struct span *before, struct span *choices,
                        struct span *after) {
    const char *open = memchr(pattern.p, '(', pattern.n);
    const char *close = open ? memchr(open, ')', pattern.n - (size_t)(open - pattern.p)) : NULL;
    if (!close)
        return false;
    *before = (struct span){pattern.p, (size_t)(open - pattern.p)};
    *choices = (struct span){open + 1, (size_t)(close - open - 1)};
    *after = (struct span){close + 1, pattern.n - (size_t)(close + 1 - pattern.p)};
    return true;
}

static uint32_t alternatives_of(struct span choices) {
    struct span one;
    uint32_t n = 0;
    while (span_split(&choices, '|', &one))
        n++;
    return n;
}

/* The pattern with the choice-th of all its phrases: each group takes what the ones before it leave
 * of the number. false: too long. */
static bool spell(struct span pattern, uint32_t choice, char out[PHRASE_BYTES_MAX]) {
    struct span before, choices, after, one;
    size_t n = 0;
    for (bool group = true; group; pattern = after) {
        group = first_group(pattern, &before, &choices, &after);
        struct span parts[2] = {group ? before : pattern, {"", 0}};
        uint32_t alternatives = group ? alternatives_of(choices) : 1, at = choice % alternatives;
        choice /= alternatives;
        while (group && span_split(&choices, '|', &one) && at--)
            continue;
        parts[1] = group ? one : parts[1];
        for (int i = 0; i < 2; i++) {
            if (n + parts[i].n >= PHRASE_BYTES_MAX)
                return false;
            memcpy(out + n, parts[i].p, parts[i].n);
            n += parts[i].n;
        }
    }
    out[n] = '\0';
    return true;
}

/* Spells out all its phrases. */
static void pattern_add(struct span pattern) {
    char spelled[PHRASE_BYTES_MAX], plain[PHRASE_BYTES_MAX];
    struct span before, choices, rest = pattern;
    uint32_t phrases = 1;
    while (first_group(rest, &before, &choices, &rest))
        phrases *= alternatives_of(choices);
    for (uint32_t choice = 0; choice < phrases; choice++) {
        if (!spell(pattern, choice, spelled))
            continue;
        phrase_add(spelled, choice);
        if (spell_plainly(spelled, plain, sizeof plain))
            phrase_add(plain, choice);
    }
}

const char *lexicon_phrase(struct arena *a, const struct lexicon_hit *hit) {
    char spelled[PHRASE_BYTES_MAX] = "";
    spell((struct span){hit->entry->pattern, (size_t)hit->entry->pattern_n}, hit->choice, spelled);
    return arena_strdup(a, spelled);
}

static unsigned languages_of(struct span codes) {
    unsigned bits = 0;
    struct span code;
    if (span_is(codes, "*"))
        return LEXICON_EVERY_LANGUAGE;
    while (span_split(&codes, ',', &code))
        for (size_t i = 0; i < LANGUAGES; i++)
            bits |= span_is(code, language_codes[i]) ? 1u << i : 0;
    return bits;
}

static void line_add(enum lexicon_file file, struct span line) {
    struct span languages, phrase, weight, label;
    if (!line.n || line.p[0] == '#' || !span_split(&line, '\t', &languages) ||
        !span_split(&line, '\t', &phrase) || !span_split(&line, '\t', &weight) ||
        !span_split(&line, '\t', &label))
        return;
    struct lexicon_entry entry = {.pattern = phrase.p,
                                  .pattern_n = (int)phrase.n,
                                  .weight = strtof(weight.p, NULL),
                                  .file = file,
                                  .label = LEXICON_LABEL_COUNT,
                                  .languages = languages_of(languages)};
    for (int i = 0; i < LEXICON_LABEL_COUNT; i++)
        if (span_is(span_trim(label), label_names[i]))
            entry.label = (enum lexicon_label)i;
    if (entry.label == LEXICON_LABEL_COUNT)
        return;
    lexicon.entries =
        grown(lexicon.entries, lexicon.n_entries, &lexicon.entries_room, sizeof *lexicon.entries);
    lexicon.entries[lexicon.n_entries++] = entry;
    pattern_add(phrase);
}

/* Words that no cue has, so that they are not taken for a slip of one that has. */
static void words_add(const char *words) {
    struct scan s;
    arena_reset(lexicon.scratch);
    scan_text(lexicon.scratch, words, &s);
    for (int i = 0; i < s.n; i++)
        spell_add(&lexicon.spell, s.items[i].fold, (size_t)s.items[i].bytes, s.items[i].hash);
}

static void lexicon_build(void) {
    lexicon.scratch = arena_new();
    trie_open(&lexicon.words);
    lexicon.n_ends = 1;
    lexicon.ends = table_new(lexicon.ends_room = 1u << 10, sizeof *lexicon.ends);
    prefix_add(prefix_symbol("", 0));
    for (int file = 0; file < LEXICON_FILES; file++) {
        struct span rest = span_of(file_bytes[file]), line;
        while (span_split(&rest, '\n', &line))
            line_add((enum lexicon_file)file, line);
    }
    trie_shut(&lexicon.words);
    words_add(lexicon_bytes_word);
    spell_shut(&lexicon.spell);
    arena_free(lexicon.scratch);
}

unsigned lexicon_language(const char *code) {
    for (size_t i = 0; i < LANGUAGES; i++)
        if (strcmp(code, language_codes[i]) == 0)
            return 1u << i;
    return 0;
}

/* What a piece of the text can be matched as: itself, the word it is a slip of, its beginnings. */
struct symbols {
    uint64_t exact, prefixes[PREFIXES_MAX];
    int n_prefixes;
};

static void symbols_of(const struct scan_piece *p, struct symbols *out) {
    out->n_prefixes = 0;
    if (p->kind == SCAN_IDEOGRAPH) {
        out->exact = symbol_of_ideograph(p);
        return;
    }
    out->exact = p->hash;
    uint64_t meant = spell_meant(&lexicon.spell, p->hash);
    if (meant)
        out->prefixes[out->n_prefixes++] = meant;
    uint64_t h = 0xCBF29CE484222325ull;
    for (int i = 0; i < p->bytes; i++) {
        h = symbol_step(h, (unsigned char)p->fold[i]);
        uint64_t prefix = symbol_end(h);
        if (sieve_has(&lexicon.prefixes_of, prefix) && out->n_prefixes < PREFIXES_MAX &&
            *prefix_slot(prefix) == prefix)
            out->prefixes[out->n_prefixes++] = prefix;
        if (i + 1 == STEM_BYTES && !sieve_has(&lexicon.stems, prefix))
            return;
    }
}

static bool may_begin(const struct scan_piece *p, const struct symbols *s) {
    bool may = p->kind == SCAN_NUMBER || sieve_has(&lexicon.begins, s->exact);
    for (int i = 0; i < s->n_prefixes; i++)
        may |= sieve_has(&lexicon.begins, s->prefixes[i]);
    return may;
}

struct search {
    const struct scan *scan;
    const struct symbols *symbols;
    unsigned languages;
    unsigned found;                         /* of which files, as bits */
    struct lexicon_hit best[LEXICON_FILES]; /* of them: the longest from the piece looked at */
};

static void note_ends(struct search *f, uint32_t node, int from, int to) {
    for (uint32_t at = lexicon.words.nodes[node].value; at; at = lexicon.ends[at].next) {
        const struct lexicon_entry *e = &lexicon.entries[lexicon.ends[at].entry];
        struct lexicon_hit *best = &f->best[e->file];
        bool longest = !(f->found >> e->file & 1) || to > best->to;
        if (!(e->languages & f->languages) || !longest)
            continue;
        f->found |= 1u << e->file;
        *best = (struct lexicon_hit){e, from, to, lexicon.ends[at].choice};
    }
}

static void walk_from(struct search *f, uint32_t node, int from, int at);

static void walk_symbol(struct search *f, uint32_t node, uint64_t symbol, int from, int at) {
    uint32_t next = trie_next(&lexicon.words, node, symbol);
    if (!next)
        return;
    note_ends(f, next, from, at + 1);
    walk_from(f, next, from, at + 1);
}

static void walk_from(struct search *f, uint32_t node, int from, int at) {
    bool ends = at >= f->scan->n || (at > from && f->scan->items[at].before == SCAN_SENTENCE);
    if (ends || !trie_leads_on(&lexicon.words, node))
        return;
    const struct symbols *s = &f->symbols[at];
    walk_symbol(f, node, s->exact, from, at);
    if (f->scan->items[at].kind == SCAN_NUMBER)
        walk_symbol(f, node, SYMBOL_NUMBER, from, at);
    for (int i = 0; i < s->n_prefixes; i++)
        walk_symbol(f, node, s->prefixes[i], from, at);
    uint32_t beyond = trie_next(&lexicon.words, node, SYMBOL_GAP);
    if (!beyond)
        return;
    for (int skip = 0; skip <= GAP_MAX && at + skip < f->scan->n; skip++) {
        if (at + skip > from && f->scan->items[at + skip].before != SCAN_JOINED)
            return;
        walk_from(f, beyond, from, at + skip);
    }
}

/* Of one file a hit ends where the next may begin. */
static void take_best(const struct search *f, int at, int taken[LEXICON_FILES],
                      struct lexicon_hits *out) {
    for (unsigned left = f->found; left; left &= left - 1) {
        int file = __builtin_ctz(left);
        if (at < taken[file])
            continue;
        out->items[out->n++] = f->best[file];
        out->labels |= 1ull << f->best[file].entry->label;
        taken[file] = f->best[file].to;
    }
}

void lexicon_find(struct arena *a, const struct scan *s, unsigned languages,
                  struct lexicon_hits *out) {
    pthread_once(&lexicon_once, lexicon_build);
    struct symbols *symbols = ARENA_ROOM(a, struct symbols, s->n + 1);
    for (int i = 0; i < s->n; i++)
        symbols_of(&s->items[i], &symbols[i]);
    *out =
        (struct lexicon_hits){.items = ARENA_ROOM(a, struct lexicon_hit, s->n * LEXICON_FILES + 1)};
    int taken[LEXICON_FILES] = {0};
    struct search f;
    f.scan = s;
    f.symbols = symbols;
    f.languages = languages;
    for (int i = 0; i < s->n; i++) {
        if (!may_begin(&s->items[i], &symbols[i]))
            continue;
        f.found = 0;
        walk_from(&f, 0, i, i);
        take_best(&f, i, taken, out);
    }
}
