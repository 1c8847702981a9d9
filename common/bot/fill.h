/*
 * fill: an answer's placeholders from the facts of a conversation, so that nobody is asked for what
 * is known. {order_number} is the fact's value; [[ ... ]] is left out where a fact in it is
 * unknown;
 * [[!order_number ... ]] is left out where that fact is known. Any other brace or bracket is text.
 */
#pragma once
#include "../base/arena.h"
#include "../model/conversation.h"

/* NULL when a placeholder outside of brackets is unknown: *missing is then its name. In the arena.
 */
const char *fill_facts(struct arena *a, const char *text, const struct conversation *c,
                       int64_t now_ms, const char **missing);
