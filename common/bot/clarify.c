#include "clarify.h"

#include <string.h>

#include "../codec/json.h"
#include "fill.h"
#include "language.h"
#include "phrase.h"
#include "which.h"

#define ENGLISH "en"

/* ---- one of two ---- */

static const struct knowledge *only(const struct knowledge *const pair[2], bool first,
                                    bool second) {
    if (first == second)
        return NULL;
    return first ? pair[0] : pair[1];
}

static struct which_choice choice_of(const struct knowledge *k) {
    return (struct which_choice){k->questions, k->n_questions};
}

/* ---- what is known ---- */

/* Do the known facts change what one of its answers says? */
static bool uses_facts(struct arena *a, const struct knowledge *k, const struct bot_question *q) {
    struct conversation *blank = arena_copy(a, q->conversation, sizeof *blank);
    const char *missing;
    blank->n_facts = 0;
    for (int i = 0; i < k->n_answers; i++) {
        const char *with = fill_facts(a, k->answers[i].text, q->conversation, q->now_ms, &missing);
        const char *without = fill_facts(a, k->answers[i].text, blank, q->now_ms, &missing);
        if (with && (!without || strcmp(with, without) != 0))
            return true;
    }
    return false;
}

static const struct knowledge *by_use(const struct faq_index *f, struct arena *a,
                                      const struct bot_question *q,
                                      const struct knowledge *const pair[2]) {
    (void)f;
    return q->conversation->n_facts == 0
               ? NULL
               : only(pair, uses_facts(a, pair[0], q), uses_facts(a, pair[1], q));
}

static const struct knowledge *by_value(const struct faq_index *f, struct arena *a,
                                        const struct bot_question *q,
                                        const struct knowledge *const pair[2]) {
    const struct conversation *c = q->conversation;
    const struct which_choice choices[2] = {choice_of(pair[0]), choice_of(pair[1])};
    bool named[2] = {false, false};
    for (int i = 0; i < c->n_facts; i++) {
        const struct fact *known = conversation_fact(c, c->facts[i].name, q->now_ms);
        int which = known ? which_by_name(a, faq_thesaurus(f), known->value, choices) : 0;
        if (which)
            named[which - 1] = true;
    }
    return only(pair, named[0], named[1]);
}

static bool is_about(const struct knowledge *k, const char *topic) {
    return topic && *topic && strcmp(k->intent, topic) == 0;
}

static const struct knowledge *by_topic(const struct faq_index *f, struct arena *a,
                                        const struct bot_question *q,
                                        const struct knowledge *const pair[2]) {
    (void)f, (void)a;
    const char *topic = q->conversation->topic;
    return only(pair, is_about(pair[0], topic), is_about(pair[1], topic));
}

/* Did this message of ours answer from that entry? */
static bool cites(const struct message *m, const struct knowledge *k) {
    if (m->direction != DIRECTION_OUT || !m->extra || !strstr(m->extra, "\"citation\""))
        return false;
    json_auto extra = NULL;
    if (json_load_span(span_of(m->extra), &extra, NULL) != OK)
        return false;
    const char *id = json_string_value(json_object_get(json_object_get(extra, "citation"), "id"));
    return id && strcmp(id, k->id) == 0;
}

static bool was_answered(const struct bot_question *q, const struct knowledge *k) {
    for (int i = 0; i < q->n_history; i++)
        if (q->history[i]->received_ms >= q->conversation->episode.opened_ms &&
            cites(q->history[i], k))
            return true;
    return false;
}

static const struct knowledge *by_history(const struct faq_index *f, struct arena *a,
                                          const struct bot_question *q,
                                          const struct knowledge *const pair[2]) {
    (void)f, (void)a;
    return only(pair, was_answered(q, pair[0]), was_answered(q, pair[1]));
}

const struct knowledge *clarify_known(const struct faq_index *f, struct arena *a,
                                      const struct bot_question *q,
                                      const struct knowledge *const pair[2]) {
    static const struct knowledge *(*const ways[])(
        const struct faq_index *, struct arena *, const struct bot_question *,
        const struct knowledge *const[2]) = {by_use, by_value, by_topic, by_history};
    const struct knowledge *k = NULL;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0] && !k; i++)
        k = ways[i](f, a, q, pair);
    return k;
}

bool clarify_same(const struct knowledge *left, const struct knowledge *right) {
    if (*left->intent && strcmp(left->intent, right->intent) == 0)
        return true;
    for (int i = 0; i < left->n_answers; i++)
        for (int k = 0; k < right->n_answers; k++)
            if (strcmp(left->answers[i].text, right->answers[k].text) == 0)
                return true;
    return false;
}

/* ---- asking ---- */

static const char *question_in(const struct knowledge *k, const char *language) {
    for (int i = 0; k->languages && i < k->n_questions; i++)
        if (language_equal(k->languages[i], language))
            return k->questions[i];
    return NULL;
}

/* As it is asked in that language; in English or however it is asked first where it is not. */
static const char *name_of(const struct knowledge *k, const char *language) {
    const char *own = question_in(k, language);
    const char *name = own ? own : question_in(k, ENGLISH);
    if (name)
        return name;
    return k->n_questions ? k->questions[0] : "";
}

const char *clarify_question(struct arena *a, const struct knowledge *const pair[2],
                             const char *language) {
    const char *first = name_of(pair[0], language), *second = name_of(pair[1], language);
    if (!*first || !*second || strcmp(first, second) == 0)
        return NULL;
    return arena_printf(a, "%s\n1. %s\n2. %s", phrase_text(PHRASE_WHICH, language), first, second);
}

static bool is_one_of(const char *id, const struct knowledge *const pair[2]) {
    return id && (strcmp(id, pair[0]->id) == 0 || strcmp(id, pair[1]->id) == 0);
}

bool clarify_asked(const struct conversation *c, const struct knowledge *const pair[2]) {
    return c->choice.asked_seq && !c->choice.picked && is_one_of(c->choice.entries[0], pair) &&
           is_one_of(c->choice.entries[1], pair);
}

int clarify_picked(const struct faq_index *f, struct arena *a, const struct conversation *c,
                   const char *reply) {
    if (!conversation_has_choice(c))
        return 0;
    const struct knowledge *first = faq_find(f, c->choice.entries[0]);
    const struct knowledge *second = faq_find(f, c->choice.entries[1]);
    if (!first || !second)
        return 0;
    const struct which_choice choices[2] = {choice_of(first), choice_of(second)};
    return which_said(a, faq_thesaurus(f), reply, choices);
}
