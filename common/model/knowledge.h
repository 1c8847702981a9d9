/* knowledge: one entry a bot may answer from, with its questions and its answer in several
 * languages. */
#pragma once
#include "../base/uid.h"

#define KNOWLEDGE_QUESTIONS_MAX 64
#define KNOWLEDGE_QUERIES_MAX 500
#define KNOWLEDGE_ANSWERS_MAX 16

struct knowledge_answer {
    const char *language, *text;
};
struct knowledge {
    const char *id, *intent; /* intent "" if none */
    const char **questions;
    int n_questions;
    const char **languages; /* of the questions, "" where unknown; NULL: of none */
    const char **queries;   /* learned: what customers wrote who meant it; never shown to them */
    int n_queries;
    struct knowledge_answer *answers;
    int n_answers;
};
struct knowledge_hit {
    const struct knowledge *entry;
    double score; /* higher is better; comparable within one search only */
};
/* One labelled text to learn from; intent "oos" means out of scope. */
struct example {
    const char *intent, *text, *language; /* language "" if unknown */
};
/* A question our knowledge had no answer to, as it was put. */
struct unanswered {
    const char *text;
    const char *language;       /* "" if unknown */
    const char *intent;         /* as the classifier guessed it, "" if it did not */
    double confidence;          /* that the guess is right; 0 where it was out of scope */
    struct uid message_id;      /* of its newest message */
    struct uid conversation_id; /* where it stands */
    struct uid person;          /* equal for one customer's */
    int64_t at_ms;
};
