/*
 * faq: the built-in bot and the knowledge search behind it: BM25 over questions and answers in
 * every language. Answers only what it finds, cites the entry, and says honestly when it does not
 * know. An index is immutable.
 */
#pragma once
#include "../base/arena.h"
#include "../model/knowledge.h"
#include "bot.h"
#include "thesaurus.h"

struct faq_index;

/* From this confidence on what the classifier says goes before what the words find. */
#define FAQ_SURE 0.6

/* Copies the entries. */
struct faq_index *faq_open(const struct knowledge *entries, int n);
void faq_free(struct faq_index *f); /* accepts NULL */
/* Best first, at most limit; language "" searches all. Entries are borrowed from the index. */
int faq_search(const struct faq_index *f, struct arena *a, const char *query, const char *language,
               struct knowledge_hit *hits, int limit);
/* The entry of this id, or of this intent, if any; borrowed. */
const struct knowledge *faq_find(const struct faq_index *f, const char *id);
const struct knowledge *faq_for_intent(const struct faq_index *f, const char *intent);
const struct thesaurus *faq_thesaurus(const struct faq_index *f);
/* Always gives a reply: an answer in the customer's language with its citation; a question which of
 * two entries is meant, once; or an honest "I do not know" with handover set. */
void faq_answer(const struct faq_index *f, struct arena *a, const struct bot_question *q,
                struct bot_reply *out);
/* The entry a text would be answered from, alone and in that language; NULL: none. intent: as the
 * classifier named it for sure, or "". */
const struct knowledge *faq_would_answer(const struct faq_index *f, struct arena *a,
                                         const char *text, const char *intent,
                                         const char *language);
