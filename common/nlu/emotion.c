#include "emotion.h"

#include <math.h>
#include <string.h>

#define NEGATION_REACH 3
#define BARE_NEGATION 0.1
#define LABELLED_FROM 0.25 /* weaker moods are neutral */
#define THANKED 0.7        /* what is left unsaid where thanks are said in so many words */
#define QUOTED 0.25        /* of a word between quotation marks: somebody else's, or not meant */

/* What a label says of the mood (sign: good or bad), and how much of a plain word it takes part in.
 */
static const struct mood {
    enum lexicon_label cue;
    enum emotion_label label;
    double valence, share;
} moods[] = {
    {LEXICON_ANGER, EMOTION_ANGER, -1.0, 1.0},
    {LEXICON_FRUSTRATION, EMOTION_FRUSTRATION, -0.9, 1.0},
    {LEXICON_SADNESS, EMOTION_SADNESS, -0.8, 1.0},
    {LEXICON_FEAR, EMOTION_FEAR, -0.7, 1.0},
    {LEXICON_CONFUSION, EMOTION_CONFUSION, -0.4, 1.0},
    {LEXICON_JOY, EMOTION_JOY, 1.0, 1.0},
    {LEXICON_GRATITUDE, EMOTION_GRATITUDE, 0.7, 1.0},
    {LEXICON_NEGATIVE, EMOTION_FRUSTRATION, -0.9, 0.4},
    {LEXICON_POSITIVE, EMOTION_JOY, 0.9, 0.4},
};
#define MOODS (sizeof moods / sizeof *moods)

struct weighing {
    const struct cue_source *from;
    bool *evidence;                       /* by hit */
    double silent[EMOTION_GRATITUDE + 1]; /* product of (1 - weight) by label */
    double good, bad;
};

static const struct mood *mood_of(enum lexicon_label cue) {
    for (size_t i = 0; i < MOODS; i++)
        if (moods[i].cue == cue)
            return &moods[i];
    return NULL;
}

/* No mark stands between the end of one find and the start of another. */
static bool is_joined(const struct scan *s, int after, int until) {
    for (int i = after; i <= until && i < s->n; i++)
        if (s->items[i].before != SCAN_JOINED)
            return false;
    return true;
}

/* The find of these labels that stands closest before `at`, within reach. */
static const struct lexicon_hit *nearest_before(const struct cue_source *from, int at, int reach,
                                                uint64_t labels) {
    const struct lexicon_hit *found = NULL;
    for (int i = 0; i < from->hits->n && from->hits->items[i].from < at; i++) {
        const struct lexicon_hit *h = &from->hits->items[i];
        bool near = h->to <= at && at - h->to <= reach;
        if (near && cue_has(h, labels) && is_joined(from->scan, h->to, at))
            found = h;
    }
    return found;
}

/* "but": what follows it is what is meant. */
static double contrast(const struct cue_source *from, int at) {
    double factor = 1;
    for (int i = 0; i < from->hits->n; i++) {
        const struct lexicon_hit *h = &from->hits->items[i];
        if (cue_has(h, CUE_LABEL(CONTRAST)))
            factor = h->from < at ? 1.25 : factor == 1 ? 0.75 : factor;
    }
    return factor;
}

static bool is_shouted(const struct scan *s) {
    return s->letters >= 12 && s->capitals * 10 >= s->letters * 7;
}

static double degree(const struct cue_source *from, const struct lexicon_hit *hit) {
    const struct scan_piece *p = &from->scan->items[hit->from];
    const struct lexicon_hit *d =
        nearest_before(from, hit->from, 1, CUE_LABEL(STRONGER) | CUE_LABEL(WEAKER));
    double factor = d ? d->entry->weight : 1;
    bool shouted = p->upper && !is_shouted(from->scan);
    return factor * (shouted ? 1.3 : 1) * (p->stretched ? 1.2 : 1) * (p->quoted ? QUOTED : 1);
}

