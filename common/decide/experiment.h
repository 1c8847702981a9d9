/*
 * experiment: which arm of which experiment a customer is in, sticky for ever: a function of the
 * salt and the customer's draw. Treated customers are judged by other thresholds, and by other
 * weights of the hand-over signal if the experiment names some, inside guardrails that no
 * experiment leaves: nobody's wish for a person and no strong emotion can be experimented away.
 *
 * The line of all customers runs from 0 to 1. [from, from+share) is treated, an equally long piece
 * behind it is the control; the rest is in no arm. Pieces that do not overlap under one salt
 * exclude each other.
 */
#pragma once
#include "../codec/json.h"
#include "../model/signals.h"
#include "weighing.h"

#define EXPERIMENTS_MAX 20

struct experiment {
    const char *name, *salt;
    const char *treatment, *control; /* "name/treatment", "name/control" */
    double from, share;
    struct thresholds thresholds; /* of the treated */
};
struct experiments {
    struct experiment *items;
    int n;
};

/* base: the thresholds that an arm changes. */
MUST_CHECK enum err experiment_parse(struct arena *a, const json_t *list,
                                     const struct thresholds *base, struct experiments *out,
                                     struct why *why);
/* "name/arm" of the first experiment the customer is in, and the thresholds to judge by; "" and
 * unchanged if none, or if the customer is unknown. */
const char *experiment_arm(const struct experiments *e, const struct signals *s,
                           struct thresholds *t);
/* The rows of thresholds, for the policy's own. */
extern const struct json_field experiment_thresholds[];
extern const int experiment_n_thresholds;
