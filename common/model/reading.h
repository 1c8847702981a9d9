/*
 * reading: what nlu saw in one text. The record that lets nlu and decide not know each other.
 * Spans are code points of the text, end exclusive. All texts live in the arena of the reading.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "enums.h"

struct cue {
    int start, end;
    const char *text; /* the lexicon entry that matched */
};
struct cues {
    struct cue *items;
    int n;
};

#define READING_CUES_MAX 8
#define READING_FACTS_MAX 8

struct reading_fact {
    const char *name;  /* order_number, email, phone, iban, amount, date */
    const char *value; /* normalised */
    double confidence; /* 0..1 */
    int start, end;
};

struct reading {
    const char *language;       /* "en" "nl" "da" "de" "zh", or "und" */
    double language_confidence; /* 0..1 */

    const char *intent; /* best in-scope intent even when in_scope is false; "" without a model */
    double confidence;  /* calibrated probability that the name is right, 0..1 */
    double in_scope_probability; /* 0..1 */
    bool in_scope;
    int model_version; /* 0: no model */

    enum emotion_label emotion;
    double intensity; /* 0..1, after the display norm of the language */
    double norm;      /* it: the factor; 1 where there is none */
    double valence;   /* -1..1 */
    struct cues emotion_evidence;

    double urgency, wants_human; /* 0..1 */
    struct cues urgency_evidence, wants_human_evidence;
    bool deadline; /* a time that matters to the customer is named */

    enum stance stance;
    struct cues stance_evidence;
    enum sensitive_subject subject;
    struct cues subject_evidence;

    bool complaint_first; /* opens with the complaint, not with a greeting or a question */
    bool asks_news;       /* "any news?" */
    bool greeting_only;   /* a greeting or thanks and nothing to answer */
    bool unfinished;      /* ends as if more will follow */

    struct reading_fact *facts;
    int n_facts;
    uint64_t fingerprint; /* equal for the same question asked again; 0 for none */
};
