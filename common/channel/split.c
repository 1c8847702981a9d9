#include "split.h"

#include <assert.h>
#include <string.h>

#include "../codec/utf8.h"

/* A cut is looked for behind this part of a full one; before it the part would be too short. */
#define EARLIEST(n) ((n) / 4)

static int units_of(uint32_t cp, int bytes, enum channel_unit unit) {
    if (unit == CHANNEL_BYTES)
        return bytes;
    return unit == CHANNEL_UTF16 && cp > 0xFFFF ? 2 : 1;
}

static bool is_blank(uint32_t cp) {
    return cp == ' ' || (cp >= '\t' && cp <= '\r') || cp == 0xA0 || cp == 0x1680 ||
           (cp >= 0x2000 && cp <= 0x200A) || cp == 0x2028 || cp == 0x2029 || cp == 0x202F ||
           cp == 0x205F || cp == 0x3000;
}

/* What continues the character before it. */
static const struct {
    uint32_t first, last;
} extending[] = {
    {0x300, 0x36F},     {0x483, 0x489},     {0x591, 0x5BD},     {0x610, 0x61A},   {0x64B, 0x65F},
    {0x900, 0x903},     {0x93A, 0x94F},     {0x981, 0x983},     {0x9BC, 0x9CD},   {0xE31, 0xE31},
    {0xE34, 0xE3A},     {0xE47, 0xE4E},     {0x1AB0, 0x1AFF},   {0x1DC0, 0x1DFF}, {0x200C, 0x200D},
    {0x20D0, 0x20FF},   {0x302A, 0x302F},   {0x3099, 0x309A},   {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F},
    {0x1F3FB, 0x1F3FF}, {0xE0020, 0xE007F}, {0xE0100, 0xE01EF},
};

static bool extends(uint32_t cp) {
    for (size_t i = 0; i < sizeof extending / sizeof *extending; i++)
        if (cp >= extending[i].first && cp <= extending[i].last)
            return true;
    return false;
}

static bool is_flag_half(uint32_t cp) { return cp >= 0x1F1E6 && cp <= 0x1F1FF; }

#define ZERO_WIDTH_JOINER 0x200D

/* How good a cut before `next` is. */
enum cut { CUT_NEVER, CUT_CHARACTER, CUT_WORD, CUT_SENTENCE, CUT_PARAGRAPH };

/* What was seen so far of a part. */
struct walk {
    uint32_t last;  /* the code point before; 0 at the start */
    uint32_t shown; /* the last that is not blank */
    int blanks, breaks, flags;
};

static bool ends_sentence(uint32_t cp) {
    return cp == '.' || cp == '!' || cp == '?' || cp == 0x2026 || cp == 0x3002 || cp == 0xFF01 ||
           cp == 0xFF1F;
}

/* Scripts that write no blank behind a sentence. */
static bool ends_full_width(uint32_t cp) { return cp == 0x3002 || cp == 0xFF01 || cp == 0xFF1F; }

static enum cut cut_before(const struct walk *w, uint32_t next) {
    if (!w->last || extends(next) || w->last == ZERO_WIDTH_JOINER ||
        (w->last == '\r' && next == '\n') || (is_flag_half(next) && w->flags % 2))
        return CUT_NEVER;
    if (w->blanks && w->breaks > 1)
        return CUT_PARAGRAPH;
    if (ends_full_width(w->last) || (is_blank(next) && ends_sentence(w->last)) ||
        (w->blanks && (w->breaks || ends_sentence(w->shown))))
        return CUT_SENTENCE;
    return w->blanks || is_blank(next) ? CUT_WORD : CUT_CHARACTER;
}

static void step(struct walk *w, uint32_t cp) {
    bool blank = is_blank(cp);
    w->flags = is_flag_half(cp) ? w->flags + 1 : 0;
    w->blanks = blank ? w->blanks + 1 : 0;
    w->breaks = blank ? w->breaks + (cp == '\n') : 0;
    w->shown = blank ? w->shown : cp;
    w->last = cp;
}

/* The best cut within max units: of the best kind the last, where it leaves a part worth sending.
 * The whole rest if that fits. */
static size_t part_bytes(const char *s, int max, enum channel_unit unit) {
    size_t best_at[CUT_PARAGRAPH + 1] = {0}, at = 0;
    struct walk w = {0};
    int used = 0;
    uint32_t cp;
    for (int n; (n = utf8_next(s + at, &cp)) > 0; at += (size_t)n) {
        best_at[cut_before(&w, cp)] = at;
        used += units_of(cp, n, unit);
        if (used > max)
            break;
        step(&w, cp);
    }
    if (s[at] == '\0')
        return at;
    for (enum cut c = CUT_PARAGRAPH; c > CUT_NEVER; c--)
        if (best_at[c] > (c == CUT_CHARACTER ? 0 : EARLIEST(at)))
            return best_at[c];
    return at;
}

static size_t leading_blanks(const char *s) {
    size_t at = 0;
    uint32_t cp;
    for (int n; (n = utf8_next(s + at, &cp)) > 0 && is_blank(cp);)
        at += (size_t)n;
    return at;
}

static size_t without_trailing_blanks(const char *s, size_t n) {
    size_t end = 0;
    uint32_t cp;
    for (size_t at = 0; at < n;) {
        at += (size_t)utf8_next(s + at, &cp);
        if (!is_blank(cp))
            end = at;
    }
    return end;
}

static void add(struct arena *a, const char ***parts, int *n, const char *part) {
    bool full = (*n & (*n - 1)) == 0;
    if (full) {
        const char **more = ARENA_ARRAY(a, const char *, *n ? *n * 2 : 1);
        if (*n)
            memcpy(more, *parts, sizeof *more * (size_t)*n);
        *parts = more;
    }
    (*parts)[(*n)++] = part;
}

int split_text(struct arena *a, const char *text, int max, enum channel_unit unit,
               const char ***parts) {
    int n = 0;
    assert(max >= SPLIT_MAX_LEAST);
    *parts = NULL;
    while (*text) {
        size_t bytes = part_bytes(text, max, unit);
        size_t kept = text[bytes] ? without_trailing_blanks(text, bytes) : bytes;
        if (kept)
            add(a, parts, &n, arena_strndup(a, text, kept));
        text += bytes;
        text += kept && *text ? leading_blanks(text) : 0;
    }
    if (!n)
        add(a, parts, &n, "");
    return n;
}
