/*
 * rules: the hard rules of a policy: conditions over signals, judged yes, no or unknown; the first
 * yes wins. A condition can look at nothing but signals. Unknown is never a silent no: the caller
 * shows it as a reason.
 *
 * {"name": "legal", "when": {"subject": ["legal"], "not": {"tier": "staff"}}, "then": {"mode":
 * "human"}} Members of `when` must all hold: a signal's name with a value, a list of values, or
 * {"is", "in", "not_in", "at_least", "below"}; or "all": [...], "any": [...], "not": {...}. Flags
 * are true, false, 1 or 0.
 */
#pragma once
#include "../codec/json.h"
#include "../model/enums.h"
#include "../model/reasons.h"
#include "../model/signals.h"

#define RULES_MAX 200
#define RULES_VALUES_MAX 100

enum verdict { VERDICT_NO, VERDICT_UNKNOWN, VERDICT_YES };

struct condition;

struct rule {
    const char *name;
    const struct condition *when;
    bool unknown_is_yes;     /* "unknown": "yes" */
    enum mode mode;          /* NONE: the rule leaves the mode to the expected cost */
    const char *queue;       /* "" : not said */
    int priority;            /* 0: not said */
    enum review review;      /* NONE: not said */
    enum reason_code reason; /* rule_matched if the rule names none */
};
struct rules {
    struct rule *items;
    int n;
};

/* at: the JSON pointer of the list, for why. Everything kept lives in the arena. */
MUST_CHECK enum err rules_parse(struct arena *a, const json_t *list, const char *at,
                                struct rules *out, struct why *why);
enum verdict rules_judge(const struct condition *when, const struct signals *s);
/* The first signal that the condition looks at: what its reason shows. Number: its value, else 1.
 * Text: its value, else NULL. */
double rules_strength(const struct condition *when, const struct signals *s);
const char *rules_seen_text(const struct condition *when, const struct signals *s);
