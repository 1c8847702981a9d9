#include "faq.h"

#include "fill.h"
#include "language.h"
#include "phrase.h"

/* Measured on 762 paraphrased questions to 125 entries: 71 % answered, 94 % of those rightly, and 4
 * to 8 % of questions on quite other matters answered (wrongly). */
#define SCORE_MIN 0.40
#define MARGIN 1.15 /* times the second best */
#define CONFIDENCE_MIN 0.6
#define ENGLISH "en"
#define BURST_MS 120000 /* what came longer before belongs to another thought */

static bool is_named(const char *language) {
    return language && *language && !language_equal(language, "und");
}

static const char *language_of(const struct bot_question *q) {
    if (q->decision && is_named(q->decision->language))
        return q->decision->language;
    if (is_named(q->message->language))
        return q->message->language;
    return is_named(q->conversation->language) ? q->conversation->language : ENGLISH;
}

static void say(struct bot_reply *out, enum phrase p, const char *language) {
    out->text = phrase_text(p, language);
}

static void give_up(struct bot_reply *out, const char *language, const char *note) {
    say(out, PHRASE_UNKNOWN, language);
    out->handover = true;
    out->note = note;
}

/* What the customer wrote since we last spoke, newest first: a burst is one thought. */
struct burst {
    const char *text[BOT_HISTORY_MAX];
    const struct decision *decision[BOT_HISTORY_MAX];
    int n;
};

static void add(struct burst *b, const char *text, const struct decision *d) {
    b->text[b->n] = text;
    b->decision[b->n++] = d;
}

static struct burst burst_of(const struct bot_question *q) {
    struct burst b = {.n = 0};
    add(&b, q->message->text, q->decision);
    for (int i = q->n_history - 1; i >= 0 && b.n < BOT_HISTORY_MAX; i--) {
        const struct message *m = q->history[i];
        if (m->kind != MESSAGE_MESSAGE || m->seq >= q->message->seq)
            continue;
        if (m->direction == DIRECTION_OUT || q->message->received_ms - m->received_ms > BURST_MS)
            break;
        add(&b, m->text, m->decision);
    }
    return b;
}

static bool is_greeting(const struct decision *d) {
    return d && signals_known(&d->signals, SIGNAL_greeting_only) &&
           d->signals.number[SIGNAL_greeting_only] > 0;
}

static bool is_all_greeting(const struct burst *b) {
    for (int i = 0; i < b->n; i++)
        if (!is_greeting(b->decision[i]))
            return false;
    return true;
}

/* Oldest first, without the greetings in it. */
static const char *joined(struct arena *a, const struct burst *b) {
    const char *text = "";
    for (int i = b->n - 1; i >= 0; i--)
        if (!is_greeting(b->decision[i]))
            text = *text ? arena_printf(a, "%s\n%s", text, b->text[i]) : b->text[i];
    return text;
}

/* Thanks are answered at any time; a welcome belongs to the beginning only. */
static void answer_greeting(const struct bot_question *q, const char *language,
                            struct bot_reply *out) {
    bool thanks = q->decision->emotion == EMOTION_GRATITUDE;
    bool begins = q->conversation->last_out_seq == 0;
    say(out, thanks ? PHRASE_WELCOME : begins ? PHRASE_GREETING : PHRASE_PRESENT, language);
}

/* The classifier has seen labelled examples, the search only words: when it is sure, it goes first.
 */
static const struct knowledge *entry_of_intent(const struct faq_index *f,
                                               const struct decision *d) {
    bool sure = d && d->in_scope && d->confidence >= CONFIDENCE_MIN;
    return sure ? faq_for_intent(f, d->intent) : NULL;
}

static const struct knowledge *entry_of_intents(const struct faq_index *f, const struct burst *b) {
    const struct knowledge *k = NULL;
    for (int i = 0; i < b->n && !k; i++)
        k = entry_of_intent(f, b->decision[i]);
    return k;
}

static const struct knowledge *entry_of_search(const struct faq_index *f, struct arena *a,
                                               const char *text) {
    struct knowledge_hit hits[2] = {{0}};
    int n = faq_search(f, a, text, "", hits, 2);
    bool clear = n > 0 && hits[0].score >= SCORE_MIN && hits[0].score >= MARGIN * hits[1].score;
    return clear ? hits[0].entry : NULL;
}

static const char *answer_in(const struct knowledge *k, const char *language) {
    for (int i = 0; i < k->n_answers; i++)
        if (language_equal(k->answers[i].language, language))
            return k->answers[i].text;
    return NULL;
}

static struct bot_citation citation_of(struct arena *a, const struct knowledge *k) {
    const char *title = k->n_questions ? k->questions[0] : "";
    return (struct bot_citation){arena_strdup(a, k->id), arena_strdup(a, title)};
}

static void answer_entry(struct arena *a, const struct knowledge *k, const struct bot_question *q,
                         const char *language, struct bot_reply *out) {
    const char *own = answer_in(k, language), *missing;
    const char *text = own ? own : answer_in(k, ENGLISH);
    if (!text) {
        give_up(out, language, arena_printf(a, "entry %s has no answer in %s", k->id, language));
        return;
    }
    text = fill_facts(a, text, q->conversation, q->now_ms, &missing);
    if (!text) {
        give_up(out, language, arena_printf(a, "entry %s needs the fact %s", k->id, missing));
        return;
    }
    out->citation = citation_of(a, k);
    out->text =
        own ? text : arena_printf(a, "%s\n%s", phrase_text(PHRASE_ONLY_ENGLISH, language), text);
}

void faq_answer(const struct faq_index *f, struct arena *a, const struct bot_question *q,
                struct bot_reply *out) {
    const char *language = language_of(q);
    const struct burst b = burst_of(q);
    *out = (struct bot_reply){.text = "", .note = "", .citation = {"", ""}};
    if (is_all_greeting(&b)) {
        answer_greeting(q, language, out);
        return;
    }
    const struct knowledge *k = entry_of_intents(f, &b);
    if (!k)
        k = entry_of_search(f, a, joined(a, &b));
    if (k)
        answer_entry(a, k, q, language, out);
    else
        give_up(out, language, "no entry answers this");
}
