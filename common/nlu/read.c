#include "read.h"

#include <string.h>

#include "../codec/json.h"
#include "../codec/text.h"
#include "emotion.h"
#include "fact.h"
#include "figure.h"
#include "lang.h"
#include "tone.h"

#define LANGUAGE_SURE 0.6

/* In doubt every language's cues are looked for: better a foreign cue than none. */
static unsigned cue_languages(const struct reading *r) {
    unsigned bit = lexicon_language(r->language);
    return bit && r->language_confidence >= LANGUAGE_SURE ? bit : LEXICON_EVERY_LANGUAGE;
}

static void read_language(const struct scan *s, const struct read_input *in, struct reading *out) {
    struct lang_guess g;
    lang_guess(s, &(struct lang_hints){in->locale, in->earlier_language, in->channel_language}, &g);
    out->language = g.code;
    out->language_confidence = g.confidence;
}

static void read_intent(struct arena *a, const struct read_input *in, const struct scan *s,
                        struct reading *out) {
    struct intent_guess g;
    out->intent = "";
    if (!in->model)
        return;
    bool says_it_all = in->subject && in->subject[0] && !in->text[0];
    if (says_it_all)
        intent_guess(a, in->model, in->subject, &g);
    else
        intent_guess_scanned(a, in->model, s, &g);
    out->intent = g.name;
    out->confidence = g.confidence;
    out->in_scope_probability = g.in_scope_probability;
    out->in_scope = g.in_scope;
}

/* In order; both are well mixed already. */
static uint64_t joined(uint64_t so_far, uint64_t next) {
    uint64_t h = (so_far ^ next) * 0x9E3779B97F4A7C15ull;
    return h ^ (h >> 32);
}

/* Of what is said, however it is spelt or set; 0 if nothing is. A word of one letter is a slip. */
static uint64_t fingerprint_of(const struct scan *s) {
    uint64_t hash = 0;
    for (int i = 0; i < s->n; i++) {
        const struct scan_piece *p = &s->items[i];
        bool slip = p->kind == SCAN_WORD && p->end - p->start == 1;
        if (p->kind != SCAN_EMOJI && !slip)
            hash = joined(hash, p->hash);
    }
    return hash;
}

void read_text(struct arena *a, const struct read_input *in, struct reading *out) {
    struct scan s;
    struct lexicon_hits hits;
    *out = (struct reading){0};
    scan_text(a, in->text, &s);
    read_language(&s, in, out);
    lexicon_find(a, &s, cue_languages(out), &hits);
    struct cue_source source = {&s, &hits};
    out->norm = usage_norm(in->usage, out->language, in->locale);
    emotion_read(a, &source, out);
    tone_read(a, &source, out);
    fact_read(a, in->text, &source, in->usage, out);
    if (in->figures)
        figure_read(a, in->text, &s, out);
    read_intent(a, in, &s, out);
    out->fingerprint = fingerprint_of(&s);
}

static void put_span(struct buf *out, int start, int end) {
    json_put_number(out, "start", start);
    json_put_number(out, "end", end);
}

static void put_cues(struct buf *out, const char *name, const struct cues *cues) {
    json_put_key(out, name);
    buf_addc(out, '[');
    for (int i = 0; i < cues->n; i++) {
        json_put_item(out);
        buf_addc(out, '{');
        put_span(out, cues->items[i].start, cues->items[i].end);
        json_put_text(out, "cue", cues->items[i].text);
        buf_addc(out, '}');
    }
    buf_addc(out, ']');
}

static void put_open(struct buf *out, const char *name) {
    json_put_key(out, name);
    buf_addc(out, '{');
}

static void put_intent(struct buf *out, const struct reading *r) {
    if (!r->intent[0]) {
        json_put_raw(out, "intent", NULL);
        return;
    }
    put_open(out, "intent");
    json_put_text(out, "name", r->intent);
    json_put_double(out, "confidence", r->confidence);
    json_put_flag(out, "in_scope", r->in_scope);
    json_put_double(out, "in_scope_probability", r->in_scope_probability);
    json_put_number(out, "model_version", r->model_version);
    buf_addc(out, '}');
}

static void put_emotion(struct buf *out, const struct reading *r) {
    put_open(out, "emotion");
    json_put_text(out, "label", emotion_label_text(r->emotion));
    json_put_double(out, "intensity", r->intensity);
    json_put_double(out, "valence", r->valence);
    json_put_double(out, "norm", r->norm);
    put_cues(out, "evidence", &r->emotion_evidence);
    buf_addc(out, '}');
}

/* The surest of a name; the first of equals. */
static bool is_best_of_name(const struct reading *r, const struct reading_fact *f) {
    for (const struct reading_fact *other = r->facts; other < r->facts + r->n_facts; other++) {
        bool rival = other != f && strcmp(other->name, f->name) == 0;
        if (rival && (other->confidence > f->confidence ||
                      (other->confidence == f->confidence && other < f)))
            return false;
    }
    return true;
}

static void put_facts(struct buf *out, const struct reading *r) {
    put_open(out, "facts");
    for (int i = 0; i < r->n_facts; i++) {
        const struct reading_fact *f = &r->facts[i];
        if (!is_best_of_name(r, f))
            continue;
        put_open(out, f->name);
        json_put_text(out, "value", f->value);
        json_put_double(out, "confidence", f->confidence);
        put_span(out, f->start, f->end);
        buf_addc(out, '}');
    }
    buf_addc(out, '}');
}

static void put_tone(struct buf *out, const struct reading *r) {
    put_open(out, "urgency");
    json_put_double(out, "score", r->urgency);
    json_put_flag(out, "deadline", r->deadline);
    put_cues(out, "evidence", &r->urgency_evidence);
    buf_addc(out, '}');
    put_open(out, "wants_human");
    json_put_double(out, "score", r->wants_human);
    put_cues(out, "evidence", &r->wants_human_evidence);
    buf_addc(out, '}');
    json_put_text(out, "stance", stance_text(r->stance));
    put_cues(out, "stance_evidence", &r->stance_evidence);
    json_put_text(out, "subject", sensitive_subject_text(r->subject));
    put_cues(out, "subject_evidence", &r->subject_evidence);
}

void read_render(const struct reading *r, struct buf *out) {
    buf_addc(out, '{');
    json_put_text(out, "language", r->language);
    json_put_double(out, "language_confidence", r->language_confidence);
    put_intent(out, r);
    put_emotion(out, r);
    put_tone(out, r);
    put_facts(out, r);
    json_put_flag(out, "complaint_first", r->complaint_first);
    json_put_flag(out, "asks_news", r->asks_news);
    json_put_flag(out, "greeting_only", r->greeting_only);
    json_put_flag(out, "unfinished", r->unfinished);
    buf_addc(out, '}');
}
