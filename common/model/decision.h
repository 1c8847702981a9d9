/*
 * decision: the one judgement on one message: mode, handler, and what it was made from. Belongs to
 * its message and has the message's id. Packs into a compact, self-contained record that replays
 * exactly.
 */
#pragma once
#include "party.h"
#include "reading.h"
#include "reasons.h"
#include "signals.h"

struct decision {
    enum mode mode;
    enum review review;     /* with human_backup */
    struct party handler;   /* bot, agent or queue */
    struct party backup;    /* with human_backup: agent or queue; else type NONE */
    const char *queue;      /* "" when no queue is involved */
    const char *experiment; /* "name/arm", "" for none */
    int priority;           /* 1 most pressing .. 5; 3 is ordinary */
    int policy_version, model_version;
    bool continues; /* false only for the very first message of a customer */

    /* copied from the reading, for the answer and the record */
    const char *intent, *language;
    double confidence;
    double intensity, valence;
    enum emotion_label emotion;
    bool in_scope;
    struct cues evidence;

    struct reason reasons[REASONS_MAX];
    int n_reasons;
    struct signals signals;
};

/* Appends; a reason past REASONS_MAX is left out. detail is borrowed, NULL is "". */
void decision_reason(struct decision *d, enum reason_code code, double weight, const char *detail);

/* The stored record (not the message's id). */
void decision_pack(const struct decision *d, struct buf *out);
MUST_CHECK enum err decision_unpack(struct arena *a, struct span in, struct decision *d);
/* Members of the contract's "decision" object, without braces and without id. */
void decision_render(const struct decision *d, struct buf *out);
/* Are two decisions the same in everything that was decided (mode, handler, backup, queue,
 * priority, reasons with weights bit for bit)? For replay. */
bool decision_equal(const struct decision *a, const struct decision *b);