static void weigh(struct weighing *w, int index) {
    const struct lexicon_hit *hit = &w->from->hits->items[index];
    const struct mood *m = mood_of(hit->entry->label);
    if (!m)
        return;
    double weight = hit->entry->weight * degree(w->from, hit) * contrast(w->from, hit->from);
    const struct lexicon_hit *negation =
        nearest_before(w->from, hit->from, NEGATION_REACH, CUE_LABEL(NEGATION));
    if (negation && m->valence > 0) {
        m = mood_of(LEXICON_NEGATIVE);
        weight *= 0.9;
    } else if (negation) {
        w->good += 0.15 * weight;
        return;
    }
    weight = fmin(weight, 0.95);
    w->evidence[index] = true;
    *(m->valence > 0 ? &w->good : &w->bad) += weight * fabs(m->valence);
    w->silent[m->label] *= 1 - weight * m->share;
}

/* A "not" that turned no mood word still says that something is missing. */
static double bare_negations(const struct cue_source *from) {
    double sum = 0;
    for (int i = 0; i < from->hits->n; i++) {
        const struct lexicon_hit *n = &from->hits->items[i];
        bool bare = cue_has(n, CUE_LABEL(NEGATION));
        for (int k = 0; bare && k < from->hits->n; k++) {
            const struct lexicon_hit *h = &from->hits->items[k];
            bool mood = h->entry->file == LEXICON_EMOTION;
            bare = !mood || h->to <= n->from || h->from >= n->to + NEGATION_REACH;
        }
        sum += bare ? BARE_NEGATION : 0;
    }
    return fmin(sum, 2 * BARE_NEGATION);
}

/* How it is written says how strongly it is meant, once the words have said which way. */
static double way_of_writing(const struct scan *s, bool bad) {
    double factor = 1;
    if (s->exclamations)
        factor += 0.08 * fmin(s->exclamations, 4);
    if (bad && s->questions > 1)
        factor += 0.08 * fmin(s->questions, 3);
    return is_shouted(s) ? factor + 0.25 : factor;
}

/* Whoever says thanks is thankful, however glad besides. */
static enum emotion_label strongest(struct weighing *w, bool bad) {
    enum emotion_label best = EMOTION_NEUTRAL;
    if (!bad && w->silent[EMOTION_GRATITUDE] <= THANKED)
        w->silent[EMOTION_GRATITUDE] *= w->silent[EMOTION_JOY];
    for (size_t i = 0; i < MOODS; i++) {
        enum emotion_label l = moods[i].label;
        bool fits = bad == (moods[i].valence < 0) || l == EMOTION_CONFUSION;
        if (fits && (best == EMOTION_NEUTRAL ? w->silent[l] < 1 : w->silent[l] < w->silent[best]))
            best = l;
    }
    return best;
}

void emotion_read(struct arena *a, const struct cue_source *from, struct reading *r) {
    struct weighing w = {.from = from, .evidence = ARENA_ARRAY(a, bool, from->hits->n + 1)};
    for (int i = 0; i <= EMOTION_GRATITUDE; i++)
        w.silent[i] = 1;
    for (int i = 0; i < from->hits->n; i++)
        weigh(&w, i);
    w.bad += bare_negations(from);
    if (is_shouted(from->scan)) {
        w.silent[EMOTION_ANGER] *= w.good > w.bad ? 1 : 0.7;
        w.bad += w.good > w.bad ? 0 : 0.2;
    }
    bool bad = w.bad > w.good;
    enum emotion_label label = strongest(&w, bad);
    double factor = way_of_writing(from->scan, bad) * r->norm;
    r->intensity = label == EMOTION_NEUTRAL ? 0 : fmin(1, (1 - w.silent[label]) * factor);
    r->valence = tanh((w.good - w.bad) * factor);
    r->emotion = r->intensity >= LABELLED_FROM ? label : EMOTION_NEUTRAL;
    cue_collect_marked(a, from, w.evidence, &r->emotion_evidence);
}
