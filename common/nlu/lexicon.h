/*
 * lexicon: the cue words and phrases of the TSV files in lexicon/, compiled in, and where they
 * stand in a text. It finds; what a find means is said elsewhere. Built once at first use, then
 * read-only for all threads.
 *
 * A line is languages<TAB>phrase<TAB>weight<TAB>label. Languages: "en", "en,nl" or "*". In a phrase
 * "(a|b|)" is any of the alternatives, "word*" any word that begins so, "0" any number, and "_" up
 * to three further words of the same clause. It is also found in plain letters ("ae" for "ä"),
 * and a longer word of it with a slip of the finger (spell.h; word.tsv: what is no slip).
 */
#pragma once
#include "../base/arena.h"
#include "scan.h"

/* X(label, text in the files) */
#define LEXICON_LABELS(X)                                                                          \
    X(ANGER, "anger")                                                                              \
    X(FRUSTRATION, "frustration")                                                                  \
    X(SADNESS, "sadness")                                                                          \
    X(FEAR, "fear")                                                                                \
    X(CONFUSION, "confusion")                                                                      \
    X(JOY, "joy")                                                                                  \
    X(GRATITUDE, "gratitude")                                                                      \
    X(NEGATIVE, "negative")                                                                        \
    X(POSITIVE, "positive")                                                                        \
    X(PLAIN, "plain")                                                                              \
    X(NEGATION, "negation")                                                                        \
    X(STRONGER, "stronger")                                                                        \
    X(WEAKER, "weaker")                                                                            \
    X(CONTRAST, "contrast")                                                                        \
    X(HUMAN, "human")                                                                              \
    X(HUMAN_BARE, "human_bare")                                                                    \
    X(HUMAN_ASK, "human_ask")                                                                      \
    X(HUMAN_WHO, "human_who")                                                                      \
    X(HUMAN_CONTACT, "human_contact")                                                              \
    X(HUMAN_NOT, "human_not")                                                                      \
    X(URGENT, "urgent")                                                                            \
    X(DEADLINE, "deadline")                                                                        \
    X(URGENT_NOT, "urgent_not")                                                                    \
    X(HURRY_WHEN, "hurry_when")                                                                    \
    X(HURRY_STAKE, "hurry_stake")                                                                  \
    X(HURRY_FAIL, "hurry_fail")                                                                    \
    X(VALIDATE, "validate")                                                                        \
    X(OWN, "own")                                                                                  \
    X(SAFETY, "safety")                                                                            \
    X(BEREAVEMENT, "bereavement")                                                                  \
    X(FRAUD, "fraud")                                                                              \
    X(LEGAL, "legal")                                                                              \
    X(HEALTH, "health")                                                                            \
    X(SUBJECT_NOT, "subject_not")                                                                  \
    X(GREETING, "greeting")                                                                        \
    X(THANKS, "thanks")                                                                            \
    X(SMALL_TALK, "small_talk")                                                                    \
    X(NEWS, "news")                                                                                \
    X(COMPLAINT, "complaint")                                                                      \
    X(OPEN_END, "open_end")                                                                        \
    X(ORDER, "order")                                                                              \
    X(PHONE, "phone")                                                                              \
    X(NOT_ORDER, "not_order")

enum lexicon_label {
#define LEXICON_VALUE(label, text) LEXICON_##label,
    LEXICON_LABELS(LEXICON_VALUE)
#undef LEXICON_VALUE
        LEXICON_LABEL_COUNT
};
_Static_assert(LEXICON_LABEL_COUNT <= 64, "sets of labels are bits");

enum lexicon_file {
    LEXICON_EMOTION,
    LEXICON_DEGREE,
    LEXICON_WISH,
    LEXICON_HURRY,
    LEXICON_VOICE,
    LEXICON_SUBJECT,
    LEXICON_TONE,
    LEXICON_ENDING,
    LEXICON_FACT,
    LEXICON_FILES
};

struct lexicon_entry {   /* a line of a file */
    const char *pattern; /* its phrase with alternatives, not ended by NUL */
    int pattern_n;
    float weight;
    enum lexicon_label label;
    enum lexicon_file file;
    unsigned languages; /* bits of lexicon_language() */
};
struct lexicon_hit {
    const struct lexicon_entry *entry;
    int from, to;    /* pieces of the scan, end exclusive */
    uint32_t choice; /* which of the alternatives */
};
struct lexicon_hits {
    struct lexicon_hit *items; /* by where they start; no two of one file overlap */
    int n;
    uint64_t labels; /* 1 << label of each: most questions end here */
};

#define LEXICON_EVERY_LANGUAGE 0xFFu
unsigned lexicon_language(const char *code); /* its bit; 0 for a language without a lexicon */
/* The phrase that was found, its alternatives spelled out. */
const char *lexicon_phrase(struct arena *a, const struct lexicon_hit *hit);
void lexicon_find(struct arena *a, const struct scan *s, unsigned languages,
                  struct lexicon_hits *out);
