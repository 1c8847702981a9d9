/*
 * cost: what each mode is expected to cost, in the policy's unit (a minute of a person's work),
 * term by term: handling + P(failure) x cost of failure + cost of waiting. What fails with a bot is
 * the answer; what fails with a neutral person, where care is called for, is being heard.
 */
#pragma once
#include "../model/signals.h"
#include "weighing.h"

struct cost {
    double handling, failure, waiting;
};

/* need: of care_need(). Indexed by enum mode; MODE_NONE stays zero. */
void cost_of_modes(const struct costs *k, const struct signals *s, double need,
                   struct cost out[static 5]);
double cost_total(const struct cost *c);
/* P(the bot's answer fails | calibrated confidence, topic record, what happened in this episode),
 * 0..1. */
double cost_bot_fails(const struct costs *k, const struct signals *s);
/* What the customer's tier adds to the cost of failure, as a share of it; 0 for none. */
double cost_tier_growth(const struct costs *k, const struct signals *s);
