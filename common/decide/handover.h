/*
 * handover: how likely it is that a person should take over now, from the course of the
 * conversation: the same question again, a falling mood, failing answers, waiting. What each of
 * these weighs is the policy's: written by hand in the built-in one, learned from an operator's own
 * takeovers in another (takeover.h). Every part of the sum can name itself. Looks at signals only.
 * Pure.
 */
#pragma once
#include "../codec/json.h"
#include "../model/signals.h"
#include "weighing.h"

/* {"due": 0.8, "bias": -3.4, "weights": {"repeats": 1.3, ...}, "report": {...}}: what is absent
 * stays; the report says where the weights come from and is not looked at. */
MUST_CHECK enum err handover_parse(const json_t *j, const char *at, struct handover_weights *out,
                                   struct why *why);
const char *handover_input_name(int i);
/* How many units of each input there are, cut to what counts. Unknown signals count nothing. */
void handover_inputs(const struct signals *s, double x[HANDOVER_INPUTS]);
/* 0..1. why: up to three signals that spoke for it, the strongest first, in the arena; "" if none;
 * NULL: nobody asks. */
double handover_now(struct arena *a, const struct handover_weights *w, const struct signals *s,
                    const char **why);
/* As it is stored and judged by: in hundredths. A byte or two less, and nobody is surer than that.
 */
double handover_rounded(double probability);
