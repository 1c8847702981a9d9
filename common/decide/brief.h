/*
 * brief: what a person who takes over should know at a glance: what it is about, what was tried,
 * what is known and promised, the mood with its evidence, and what the customer's words ask for.
 * Advice, never a script. Pure.
 */
#pragma once
#include "../model/conversation.h"
#include "../model/decision.h"

/* The JSON object. last: the decision on the newest customer message; NULL: none. */
void brief_render(const struct conversation *c, const struct decision *last, int64_t now_ms,
                  struct buf *out);
