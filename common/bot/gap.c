#include "gap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../codec/text.h"
#include "ordinary.h"
#include "term.h"

/* ---- one group or not ----
 *
 * Questions come one after the other. Each joins the group it is most alike, if it is alike enough,
 * or opens one; then each is taken out and placed once more, because the first ones were placed
 * when there was little to compare with. What a term weighs depends on how many groups have it, not
 * on how many questions: a gap that many people ask about must not fall apart because of that. */

/* Cosine of a question and a group. Chosen with the weights below on 384 paraphrases of 62
 * questions (see docs/understanding.md for the figures on the other 378 of 63): a little lower
 * joins more and mixes more. */
#define ALIKE 0.32
static const double weight_of[TERM_KINDS] = {
    [TERM_WORD] = 1.0, [TERM_PIECE] = 0.6, [TERM_PAIR] = 0, [TERM_CONCEPT] = 0.7};
#define SQUARED 1.5 /* of a weight that is bent to the power of 0.75 */
/* As in bm25: a few groups cannot tell what is rare. */
#define IMAGINED 30
#define IMAGINED_ORDINARY 20
#define ORDINARY_WORDS_MAX 2000
#define COMMON_GROUPS 256 /* what more groups have than this says nothing */

/* How many questions of a group have a word. */
struct holding {
    int group, questions;
};

/* A term that occurs anywhere in the questions, and the groups that have it, which stand in the
 * list of holdings from `first` on. */
struct word {
    uint64_t key;
    bool ordinary;
    int first, n;
};

struct occurrence {
    uint64_t key;
    int question; /* -1: among the ordinary words */
};

/* A question as terms, each once. */
struct bag {
    int *words; /* places in the list of words */
    int n, group;
    double square; /* of its weight, when it was placed */
};

struct group {
    int questions;
    double square; /* the sum of theirs */
    double shared; /* with the question looked at; 0 between questions */
};

struct grouping {
    struct arena *a;
    struct word *words;
    struct holding *holdings;
    struct bag *bags;
    struct group *groups;
    int *touched;
    int n_words, n_bags, n_groups, n_alive;
};

/* Squared. */
static double weight(const struct grouping *g, const struct word *w) {
    double kind = weight_of[term_kind((struct term){w->key})];
    double with = w->n + (w->ordinary ? IMAGINED_ORDINARY : 0) + 0.5;
    if (w->n > COMMON_GROUPS)
        return 0;
    return pow(kind * log(1 + (g->n_alive + IMAGINED) / with), SQUARED);
}

/* Sums what the question shares with each group that shares anything; returns how many do. */
static int share(struct grouping *g, struct bag *b) {
    int n = 0;
    b->square = 0;
    for (int i = 0; i < b->n; i++) {
        const struct word *w = &g->words[b->words[i]];
        double adds = weight(g, w);
        b->square += adds;
        for (int k = w->first; adds > 0 && k < w->first + w->n; k++) {
            struct group *group = &g->groups[g->holdings[k].group];
            if (group->shared == 0)
                g->touched[n++] = g->holdings[k].group;
            group->shared += adds * sqrt(g->holdings[k].questions);
        }
    }
    return n;
}

/* The group the question is most alike, of equals the oldest; -1: none is alike enough. */
static int most_alike(struct grouping *g, struct bag *b) {
    int best = -1, n = share(g, b);
    double most = 0;
    for (int i = 0; i < n; i++) {
        struct group *group = &g->groups[g->touched[i]];
        double alike = group->shared / sqrt(b->square * group->square);
        bool better = alike > most || (alike == most && g->touched[i] < best);
        best = better ? g->touched[i] : best;
        most = better ? alike : most;
        group->shared = 0;
    }
    return most >= ALIKE ? best : -1;
}

static struct holding *find_holding(struct grouping *g, const struct word *w, int group) {
    for (int k = w->first; k < w->first + w->n; k++)
        if (g->holdings[k].group == group)
            return &g->holdings[k];
    return NULL;
}

static void enter(struct grouping *g, struct bag *b, int group) {
    bool is_new = g->groups[group].questions++ == 0; /* and nothing is held of it */
    g->n_alive += is_new;
    g->groups[group].square += b->square;
    b->group = group;
    for (int i = 0; i < b->n; i++) {
        struct word *w = &g->words[b->words[i]];
        struct holding *h = is_new ? NULL : find_holding(g, w, group);
        if (!h) {
            h = &g->holdings[w->first + w->n++];
            *h = (struct holding){group, 0};
        }
        h->questions++;
    }
}

/* The last holding takes the place of one that is empty. */
static void leave(struct grouping *g, struct bag *b) {
    struct group *group = &g->groups[b->group];
    g->n_alive -= --group->questions == 0;
    group->square = group->questions ? group->square - b->square : 0;
    for (int i = 0; i < b->n; i++) {
        struct word *w = &g->words[b->words[i]];
        struct holding *h = find_holding(g, w, b->group);
        if (--h->questions == 0)
            *h = g->holdings[w->first + --w->n];
    }
}

/* All of them twice. A question that is alone keeps its group's number. */
static void place_all(struct grouping *g) {
    for (int i = 0; i < g->n_bags; i++) {
        int group = most_alike(g, &g->bags[i]);
        enter(g, &g->bags[i], group >= 0 ? group : g->n_groups++);
    }
    for (int i = 0; i < g->n_bags; i++) {
        struct bag *b = &g->bags[i];
        leave(g, b);
        int group = most_alike(g, b);
        bool alone = g->groups[b->group].questions == 0;
        enter(g, b, group >= 0 ? group : alone ? b->group : g->n_groups++);
    }
}

