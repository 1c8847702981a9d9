/*
 * fact: what a customer hands over in passing: order number, e-mail address, phone number. A number
 * counts as an order number when a word near it says so or its shape does; never a date, a price or
 * a phone number. A name for which the operator has patterns is read by these alone, and what they
 * find is no phone number besides, unless that is surer. Pure.
 */
#pragma once
#include "../model/usage.h"
#include "cue.h"

/* Fills facts and n_facts, in the order of the text. usage may be NULL. */
void fact_read(struct arena *a, const char *text, const struct cue_source *from,
               const struct usage *usage, struct reading *r);
