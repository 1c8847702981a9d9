#include <stdlib.h>
#include <string.h>

#include "gap.h"

/* The questions of one gap, oldest first. */
struct members {
    const struct unanswered *all;
    const uint64_t *wordings;
    const int *places;
    int n;
};

/* Sorted, the equal ones stand together. */
static int by_bytes(const void *l, const void *r) { return memcmp(l, r, sizeof(struct uid)); }

static int count_customers(struct arena *a, const struct members *m) {
    struct uid *people = ARENA_ARRAY(a, struct uid, m->n);
    int n = 0;
    for (int i = 0; i < m->n; i++)
        people[i] = m->all[m->places[i]].person;
    qsort(people, (size_t)m->n, sizeof *people, by_bytes);
    for (int i = 0; i < m->n; i++)
        n += i == 0 || !uid_equal(people[i], people[i - 1]);
    return n;
}

struct used {
    uint64_t wording;
    int question;
};

static int by_wording(const void *l, const void *r) {
    const struct used *a = l, *b = r;
    if (a->wording != b->wording)
        return a->wording < b->wording ? -1 : 1;
    return a->question - b->question;
}

/* The wording used most often; of equals the one used first. */
static int usual_wording(struct arena *a, const struct members *m) {
    struct used *all = ARENA_ARRAY(a, struct used, m->n);
    int best = 0, most = 0;
    for (int i = 0; i < m->n; i++)
        all[i] = (struct used){m->wordings[m->places[i]], m->places[i]};
    qsort(all, (size_t)m->n, sizeof *all, by_wording);
    for (int i = 0, run; i < m->n; i += run) {
        for (run = 1; i + run < m->n && all[i + run].wording == all[i].wording;)
            run++;
        bool better = run > most || (run == most && all[i].question < best);
        best = better ? all[i].question : best;
        most = better ? run : most;
    }
    return best;
}

static bool is_shown(const struct members *m, const struct gap *g, int place) {
    bool shown = m->wordings[place] == m->wordings[g->representative];
    for (int i = 0; i < g->n_examples; i++)
        shown |= m->wordings[place] == m->wordings[g->examples[i]];
    return shown;
}

static void take_examples(const struct members *m, struct gap *g) {
    for (int i = m->n - 1; i >= 0 && g->n_examples < GAP_EXAMPLES_MAX; i--)
        if (!is_shown(m, g, m->places[i]))
            g->examples[g->n_examples++] = m->places[i];
}

/* Names with how often they came, most frequent first, of equals the earlier; the rare ones of too
 * many are left out. */
struct names {
    const char *name[GAP_LANGUAGES_MAX];
    int count[GAP_LANGUAGES_MAX], n;
};

static void count_name(struct names *t, const char *name) {
    int at = 0;
    while (at < t->n && strcmp(t->name[at], name) != 0)
        at++;
    if (!*name || at == GAP_LANGUAGES_MAX)
        return;
    t->n += at == t->n;
    int count = ++t->count[at];
    for (; at > 0 && t->count[at - 1] < count; at--) {
        t->name[at] = t->name[at - 1];
        t->count[at] = t->count[at - 1];
    }
    t->name[at] = name;
    t->count[at] = count;
}

static struct gap describe(struct arena *scratch, const struct members *m) {
    struct names languages = {.n = 0}, intents = {.n = 0};
    struct gap g = {.first = m->places[0],
                    .count = m->n,
                    .representative = usual_wording(scratch, m),
                    .customers = count_customers(scratch, m),
                    .first_ms = m->all[m->places[0]].at_ms,
                    .last_ms = m->all[m->places[m->n - 1]].at_ms};
    take_examples(m, &g);
    for (int i = 0; i < m->n; i++) {
        count_name(&languages, m->all[m->places[i]].language);
        count_name(&intents, m->all[m->places[i]].intent);
    }
    memcpy(g.languages, languages.name, sizeof g.languages);
    g.n_languages = languages.n;
    g.intent = intents.n ? intents.name[0] : "";
    return g;
}

static int by_count(const void *l, const void *r) {
    const struct gap *a = l, *b = r;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    if (a->last_ms != b->last_ms)
        return a->last_ms > b->last_ms ? -1 : 1;
    return a->first - b->first;
}

/* The questions written group by group: `start` says where each group begins, and one more where
 * the last one ends. */
struct sorted {
    int *places, *start;
};

static struct sorted sort(struct arena *a, const int *group, int n, int n_groups) {
    struct sorted s = {ARENA_ARRAY(a, int, n + 1), ARENA_ARRAY(a, int, n_groups + 1)};
    for (int i = 0; i < n; i++)
        s.start[group[i] + 1]++;
    for (int i = 0; i < n_groups; i++)
        s.start[i + 1] += s.start[i];
    int *next = arena_copy(a, s.start, sizeof *next * (size_t)(n_groups + 1));
    for (int i = 0; i < n; i++)
        s.places[next[group[i]]++] = i;
    return s;
}

struct gaps gap_list(struct arena *a, const struct thesaurus *t, const struct unanswered *q,
                     int n) {
    struct arena *scratch = arena_new();
    n = n < GAP_QUESTIONS_MAX ? n : GAP_QUESTIONS_MAX;
    const char **texts = ARENA_ARRAY(scratch, const char *, n + 1);
    uint64_t *wordings = ARENA_ARRAY(scratch, uint64_t, n + 1);
    int *group = ARENA_ARRAY(scratch, int, n + 1);
    for (int i = 0; i < n; i++) {
        texts[i] = q[i].text;
        wordings[i] = gap_wording(scratch, texts[i]);
    }
    struct gaps out = {.n = gap_group(t, texts, n, group)};
    const struct sorted s = sort(scratch, group, n, out.n);
    out.items = ARENA_ARRAY(a, struct gap, out.n + 1);
    for (int i = 0; i < out.n; i++) {
        const struct members m = {q, wordings, s.places + s.start[i], s.start[i + 1] - s.start[i]};
        out.items[i] = describe(scratch, &m);
    }
    qsort(out.items, (size_t)out.n, sizeof *out.items, by_count);
    arena_free(scratch);
    return out;
}
