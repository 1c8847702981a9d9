/* observe: context and reading -> the signal vector. The only place that turns what is known into
 * what a rule may look at. Takes `now` from the context. Pure. */
#pragma once
#include "../model/context.h"
#include "policy.h"

/* Texts are borrowed from context and reading or live in the arena. */
void observe(struct arena *a, const struct policy *p, const struct context *c,
             const struct reading *r, struct signals *out);
/* The one signal that the policy itself weighs, from the others: as the customer's arm does. */
void observe_handover(const struct policy *p, struct signals *s);
