#include "scan.h"

#include <string.h>

#include "../codec/text.h"
#include "../codec/utf8.h"

struct walk {
    struct scan *out;
    const char *at;        /* next byte to read */
    int position;          /* code points read */
    char *folds;           /* where the next fold goes */
    enum scan_break mark;  /* strongest since the last piece */
    int bangs, asks, dots; /* length of the run of marks just read */
    uint32_t quote;        /* the mark that will end what is quoted; 0: nothing is */
    int quoted_from;       /* the first piece behind its beginning */
};

/* Longest first: ":-((" must not be read as ":-(". */
static const char *const scan_emoticons[] = {":'(", ":-(", ":-)", ":-/", ";-)", ":-D", ":((",
                                             ":))", ":(",  ":)",  ";)",  ":D",  ":/",  "<3"};

static bool is_word_letter(uint32_t cp) {
    if (cp < 0x80)
        return (cp | 0x20) - 'a' < 26u || cp - '0' < 10u;
    if (cp >= 0x300 && cp < 0x370)
        return true;
    switch (utf8_script(cp)) {
    case UTF8_LATIN:
    case UTF8_CYRILLIC:
    case UTF8_ARABIC:
    case UTF8_OTHER_LETTER:
    case UTF8_DIGIT:
        return true;
    case UTF8_HAN:
    case UTF8_KANA:
    case UTF8_HANGUL:
    case UTF8_SPACE:
    case UTF8_PUNCT:
    case UTF8_EMOJI:
        return false;
    }
    return false;
}

static bool is_ideograph(uint32_t cp) {
    if (cp < 0x1100)
        return false;
    enum utf8_script script = utf8_script(cp);
    return script == UTF8_HAN || script == UTF8_KANA || script == UTF8_HANGUL;
}

static bool is_apostrophe(uint32_t cp) { return cp == '\'' || cp == 0x2019 || cp == 0x2BC; }

static bool is_digit(uint32_t cp) { return cp - '0' < 10u || (cp >= 0xFF10 && cp <= 0xFF19); }

/* Variation selectors, joiners and skin tones change how an emoji looks, not what it says. */
static bool is_emoji_modifier(uint32_t cp) {
    return cp == 0xFE0F || cp == 0x200D || (cp >= 0x1F3FB && cp <= 0x1F3FF);
}

static struct scan_piece *piece_add(struct walk *w, enum scan_kind kind) {
    struct scan_piece *p = &w->out->items[w->out->n++];
    *p = (struct scan_piece){.fold = w->folds,
                             .start = w->position,
                             .kind = kind,
                             .before = w->out->n == 1 ? SCAN_SENTENCE : w->mark};
    w->mark = SCAN_JOINED;
    w->bangs = w->asks = w->dots = 0;
    w->out->trails_off = false;
    return p;
}

static void piece_close(struct walk *w, struct scan_piece *p) {
    p->bytes = (int)(w->folds - p->fold);
    *w->folds++ = '\0';
    p->end = w->position;
    p->hash = text_hash(p->fold, (size_t)p->bytes, 0);
}

/* A letter that stands three or more times in a row is kept once: "sooooo" says "so". */
static bool squeeze(struct walk *w, uint32_t folded, uint32_t *last, int *run) {
    *run = folded == *last ? *run + 1 : 1;
    *last = folded;
    if (*run < 3 || is_digit(folded))
        return false;
    if (*run == 3)
        w->folds -= folded < 0x80 ? 1 : folded < 0x800 ? 2 : 3;
    return true;
}

/* How a word is spelt, so far. */
struct spelling {
    uint32_t last;
    int run, letters, capitals;
};

static void put_letter(struct walk *w, struct scan_piece *p, struct spelling *s,
                       const uint32_t letter[2]) {
    uint32_t cp = letter[0], folded = letter[1];
    if (is_digit(folded)) {
        p->kind = SCAN_NUMBER;
    } else if (folded != '\'') {
        p->capital |= folded != cp && s->letters == 0;
        s->letters++;
        s->capitals += folded != cp;
    }
    if (squeeze(w, folded, &s->last, &s->run))
        p->stretched = true;
    else if (folded < 0x80)
        *w->folds++ = (char)folded;
    else
        w->folds += utf8_put(folded, w->folds);
}

