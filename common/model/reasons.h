/* reasons: why a decision came out as it did, one row each in reason.def. Judgements explain
 * themselves by these, not by logging. The detail is a short text for the agent, e.g. the cue that
 * was seen. */
#pragma once
#include <stdbool.h>

enum reason_code {
#define X(code, agent_text, customer_text) REASON_##code,
#include "reason.def"
#undef X
    REASON_COUNT_
};

#define REASONS_MAX 16

struct reason {
    enum reason_code code;
    float weight;       /* how much it weighed; cost terms: in the policy's cost unit */
    const char *detail; /* borrowed; "" means the row's own text */
};

const char *reasons_code(enum reason_code c);          /* "intent_confident" */
const char *reasons_text(enum reason_code c);          /* for agents */
const char *reasons_customer_text(enum reason_code c); /* "" when not for customers */
bool reasons_find(const char *code, enum reason_code *out);
