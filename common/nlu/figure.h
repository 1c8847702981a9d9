/*
 * figure: bank accounts, amounts and dates in a text. An IBAN is one only if its check digits say
 * so; amounts come as "24.50 EUR"; a date as far as it is named: "2026-12-24", "--12-24",
 * "weekday 5", "day +1". They are read, not kept: tomorrow they mean something else. Pure.
 */
#pragma once
#include "../model/reading.h"
#include "scan.h"

/* Adds to the facts that are there already, in the order of kinds. */
void figure_read(struct arena *a, const char *text, const struct scan *s, struct reading *r);
