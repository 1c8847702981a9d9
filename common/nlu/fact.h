/*
 * fact: what a customer hands over in passing: order number, e-mail address, phone number. A number
 * counts as an order number when a word near it says so or its shape does; never a date, a price or
 * a phone number. Pure.
 */
#pragma once
#include "cue.h"

/* Fills facts and n_facts, in the order of the text. */
void fact_read(struct arena *a, const char *text, const struct cue_source *from, struct reading *r);
