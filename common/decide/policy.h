/*
 * policy: versioned JSON -> immutable rules and numbers. Errors name the place:
 * "/rules/3/when/intent". A policy says nothing about who is online or what time it is; those are
 * signals.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "../base/arena.h"
#include "../base/span.h"
#include "../codec/zone.h"
#include "../model/usage.h"

struct policy;
struct handover_weights;

/* Copies what it needs. ERR_INVALID with why (pointer and sentence). */
MUST_CHECK enum err policy_parse(struct span json, struct policy **out, struct why *why);
/* The same for one that names a time zone: tzif is that zone's file, which this room cannot open.
 * Without it such a policy is refused. See flow/policy_load.h. */
MUST_CHECK enum err policy_parse_zoned(struct span json, struct span tzif, struct policy **out,
                                       struct why *why);
/* The name of the zone, copied; "" if it names none or is no policy at all. */
const char *policy_zone_name(struct arena *a, struct span json);
void policy_free(struct policy *p); /* accepts NULL */
/* The built-in policy, version 0's body and the start of everybody's own. Static text. */
const char *policy_default_json(void);

/* What others than decide.c need to know of a policy. Borrowed. */
const char *policy_bot(const struct policy *p);           /* id of the default bot */
const struct usage *policy_usage(const struct policy *p); /* what reading a text needs of it */
/* "handover", "bot_unavailable", "out_of_hours", "all_busy"; falls back to English; "" if none. */
const char *policy_phrase(const struct policy *p, const char *name, const char *language);
/* Is wall_ms inside the business hours the policy names (none named: always)? */
bool policy_open(const struct policy *p, int64_t wall_ms);
/* By whose clock hours are kept and promises fall due: its time zone, else its fixed offset, else
 * UTC. */
const struct zone *policy_zone(const struct policy *p);
/* How long an answer under `review: before` waits for approval, and what then: true, a person takes
 * over; false, it is sent. */
int64_t policy_review_timeout_ms(const struct policy *p, bool *escalates);
/* Does it ask anywhere that a person approves a bot's answer before it leaves? */
bool policy_wants_approval(const struct policy *p);
/* Channels on which a reply may leave when its own is closed to it, in this order; *n of them. */
const char *const *policy_fallbacks(const struct policy *p, int *n);
/* The queue of an intent, and the one for moments of care. intent NULL or without its own: the
 * default. */
const char *policy_queue_for(const struct policy *p, const char *intent);
const char *policy_care_queue(const struct policy *p);
/* How long the agent who helped last is asked first. */
int64_t policy_last_agent_ms(const struct policy *p);
/* What speaks how loud for a person to take over: weighing.h. */
const struct handover_weights *policy_handover(const struct policy *p);