static int by_key(const void *l, const void *r) {
    const struct occurrence *a = l, *b = r;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return a->question - b->question;
}

/* ---- terms of all questions ---- */

static size_t take_terms(struct occurrence *out, struct terms terms, int question) {
    for (int i = 0; out && i < terms.n; i++)
        out[i] = (struct occurrence){terms.items[i].key, question};
    return (size_t)terms.n;
}

static struct occurrence *all_terms(struct grouping *g, const struct thesaurus *t,
                                    const char *const *texts, int n, size_t *count) {
    struct terms *terms = ARENA_ARRAY(g->a, struct terms, n + 1);
    size_t room = 0, used = 0;
    for (int i = 0; i <= n; i++) {
        terms[i] = i < n ? term_list(g->a, t, texts[i], GAP_WORDS_MAX)
                         : term_list(g->a, t, ordinary_words(), ORDINARY_WORDS_MAX);
        room += (size_t)terms[i].n;
    }
    struct occurrence *all = arena_alloc(g->a, sizeof *all * (room + 1));
    for (int i = 0; i <= n; i++)
        used += take_terms(all + used, terms[i], i < n ? i : -1);
    qsort(all, used, sizeof *all, by_key);
    for (int i = 0; i < n; i++)
        g->bags[i].words = ARENA_ARRAY(g->a, int, terms[i].n + 1);
    *count = used;
    return all;
}

/* One word, for the run of occurrences that have its key. */
static void add_word(struct grouping *g, const struct occurrence *o, size_t n, int *room) {
    enum term_kind kind = term_kind((struct term){o->key});
    if (weight_of[kind] == 0)
        return;
    bool listed = o->question < 0;
    g->words[g->n_words] =
        (struct word){.key = o->key, .ordinary = listed && kind != TERM_CONCEPT, .first = *room};
    for (size_t i = 0; i < n; i++) {
        if (o[i].question < 0 || (i > 0 && o[i].question == o[i - 1].question))
            continue;
        struct bag *b = &g->bags[o[i].question];
        b->words[b->n++] = g->n_words;
        ++*room;
    }
    g->n_words++;
}

static void collect(struct grouping *g, const struct thesaurus *t, const char *const *texts,
                    int n) {
    size_t count;
    int room = 0;
    const struct occurrence *all = all_terms(g, t, texts, n, &count);
    g->words = arena_alloc(g->a, sizeof *g->words * (count + 1));
    for (size_t i = 0, run; i < count; i += run) {
        for (run = 1; i + run < count && all[i + run].key == all[i].key;)
            run++;
        add_word(g, all + i, run, &room);
    }
    g->holdings = ARENA_ARRAY(g->a, struct holding, room + 1);
}

/* ---- equal wordings ---- */

struct wording {
    uint64_t hash;
    int question;
};

static int by_hash(const void *l, const void *r) {
    const struct wording *a = l, *b = r;
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    return a->question - b->question;
}

uint64_t gap_wording(struct arena *a, const char *text) {
    const char **words;
    int n = text_search_terms(a, text, GAP_WORDS_MAX, &words);
    uint64_t hash = 0;
    for (int i = 0; i < n; i++)
        hash = text_hash(words[i], strlen(words[i]), hash);
    return hash;
}

/* For each text the first one of the same words. */
static int *same_as(struct arena *a, const char *const *texts, int n) {
    struct wording *all = ARENA_ARRAY(a, struct wording, n + 1);
    int *same = ARENA_ARRAY(a, int, n + 1);
    for (int i = 0; i < n; i++)
        all[i] = (struct wording){gap_wording(a, texts[i]), i};
    qsort(all, (size_t)n, sizeof *all, by_hash);
    for (int i = 0, first = 0; i < n; i++) {
        first = i > 0 && all[i].hash == all[i - 1].hash ? first : all[i].question;
        same[all[i].question] = first;
    }
    return same;
}

static void group_distinct(struct grouping *g, const struct thesaurus *t, const char *const *texts,
                           int n) {
    g->n_bags = n;
    g->bags = ARENA_ARRAY(g->a, struct bag, n + 1);
    g->groups = ARENA_ARRAY(g->a, struct group, 2 * n + 1);
    g->touched = ARENA_ARRAY(g->a, int, 2 * n + 1);
    collect(g, t, texts, n);
    place_all(g);
}

/* Groups get their final numbers in the order in which they are first met. */
static int number(struct grouping *g, const int *same, int n, int *group) {
    int *named = ARENA_ARRAY(g->a, int, g->n_groups + 1), used = 0;
    for (int i = 0, next = 0; i < n; i++) {
        if (same[i] != i) {
            group[i] = group[same[i]];
            continue;
        }
        int *name = &named[g->bags[next++].group];
        *name = *name ? *name : ++used;
        group[i] = *name - 1;
    }
    return used;
}

int gap_group(const struct thesaurus *t, const char *const *texts, int n, int *group) {
    struct grouping g = {.a = arena_new()};
    int n_distinct = 0;
    n = n < GAP_QUESTIONS_MAX ? n : GAP_QUESTIONS_MAX;
    const char **distinct = ARENA_ARRAY(g.a, const char *, n + 1);
    const int *same = same_as(g.a, texts, n);
    for (int i = 0; i < n; i++)
        if (same[i] == i)
            distinct[n_distinct++] = texts[i];
    group_distinct(&g, t, distinct, n_distinct);
    int groups = number(&g, same, n, group);
    arena_free(g.a);
    return groups;
}
