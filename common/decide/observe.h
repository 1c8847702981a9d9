/* observe: context and reading -> the signal vector. The only place that turns what is known into
 * what a rule may look at. Takes `now` from the context. Pure. */
#pragma once
#include "../model/context.h"
#include "policy.h"

/* Texts are borrowed from context and reading or live in the arena. */
void observe(struct arena *a, const struct policy *p, const struct context *c,
             const struct reading *r, struct signals *out);
/* Signals that were seen under another policy, as this one would have them: what a policy weighs
 * by itself (handover_now) is weighed anew, everything else is as it was seen. */
void observe_anew(const struct policy *p, struct signals *s);
