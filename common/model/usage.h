/*
 * usage: what is particular about an operator's texts: what their own numbers look like. Written as
 * JSON in the policy, read by nlu; so neither knows the other. Immutable once parsed.
 */
#pragma once
#include "../codec/json.h"
#include "../codec/pattern.h"

#define USAGE_FACTS_MAX 16

struct usage_fact {
    const char *name; /* order_number */
    char separator;   /* written wherever the pattern has a ~; 0: nothing */
    struct pattern pattern;
};
struct usage {
    const struct usage_fact *facts; /* where two overlap the earlier wins */
    int n_facts;
};

/* [{"name": "order_number", "pattern": "DK~#{5,8}", "separator": "-"}, ...] */
MUST_CHECK enum err usage_parse_facts(struct arena *a, const json_t *list, const char *at,
                                      struct usage *out, struct why *why);
/* Is a fact of this name read by the operator's patterns? usage may be NULL. */
bool usage_names(const struct usage *u, const char *name);
