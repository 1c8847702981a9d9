/*
 * when_due: the moment that a time in a text means for somebody who reads it now: a date without a
 * year is the next one, a weekday the next of its name. No clock: now and the zone are the
 * caller's. Pure.
 */
#pragma once
#include "../codec/zone.h"
#include "when.h"

/* UTC ms until when it is kept: the end of a named day unless an hour is named, never before now.
 * 0 for a vague one, or a day that does not exist. */
int64_t when_due(const struct when *w, int64_t now_ms, const struct zone *zone);
