#include "tone.h"

#include <math.h>

#define STANCE_FROM 0.5
#define SUBJECT_FROM 0.5
#define NEWS_FROM 0.5
#define PRONOUN 0.34 /* of the stance: no more than a "you" or an "I" */

static const struct {
    enum lexicon_label label;
    enum sensitive_subject subject;
} subjects[] = {
    {LEXICON_SAFETY, SUBJECT_SAFETY}, {LEXICON_BEREAVEMENT, SUBJECT_BEREAVEMENT},
    {LEXICON_FRAUD, SUBJECT_FRAUD},   {LEXICON_LEGAL, SUBJECT_LEGAL},
    {LEXICON_HEALTH, SUBJECT_HEALTH},
};

/* "agent" asks for one where it is most of a clause; among other words it only names somebody. */
static bool is_most_of_clause(const struct cue_source *from, const struct lexicon_hit *h) {
    const struct scan *s = from->scan;
    int start = h->from, end = h->to;
    while (start > 0 && s->items[start].before == SCAN_JOINED)
        start--;
    while (end < s->n && s->items[end].before == SCAN_JOINED)
        end++;
    return (h->to - h->from) * 2 >= end - start;
}

static bool has_bare_wish(const struct cue_source *from) {
    if (!(from->hits->labels & CUE_LABEL(HUMAN_BARE)))
        return false;
    for (int i = 0; i < from->hits->n; i++)
        if (cue_has(&from->hits->items[i], CUE_LABEL(HUMAN_BARE)) &&
            is_most_of_clause(from, &from->hits->items[i]))
            return true;
    return false;
}

/* What finds with these labels are parts of: "tonight" of a time, a negation of what fails. */
static uint64_t parts_of(uint64_t labels) {
    const uint64_t times = CUE_LABEL(URGENT) | CUE_LABEL(DEADLINE);
    labels |= labels & CUE_LABEL(HUMAN_BARE) ? CUE_LABEL(HUMAN_WHO) : 0;
    labels |= labels & times ? CUE_LABEL(HURRY_WHEN) : 0;
    return labels | (labels & CUE_LABEL(NEGATION) ? CUE_LABEL(HURRY_FAIL) : 0);
}

/* All of these parts and none of those stand between two marks of that strength. */
static bool is_composed(const struct cue_source *from, enum scan_break mark, uint64_t wanted,
                        uint64_t unwanted) {
    uint64_t seen = 0;
    int piece = 0;
    if (wanted & ~parts_of(from->hits->labels))
        return false;
    for (int i = 0; i < from->hits->n; i++) {
        const struct lexicon_hit *h = &from->hits->items[i];
        for (; piece <= h->from; piece++) {
            if (from->scan->items[piece].before < mark)
                continue;
            if (seen == wanted)
                return true;
            seen = 0;
        }
        seen |= parts_of(1ull << h->entry->label) & (wanted | unwanted);
    }
    return seen == wanted;
}

/* Somebody, a way to reach them, and that it is asked for; a time, a matter that does not wait, and
 * something that fails: together they say what no list has. */
#define COMPOSED 0.6
#define WISH_PARTS (CUE_LABEL(HUMAN_ASK) | CUE_LABEL(HUMAN_WHO) | CUE_LABEL(HUMAN_CONTACT))
#define HURRY_PARTS (CUE_LABEL(HURRY_WHEN) | CUE_LABEL(HURRY_STAKE) | CUE_LABEL(HURRY_FAIL))

/* A day that matters is a question; a day that matters and something that went wrong is a plea. */
#define FAILS (CUE_LABEL(HURRY_FAIL) | CUE_LABEL(NEGATION))
#define ENDANGERED 0.45

static void read_wish(struct arena *a, const struct cue_source *from, struct reading *r) {
    bool bare = has_bare_wish(from);
    uint64_t labels = CUE_LABEL(HUMAN) | (bare ? CUE_LABEL(HUMAN_BARE) : 0);
    double refused = cue_strength(from->hits, CUE_LABEL(HUMAN_NOT));
    double asked = cue_strength(from->hits, labels);
    if (asked < COMPOSED && is_composed(from, SCAN_CLAUSE, WISH_PARTS, CUE_LABEL(NEGATION))) {
        asked = COMPOSED;
        labels |= WISH_PARTS;
    }
    r->wants_human = fmax(0, asked - refused);
    if (r->wants_human > 0)
        cue_collect(a, from, labels, &r->wants_human_evidence);
}

static void read_hurry(struct arena *a, const struct cue_source *from, struct reading *r) {
    uint64_t labels = CUE_LABEL(URGENT) | CUE_LABEL(DEADLINE);
    double calm = cue_strength(from->hits, CUE_LABEL(URGENT_NOT));
    double pressing = cue_strength(from->hits, labels);
    if (pressing < COMPOSED && is_composed(from, SCAN_SENTENCE, HURRY_PARTS, 0)) {
        pressing = COMPOSED;
        labels |= HURRY_PARTS;
    }
    r->deadline = cue_strength(from->hits, CUE_LABEL(DEADLINE)) > 0;
    if (r->deadline && pressing >= COMPOSED && (from->hits->labels & FAILS))
        pressing = 1 - (1 - pressing) * (1 - ENDANGERED);
    r->urgency = fmax(0, pressing - calm);
    if (r->urgency <= 0)
        return;
    r->urgency = fmin(1, r->urgency * (1 + 0.05 * fmin(from->scan->exclamations, 4)));
    cue_collect(a, from, labels, &r->urgency_evidence);
}

