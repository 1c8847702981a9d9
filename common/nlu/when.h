/*
 * when: dates, weekdays, clock times, spans ("within two days") and vague times ("soon") in a text
 * of five languages, and the moment they mean for somebody who reads them now. It reads what is
 * there and guesses no year further than the next one. No clock: now and the zone are the caller's.
 * Pure.
 */
#pragma once
#include <stdbool.h>

#include "scan.h"

#define WHEN_MAX 16
#define WHEN_NONE (-1)

struct when {
    int from, to;         /* pieces of the scan, end exclusive */
    int year, month, day; /* 0: not named; a day without a month is none */
    int weekday;          /* 1 Monday .. 7 Sunday; 0: none */
    int days;             /* from today on: 0 today, 1 tomorrow; WHEN_NONE */
    int minutes;          /* a span from now on; WHEN_NONE */
    int hour, minute;     /* of the day; hour WHEN_NONE */
    bool vague;
};

/* What stands next to each other belongs together: "on Friday at 5 pm" is one. Returns how many. */
int when_find(const char *text, const struct scan *s, struct when out[WHEN_MAX]);
