/*
 * gap: the questions our knowledge had no answer to, put together by what they ask, so that a
 * person sees what is worth writing. Questions are one gap when they share enough of what is rare
 * among the gaps: words, pieces of words and concepts of the thesaurus, so that another wording or
 * a typing error still meets. Another language is another gap: what two languages share is too
 * little. The same questions in the same order give the same gaps. It answers nothing and knows no
 * entries.
 */
#pragma once
#include "../base/arena.h"
#include "../model/knowledge.h"
#include "thesaurus.h"

#define GAP_QUESTIONS_MAX 2000 /* looked at at once; a caller gives the newest */
#define GAP_WORDS_MAX 40       /* of one question */
#define GAP_EXAMPLES_MAX 5
#define GAP_LANGUAGES_MAX 6

/* Numbers are places in the list of questions. */
struct gap {
    int first;          /* who opened it */
    int representative; /* of the wording used most often the first */
    int count, customers;
    int64_t first_ms, last_ms;
    int examples[GAP_EXAMPLES_MAX]; /* other wordings than the representative's, newest first */
    int n_examples;
    const char *languages[GAP_LANGUAGES_MAX]; /* most frequent first */
    int n_languages;
    const char *intent; /* guessed most often; "" if none was */
};
struct gaps {
    struct gap *items;
    int n;
};

/* Equal for texts of the same words. */
uint64_t gap_wording(struct arena *a, const char *text);
/* The number of each question's group, counted from 0 in the order in which groups open; at most
 * GAP_QUESTIONS_MAX texts. Returns how many groups there are. */
int gap_group(const struct thesaurus *t, const char *const *texts, int n, int *group);
/* Questions oldest first; gaps most frequent first, of equals the one asked last. */
struct gaps gap_list(struct arena *a, const struct thesaurus *t, const struct unanswered *q, int n);