static double strongest_cue(const struct lexicon_hits *hits, uint64_t labels) {
    double best = 0;
    for (int i = 0; i < hits->n && (hits->labels & labels); i++)
        if (cue_has(&hits->items[i], labels))
            best = fmax(best, (double)hits->items[i].entry->weight);
    return best;
}

/* How much is made of what is said of "you" and "I": a bare pronoun counts in a text that shows an
 * ill mood, more than that already where the text leans to the bad side. */
static double stance_lift(const struct reading *r) {
    bool ill = r->emotion == EMOTION_ANGER || r->emotion == EMOTION_FRUSTRATION ||
               r->emotion == EMOTION_SADNESS || r->emotion == EMOTION_FEAR;
    return ill ? 1.6 : r->valence < -0.15 ? 1.3 : 1;
}

/* Whoever speaks of "you" wants it owned, whoever speaks of "I" wants it understood. Both only when
 * there is something to answer for. Sadness and fear are one's own, "I" said or not ("so worried").
 */
static void read_stance(struct arena *a, const struct cue_source *from, struct reading *r) {
    const uint64_t both = CUE_LABEL(OWN) | CUE_LABEL(VALIDATE);
    if (r->valence > 0.2)
        return;
    if (strongest_cue(from->hits, both) * stance_lift(r) < STANCE_FROM) {
        bool felt = r->emotion == EMOTION_SADNESS || r->emotion == EMOTION_FEAR;
        r->stance = felt ? STANCE_VALIDATE : STANCE_NONE;
        r->stance_evidence = felt ? r->emotion_evidence : (struct cues){0};
        return;
    }
    double own = cue_strength(from->hits, CUE_LABEL(OWN));
    double validate = cue_strength(from->hits, CUE_LABEL(VALIDATE));
    r->stance = own >= validate ? STANCE_OWN : STANCE_VALIDATE;
    cue_collect(a, from, own >= validate ? CUE_LABEL(OWN) : CUE_LABEL(VALIDATE),
                &r->stance_evidence);
}

static void read_subject(struct arena *a, const struct cue_source *from, struct reading *r) {
    double best = SUBJECT_FROM;
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) {
        double strength = cue_strength(from->hits, 1ull << subjects[i].label);
        if (strength < best)
            continue;
        best = strength + 1e-9;
        r->subject = subjects[i].subject;
        cue_collect(a, from, 1ull << subjects[i].label, &r->subject_evidence);
    }
}

static int first_sentence_end(const struct scan *s) {
    int end = 1;
    while (end < s->n && s->items[end].before != SCAN_SENTENCE)
        end++;
    return end;
}

static bool opens_with_complaint(const struct cue_source *from, const struct reading *r) {
    const uint64_t greetings = CUE_LABEL(GREETING) | CUE_LABEL(THANKS);
    const uint64_t complaints =
        CUE_LABEL(COMPLAINT) | CUE_LABEL(ANGER) | CUE_LABEL(FRUSTRATION) | CUE_LABEL(NEGATIVE);
    if (from->scan->n == 0 || r->valence >= 0)
        return false;
    int end = first_sentence_end(from->scan);
    bool complains = false;
    for (int i = 0; i < from->hits->n && from->hits->items[i].from < end; i++) {
        const struct lexicon_hit *h = &from->hits->items[i];
        if (h->from == 0 && cue_has(h, greetings))
            return false;
        complains |= cue_has(h, complaints);
        complains |= cue_has(h, CUE_LABEL(OWN)) && (double)h->entry->weight > PRONOUN;
    }
    return complains && !from->scan->items[end - 1].asked;
}

/* Nothing but greeting and thanks; one further word may be a name. */
static bool is_greeting_only(const struct cue_source *from) {
    const uint64_t polite = CUE_LABEL(GREETING) | CUE_LABEL(THANKS);
    const uint64_t covering = polite | CUE_LABEL(SMALL_TALK);
    int covered = 0, words = 0;
    bool any = false;
    for (int i = 0; i < from->hits->n; i++) {
        const struct lexicon_hit *h = &from->hits->items[i];
        any |= cue_has(h, polite);
        if (cue_has(h, covering))
            covered += h->to - h->from;
    }
    for (int i = 0; i < from->scan->n; i++)
        words += from->scan->items[i].kind != SCAN_EMOJI;
    bool asks = from->scan->asks && covered < words;
    return any && !asks && words - covered <= (words > 1 && words < 8);
}

static bool ends_open(const struct cue_source *from) {
    if (from->scan->n == 0 || from->scan->trails_off)
        return from->scan->trails_off;
    for (int i = 0; i < from->hits->n; i++) {
        const struct lexicon_hit *h = &from->hits->items[i];
        if (h->to == from->scan->n && cue_has(h, CUE_LABEL(OPEN_END)) &&
            from->scan->last_mark == SCAN_JOINED)
            return true;
    }
    return false;
}

void tone_read(struct arena *a, const struct cue_source *from, struct reading *r) {
    read_wish(a, from, r);
    read_hurry(a, from, r);
    read_stance(a, from, r);
    read_subject(a, from, r);
    r->complaint_first = opens_with_complaint(from, r);
    r->asks_news = cue_strength(from->hits, CUE_LABEL(NEWS)) >= NEWS_FROM;
    r->greeting_only = is_greeting_only(from);
    r->unfinished = ends_open(from);
}
