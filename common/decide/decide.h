/*
 * decide: signals and a policy -> one decision with its reasons. A function of its arguments only:
 * the same signals and policy give the same decision, bit for bit, for ever. Order: standing
 * control, hard rules, expected cost, guards, experiment, assignment (from the candidates that
 * observe put into the signals).
 */
#pragma once
#include "../model/decision.h"
#include "policy.h"

/* Fills mode, handler, backup, review, queue, priority, experiment, reasons, signals (a copy),
 * policy version, and intent, language, emotion as far as they are signals. Texts are borrowed from
 * signals and policy. */
void decide_run(struct arena *a, const struct policy *p, int policy_version,
                const struct signals *s, struct decision *out);
/* Once more, from the signals of a stored decision; what it carries of its message stays. Under
 * another policy observe_anew its signals first. */
void decide_again(struct arena *a, const struct policy *p, int policy_version,
                  const struct decision *stored, struct decision *out);
/* Does the outcome depend on who is online? True when the roster was unknown and the decision needs
 * a person: then gather the roster, observe and decide again. */
bool decide_needs_roster(const struct decision *d);
