/*
 * handover: how likely it is that a person should take over now, from the course of the
 * conversation: the same question again, a falling mood, failing answers, waiting. Its weights were
 * written for the project, not learned; every part of the sum can name itself. Looks at signals
 * only. Pure.
 */
#pragma once
#include "../model/signals.h"

/* 0..1. why: up to three signals that spoke for it, the strongest first, in the arena; "" if none;
 * NULL: nobody asks. */
double handover_now(struct arena *a, const struct signals *s, const char **why);
