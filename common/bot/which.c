#include "which.h"

#include <string.h>

#include "../base/span.h"
#include "../codec/text.h"
#include "ordinary.h"
#include "term.h"

#define REPLY_WORDS_MAX 40
#define SHORT_WORDS 8 /* a reply that may name a place */
#define BRIEF_WORDS 3 /* one in which a bare number is the place */
#define IDEOGRAPHS 2  /* as long as one word */
#define TEXT_WORDS 60 /* of one text of a choice */
#define ORDINARY_MAX 2000
#define PHRASE_WORDS 6

enum meaning {
#define X(name, phrases) MEANING_##name,
#include "which.def"
#undef X
    MEANING_COUNT_
};

static const char *const phrases_of[MEANING_COUNT_] = {
#define X(name, phrases) phrases,
#include "which.def"
#undef X
};

/* ---- by place ---- */

static bool stands_at(const struct text_tokens *in, int at, const struct text_tokens *phrase) {
    if (phrase->n == 0 || at + phrase->n > in->n)
        return false;
    for (int i = 0; i < phrase->n; i++)
        if (strcmp(in->items[at + i].fold, phrase->items[i].fold) != 0)
            return false;
    return true;
}

static bool has_phrase(const struct text_tokens *in, const struct text_tokens *phrase) {
    for (int at = 0; at < in->n; at++)
        if (stands_at(in, at, phrase))
            return true;
    return false;
}

static bool means(struct arena *a, const struct text_tokens *in, enum meaning m) {
    struct span rest = span_of(phrases_of[m]), one;
    while (span_split(&rest, '|', &one)) {
        const struct text_tokens phrase =
            text_tokens(a, arena_strndup(a, one.p, one.n), PHRASE_WORDS);
        if (has_phrase(in, &phrase))
            return true;
    }
    return false;
}

static int length_of(const struct text_tokens *in) {
    int ideographs = 0;
    for (int i = 0; i < in->n; i++)
        ideographs += in->items[i].ideograph;
    return in->n - ideographs + (ideographs + IDEOGRAPHS - 1) / IDEOGRAPHS;
}

/* 1, 2, or 0 for none and for both. */
static int one_of(bool first, bool second) { return first == second ? 0 : first ? 1 : 2; }

int which_by_place(struct arena *a, const char *reply) {
    const struct text_tokens in = text_tokens(a, reply, REPLY_WORDS_MAX);
    int length = length_of(&in);
    if (length > SHORT_WORDS || means(a, &in, MEANING_REFUSED) || means(a, &in, MEANING_NOT))
        return 0;
    bool first = means(a, &in, MEANING_FIRST_PLACE), second = means(a, &in, MEANING_SECOND_PLACE);
    if (first || second || length > BRIEF_WORDS)
        return one_of(first, second);
    return one_of(means(a, &in, MEANING_FIRST_NUMBER), means(a, &in, MEANING_SECOND_NUMBER));
}

/* ---- by name ---- */

/* What a term of the reply adds to the one choice that has it. */
static const double weight_of[TERM_KINDS] = {
    [TERM_WORD] = 1, [TERM_PIECE] = 0.25, [TERM_PAIR] = 0.25, [TERM_CONCEPT] = 1};
#define NAMED_MIN 1.0
#define NAMED_TIMES 2.0 /* as much as the other */

static bool is_in(const char *const *list, int n, const char *word) {
    for (int i = 0; i < n; i++)
        if (strcmp(list[i], word) == 0)
            return true;
    return false;
}

/* The words that say something, one behind the other. */
static const char *telling_words(struct arena *a, const char *text) {
    const char **words, **ordinary, *all = "";
    int n = text_search_terms(a, text, REPLY_WORDS_MAX, &words);
    int n_ordinary = text_search_terms(a, ordinary_words(), ORDINARY_MAX, &ordinary);
    for (int i = 0; i < n; i++)
        if (!is_in(ordinary, n_ordinary, words[i]))
            all = arena_printf(a, "%s %s", all, words[i]);
    return all;
}

static bool holds(const struct terms *terms, struct term wanted) {
    for (int i = 0; i < terms->n; i++)
        if (terms->items[i].key == wanted.key)
            return true;
    return false;
}

static struct terms terms_of(struct arena *a, const struct thesaurus *t,
                             const struct which_choice *c) {
    const char **lines = ARENA_ARRAY(a, const char *, 2 * WHICH_TEXTS_MAX);
    int n = 0;
    for (int i = 0; i < c->n && i < WHICH_TEXTS_MAX; i++) {
        lines[n++] = c->texts[i];
        lines[n++] = "\n";
    }
    return term_list(a, t, arena_join(a, lines, n), TEXT_WORDS * WHICH_TEXTS_MAX);
}

int which_by_name(struct arena *a, const struct thesaurus *t, const char *reply,
                  const struct which_choice choices[2]) {
    double named[2] = {0, 0};
    const struct terms said = term_list(a, t, telling_words(a, reply), REPLY_WORDS_MAX);
    const struct terms has[2] = {terms_of(a, t, &choices[0]), terms_of(a, t, &choices[1])};
    for (int i = 0; i < said.n; i++) {
        int which = one_of(holds(&has[0], said.items[i]), holds(&has[1], said.items[i]));
        if (which)
            named[which - 1] += weight_of[term_kind(said.items[i])];
    }
    bool first = named[0] >= NAMED_MIN && named[0] >= NAMED_TIMES * named[1];
    bool second = named[1] >= NAMED_MIN && named[1] >= NAMED_TIMES * named[0];
    return one_of(first, second);
}

static bool refuses(struct arena *a, const char *reply) {
    const struct text_tokens in = text_tokens(a, reply, REPLY_WORDS_MAX);
    return length_of(&in) <= SHORT_WORDS && means(a, &in, MEANING_REFUSED);
}

int which_said(struct arena *a, const struct thesaurus *t, const char *reply,
               const struct which_choice choices[2]) {
    int which = which_by_place(a, reply);
    if (which || refuses(a, reply))
        return which;
    return which_by_name(a, t, reply, choices);
}
