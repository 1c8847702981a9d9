#include "term.h"

#include <string.h>

#include "../codec/text.h"
#include "../codec/utf8.h"

#define PIECE 4           /* code points; measured best of 3, 4 and 5 */
#define WORD_BYTES_MAX 64 /* longer ones are no words; their pieces are left out */

static struct term make(enum term_kind kind, const void *p, size_t n) {
    return (struct term){(text_hash(p, n, kind) & ~UINT64_C(3)) | kind};
}

static bool is_ideograph(const char *word) {
    uint32_t cp;
    utf8_next(word, &cp);
    enum utf8_script script = utf8_script(cp);
    return script == UTF8_HAN || script == UTF8_KANA || script == UTF8_HANGUL;
}

/* Byte offsets of each code point of s and of its end; returns the number of code points. */
static int cut(const char *s, size_t *at) {
    int n = 0;
    uint32_t cp;
    at[0] = 0;
    for (int bytes; (bytes = utf8_next(s + at[n], &cp)) != 0; n++)
        at[n + 1] = at[n] + (size_t)bytes;
    return n;
}

/* Runs of PIECE code points of "^word$"; of a pair of ideographs, each one. */
static void add_pieces(struct terms *out, const char *word) {
    char framed[WORD_BYTES_MAX + 3];
    size_t at[WORD_BYTES_MAX + 3], n = strlen(word);
    bool ideograph = is_ideograph(word);
    if (n > WORD_BYTES_MAX)
        return;
    framed[0] = '^';
    memcpy(framed + 1, word, n + 1);
    framed[n + 1] = '$';
    framed[n + 2] = '\0';
    int first = ideograph, length = ideograph ? 1 : PIECE;
    int end = cut(framed, at) - ideograph;
    for (int i = first; i + length <= end; i++)
        out->items[out->n++] = make(TERM_PIECE, framed + at[i], at[i + length] - at[i]);
}

/* Two words in their order, each by how it begins, so that endings do not matter. */
static void add_pair(struct terms *out, const char *left, const char *right) {
    char pair[8 * PIECE + 1];
    size_t n = utf8_truncate(left, PIECE), m = utf8_truncate(right, PIECE);
    memcpy(pair, left, n);
    pair[n] = ' ';
    memcpy(pair + n + 1, right, m);
    out->items[out->n++] = make(TERM_PAIR, pair, n + 1 + m);
}

static void add_word(struct terms *out, const struct thesaurus *t, const char *word) {
    int concept = thesaurus_concept(t, word);
    out->items[out->n++] = make(TERM_WORD, word, strlen(word));
    if (concept != THESAURUS_NONE)
        out->items[out->n++] = make(TERM_CONCEPT, &concept, sizeof concept);
    add_pieces(out, word);
}

struct terms term_list(struct arena *a, const struct thesaurus *t, const char *text,
                       int max_words) {
    const char **words;
    int n = text_search_terms(a, text, max_words, &words);
    size_t room = 0;
    for (int i = 0; i < n; i++)
        room += strlen(words[i]) + 3; /* a piece starts at most at each byte */
    struct terms out = {.items = ARENA_ARRAY(a, struct term, room + 1)};
    for (int i = 0; i < n; i++) {
        add_word(&out, t, words[i]);
        if (i > 0)
            add_pair(&out, words[i - 1], words[i]);
    }
    return out;
}