/* Bytes of the next letter of a word, as it is written and folded; 0 if the word ends here. */
static int next_letter(const struct walk *w, uint32_t letter[2]) {
    unsigned char c = (unsigned char)*w->at;
    uint32_t after = 0;
    if (c < 0x80 && c != '\'') {
        letter[0] = c;
        letter[1] = (c | 0x20u) - 'a' < 26u ? c | 0x20u : c;
        return letter[1] - 'a' < 26u || (uint32_t)c - '0' < 10u;
    }
    int n = utf8_next(w->at, &letter[0]);
    bool inner =
        is_apostrophe(letter[0]) && utf8_next(w->at + n, &after) > 0 && is_word_letter(after);
    letter[1] = inner ? '\'' : utf8_fold(letter[0]);
    return inner || is_word_letter(letter[0]) ? n : 0;
}

/* What the walk letter by letter would find, for the commonest words: nothing but plain letters,
 * none three times in a row. 0: it is another, and nothing has happened but behind w->folds. */
static int scan_plain_word(const struct walk *w, int *capitals) {
    int n = 0;
    unsigned before = 0, before_that = 0;
    *capitals = 0;
    for (unsigned c; c = (unsigned char)w->at[n], (c | 0x20) - 'a' < 26; n++) {
        unsigned low = c | 0x20;
        if (low == before && low == before_that)
            return 0;
        before_that = before;
        before = low;
        *capitals += !(c & 0x20);
        w->folds[n] = (char)low;
    }
    unsigned char end = (unsigned char)w->at[n];
    return end >= 0x80 || end == '\'' || end - (unsigned)'0' < 10 ? 0 : n;
}

static void take_plain_word(struct walk *w, struct scan_piece *p, int n, int capitals) {
    p->capital = !(w->at[0] & 0x20);
    p->upper = n > 1 && capitals == n;
    w->out->letters += n;
    w->out->capitals += capitals;
    w->folds += n;
    w->at += n;
    w->position += n;
}

static void scan_any_word(struct walk *w, struct scan_piece *p) {
    struct spelling s = {0, 0, 0, 0};
    uint32_t letter[2];
    for (int n; (n = next_letter(w, letter)) > 0; w->at += n, w->position++)
        put_letter(w, p, &s, letter);
    p->upper = s.letters > 1 && s.capitals == s.letters;
    w->out->letters += s.letters;
    w->out->capitals += s.capitals;
}

static void scan_word(struct walk *w) {
    struct scan_piece *p = piece_add(w, SCAN_WORD);
    int capitals, plain = scan_plain_word(w, &capitals);
    if (plain)
        take_plain_word(w, p, plain, capitals);
    else
        scan_any_word(w, p);
    piece_close(w, p);
}

static void scan_single(struct walk *w, enum scan_kind kind, uint32_t cp, int bytes) {
    struct scan_piece *p = piece_add(w, kind);
    w->folds += utf8_put(cp, w->folds);
    w->at += bytes;
    w->position++;
    for (int n; kind == SCAN_EMOJI && (n = utf8_next(w->at, &cp)) > 0 && is_emoji_modifier(cp);)
        w->at += n, w->position++;
    piece_close(w, p);
}

static bool scan_emoticon(struct walk *w) {
    if (*w->at != ':' && *w->at != ';' && *w->at != '<')
        return false;
    for (size_t i = 0; i < sizeof scan_emoticons / sizeof *scan_emoticons; i++) {
        size_t n = strlen(scan_emoticons[i]);
        if (strncmp(w->at, scan_emoticons[i], n) != 0)
            continue;
        if (is_word_letter((unsigned char)w->at[n]) || w->at[n] == '/')
            return false;
        struct scan_piece *p = piece_add(w, SCAN_EMOJI);
        memcpy(w->folds, w->at, n);
        w->folds += n;
        w->at += n;
        w->position += (int)n;
        piece_close(w, p);
        return true;
    }
    return false;
}

static enum scan_break mark_strength(uint32_t cp) {
    static const uint32_t sentence[] = {'.', '!', '?', '\n', 0x2026, 0x3002, 0xFF01, 0xFF1F};
    static const uint32_t clause[] = {',',    ';',    ':',    '(',    ')',   0x2013,
                                      0x2014, 0xFF0C, 0xFF1B, 0xFF1A, 0x3001};
    for (size_t i = 0; i < sizeof sentence / sizeof *sentence; i++)
        if (cp == sentence[i])
            return SCAN_SENTENCE;
    for (size_t i = 0; i < sizeof clause / sizeof *clause; i++)
        if (cp == clause[i])
            return SCAN_CLAUSE;
    return SCAN_JOINED;
}

