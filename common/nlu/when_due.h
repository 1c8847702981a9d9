/*
 * when_due: the moment that a time in a text means for somebody who reads it now: a date without a
 * year is the next one, a weekday the next of its name. No clock: now and the zone are the
 * caller's. Pure.
 */
#pragma once
#include "when.h"

/* offset of standard time; summer: an hour more from the last Sunday of March to that of October,
 * 01:00 UTC, as in the European Union. */
struct when_zone {
    int offset_minutes;
    bool summer;
};
/* UTC ms until when it is kept: the end of a named day unless an hour is named, never before now.
 * 0 for a vague one, or a day that does not exist. */
int64_t when_due(const struct when *w, int64_t now_ms, struct when_zone zone);
/* Days since 1 January 1970; and back. */
int64_t when_due_day_number(int year, int month, int day);
void when_due_civil(int64_t day_number, int *year, int *month, int *day);
