#include "faq.h"

#include "clarify.h"
#include "fill.h"
#include "language.h"
#include "phrase.h"

/* Measured on 762 paraphrased questions to 125 entries: 71 % answered, 94 % of those rightly, and 4
 * to 8 % of questions on quite other matters answered (wrongly). */
#define SCORE_MIN 0.40
#define MARGIN 1.15 /* times the second best */
/* Of what is not clear, on the same questions: both entries at least this good, and the second
 * clearly before the third. 11 % are asked about; the right entry is among the two in 86 % of
 * them, and in 46 % of them the better one alone would have been wrong. */
#define CLOSE_MIN 0.45
#define RIVAL_MIN 0.40
#define THIRD_MARGIN 1.05
#define HITS 6 /* enough to see past entries that say the same */
#define UNSETTLED "it is not clear which entry is meant"
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

static void give_up(struct bot_reply *out, enum phrase p, const char *language, const char *why) {
    say(out, p, language);
    out->handover = true;
    out->note = out->unanswered = why;
}

/* What the customer wrote since we last spoke, newest first: a burst is one thought. */
struct burst {
    const char *text[BOT_HISTORY_MAX];
    const struct decision *decision[BOT_HISTORY_MAX];
    int n, first_seq;
};

static void add(struct burst *b, const struct message *m, const struct decision *d) {
    b->text[b->n] = m->text;
    b->decision[b->n++] = d;
    b->first_seq = m->seq;
}

static struct burst burst_of(const struct bot_question *q) {
    struct burst b = {.n = 0};
    add(&b, q->message, q->decision);
    for (int i = q->n_history - 1; i >= 0 && b.n < BOT_HISTORY_MAX; i--) {
        const struct message *m = q->history[i];
        if (m->kind != MESSAGE_MESSAGE || m->seq >= q->message->seq)
            continue;
        if (m->direction == DIRECTION_OUT || q->message->received_ms - m->received_ms > BURST_MS)
            break;
        add(&b, m, m->decision);
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
    bool sure = d && d->in_scope && d->confidence >= FAQ_SURE;
    return sure ? faq_for_intent(f, d->intent) : NULL;
}

static const struct knowledge *entry_of_intents(const struct faq_index *f, const struct burst *b) {
    const struct knowledge *k = NULL;
    for (int i = 0; i < b->n && !k; i++)
        k = entry_of_intent(f, b->decision[i]);
    return k;
}

/* What the words find: an entry, or two of which it may be either. */
struct found {
    const struct knowledge *entry, *rival; /* entry NULL: nothing; rival NULL: it is clear */
};

/* The best hit that says something else than the first one. */
static int next_matter(const struct knowledge_hit *hits, int n, int from) {
    while (from < n && clarify_same(hits[0].entry, hits[from].entry))
        from++;
    return from;
}

static struct found find(const struct faq_index *f, struct arena *a, const char *text) {
    struct knowledge_hit hits[HITS + 2] = {{0}};
    int n = faq_search(f, a, text, "", hits, HITS);
    if (n == 0 || hits[0].score < SCORE_MIN)
        return (struct found){NULL, NULL};
    int second = next_matter(hits, n, 1), third = next_matter(hits, n, second + 1);
    if (hits[0].score >= MARGIN * hits[second].score)
        return (struct found){hits[0].entry, NULL};
    bool two = hits[0].score >= CLOSE_MIN && hits[second].score >= RIVAL_MIN &&
               hits[second].score >= THIRD_MARGIN * hits[third].score;
    return two ? (struct found){hits[0].entry, hits[second].entry} : (struct found){NULL, NULL};
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
        give_up(out, PHRASE_UNKNOWN, language,
                arena_printf(a, "entry %s has no answer in %s", k->id, language));
        return;
    }
    text = fill_facts(a, text, q->conversation, q->now_ms, &missing);
    if (!text) {
        give_up(out, PHRASE_UNKNOWN, language,
                arena_printf(a, "entry %s needs the fact %s", k->id, missing));
        out->unanswered = NULL; /* it is written; what is missing is known of nobody else */
        return;
    }
    out->citation = citation_of(a, k);
    out->text =
        own ? text : arena_printf(a, "%s\n%s", phrase_text(PHRASE_ONLY_ENGLISH, language), text);
}

/* ---- two that are close ---- */

static void ask_which(struct arena *a, const struct found *found, const struct bot_question *q,
                      const char *language, struct bot_reply *out) {
    const struct knowledge *const pair[2] = {found->entry, found->rival};
    bool again = conversation_has_choice(q->conversation) || clarify_asked(q->conversation, pair);
    const char *text = again ? NULL : clarify_question(a, pair, language);
    if (!text) {
        give_up(out, PHRASE_UNSETTLED, language, UNSETTLED);
        return;
    }
    out->text = text;
    for (int i = 0; i < CONVERSATION_CHOICES; i++)
        out->choices[i] = pair[i]->id;
}

/* What the customer said to our question, if they have said and it is still there. */
static const struct knowledge *entry_of_choice(const struct faq_index *f,
                                               const struct conversation *c) {
    int picked = conversation_has_choice(c) ? c->choice.picked : 0;
    return picked ? faq_find(f, c->choice.entries[picked - 1]) : NULL;
}

static struct found look_for(const struct faq_index *f, struct arena *a,
                             const struct bot_question *q, const struct burst *b) {
    struct found found = {.entry = entry_of_choice(f, q->conversation)};
    if (!found.entry)
        found.entry = entry_of_intents(f, b);
    if (!found.entry)
        found = find(f, a, joined(a, b));
    if (!found.rival)
        return found;
    const struct knowledge *const pair[2] = {found.entry, found.rival};
    const struct knowledge *known = clarify_known(f, a, q, pair);
    return known ? (struct found){known, NULL} : found;
}

/* A reply that leaves our question open is about what that question was about. */
static int about(const struct bot_question *q, const struct burst *b) {
    const struct conversation *c = q->conversation;
    return conversation_has_choice(c) ? c->choice.about_seq : b->first_seq;
}

void faq_answer(const struct faq_index *f, struct arena *a, const struct bot_question *q,
                struct bot_reply *out) {
    const char *language = language_of(q);
    const struct burst b = burst_of(q);
    *out =
        (struct bot_reply){.text = "", .note = "", .citation = {"", ""}, .about_seq = about(q, &b)};
    if (is_all_greeting(&b) && !entry_of_choice(f, q->conversation)) {
        answer_greeting(q, language, out);
        return;
    }
    const struct found found = look_for(f, a, q, &b);
    if (found.rival)
        ask_which(a, &found, q, language, out);
    else if (found.entry)
        answer_entry(a, found.entry, q, language, out);
    else if (conversation_has_choice(q->conversation))
        give_up(out, PHRASE_UNSETTLED, language, UNSETTLED);
    else
        give_up(out, PHRASE_UNKNOWN, language, "no entry answers this");
}

const struct knowledge *faq_would_answer(const struct faq_index *f, struct arena *a,
                                         const char *text, const char *intent,
                                         const char *language) {
    const struct knowledge *k = faq_for_intent(f, intent);
    struct found found = {k, NULL};
    if (!k)
        found = find(f, a, text);
    bool clear = found.entry && !found.rival;
    bool says = clear && (answer_in(found.entry, language) || answer_in(found.entry, ENGLISH));
    return says ? found.entry : NULL;
}