static int max_int(int a, int b) { return a > b ? a : b; }

/* The runs of marks that this one goes on with, ends, or begins. */
static void count_mark(struct walk *w, uint32_t cp) {
    bool bang = cp == '!' || cp == 0xFF01, ask = cp == '?' || cp == 0xFF1F;
    w->bangs = bang || (ask && w->bangs) ? w->bangs + 1 : 0;
    w->asks = ask || (bang && w->asks) ? w->asks + 1 : 0;
    w->dots = cp == '.' || cp == 0x3002 ? w->dots + 1 : cp == 0x2026 ? 3 : w->dots * (cp == ' ');
    w->out->exclamations = max_int(w->out->exclamations, w->bangs);
    w->out->questions = max_int(w->out->questions, w->asks);
    w->out->asks |= ask;
    if (ask && w->out->n)
        w->out->items[w->out->n - 1].asked = true;
}

/* Each mark that opens a quotation, and the one that ends it. */
static const struct quotation {
    uint32_t open, close;
} quotations[] = {{'"', '"'},   {0x201C, 0x201D}, {0x201E, 0x201C}, {0x201D, 0x201D},
                  {0xAB, 0xBB}, {0xBB, 0xAB},     {0x300C, 0x300D}, {0x300E, 0x300F}};

/* What is never ended is no quotation: inches are written so too. */
static void note_quotation(struct walk *w, uint32_t cp) {
    if (w->quote && (cp == w->quote || (w->quote == 0x201C && cp == 0x201D))) {
        for (int i = w->quoted_from; i < w->out->n; i++)
            w->out->items[i].quoted = true;
        w->quote = 0;
        return;
    }
    for (size_t i = 0; !w->quote && i < sizeof quotations / sizeof *quotations; i++)
        if (quotations[i].open == cp) {
            w->quote = quotations[i].close;
            w->quoted_from = w->out->n;
        }
}

/* Marks around the whole of it are the envelope, not a quotation. */
static void unquote_whole(struct scan *s) {
    if (s->n == 0 || !s->items[0].quoted || !s->items[s->n - 1].quoted)
        return;
    for (int i = 0; i < s->n; i++)
        s->items[i].quoted = false;
}

static void scan_mark(struct walk *w, uint32_t cp, int bytes) {
    count_mark(w, cp);
    if (cp == '"' || cp >= 0xAB)
        note_quotation(w, cp);
    enum scan_break strength = mark_strength(cp);
    if (strength > w->mark)
        w->mark = strength;
    if (strength != SCAN_JOINED && cp != '\n')
        w->out->trails_off = w->dots >= 3 || strength == SCAN_CLAUSE;
    w->at += bytes;
    w->position++;
}

/* What scan_mark would do, for the commonest mark. */
static void scan_blank(struct walk *w) {
    w->bangs = w->asks = 0;
    w->at++;
    w->position++;
}

/* Most code points are of one byte. */
static int next_point(const char *at, uint32_t *cp) {
    *cp = (unsigned char)*at;
    return *cp < 0x80 ? *cp != 0 : utf8_next(at, cp);
}

void scan_text(struct arena *a, const char *text, struct scan *out) {
    size_t length = strlen(text);
    /* No piece begins nearer than two bytes behind another. */
    size_t most = length / 2 + 1;
    int room = most < SCAN_PIECES_MAX ? (int)most : SCAN_PIECES_MAX;
    *out = (struct scan){.items = ARENA_ROOM(a, struct scan_piece, room)};
    /* A fold with its NUL takes at most twice the bytes it was read from. */
    struct walk w = {.out = out, .at = text, .folds = arena_room(a, 2 * length + 2)};
    uint32_t cp;
    for (int n; out->n < room && (n = next_point(w.at, &cp)) > 0;) {
        if (cp == ' ')
            scan_blank(&w);
        else if (is_word_letter(cp))
            scan_word(&w);
        else if (is_ideograph(cp))
            scan_single(&w, SCAN_IDEOGRAPH, utf8_fold(cp), n);
        else if (cp > 0x2000 && utf8_script(cp) == UTF8_EMOJI && !is_emoji_modifier(cp))
            scan_single(&w, SCAN_EMOJI, cp, n);
        else if (!scan_emoticon(&w))
            scan_mark(&w, cp, n);
    }
    unquote_whole(out);
    out->last_mark = w.mark;
    out->code_points = w.position + (int)utf8_count(w.at);
}
