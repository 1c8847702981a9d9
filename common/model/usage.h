/*
 * usage: what is particular about an operator's texts: what their own numbers look like, and how
 * much the same words weigh where restraint is the norm. Written as JSON in the policy, read by
 * nlu; so neither knows the other. Immutable once parsed.
 */
#pragma once
#include "../codec/json.h"
#include "../codec/pattern.h"

#define USAGE_FACTS_MAX 16
#define USAGE_NORMS_MAX 64
#define USAGE_LOCALE_MAX 35
#define USAGE_NORM_LEAST 0.5
#define USAGE_NORM_MOST 2.0

struct usage_fact {
    const char *name; /* order_number */
    char separator;   /* written wherever the pattern has a ~; 0: nothing */
    struct pattern pattern;
};
struct usage_norm {
    const char *locale; /* "da" or "de-ch", in small letters */
    double factor;
};
struct usage {
    const struct usage_fact *facts; /* where two overlap the earlier wins */
    int n_facts;
    struct usage_norm *norms;
    int n_norms;
};

/* [{"name": "order_number", "pattern": "DK~#{5,8}", "separator": "-"}, ...] */
MUST_CHECK enum err usage_parse_facts(struct arena *a, const json_t *list, const char *at,
                                      struct usage *out, struct why *why);
/* {"da": 1.2, "de-CH": 1.3}: a locale named before is replaced, the others stay. */
MUST_CHECK enum err usage_parse_norms(struct arena *a, json_t *j, const char *at, struct usage *out,
                                      struct why *why);
/* The factor of the longest name that the locale begins with, if it is of this language; else the
 * language's; else 1. locale NULL or "": unknown. usage may be NULL. */
double usage_norm(const struct usage *u, const char *language, const char *locale);
/* Is a fact of this name read by the operator's patterns? usage may be NULL. */
bool usage_names(const struct usage *u, const char *name);
