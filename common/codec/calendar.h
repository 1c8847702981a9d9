/* calendar: days and dates, forward and back, in the Gregorian calendar of all years. Pure. */
#pragma once
#include <stdint.h>

#define CALENDAR_DAY_SECONDS 86400

/* Towards the past, also for negative numbers. */
static inline int64_t calendar_floor(int64_t a, int64_t by) { return a / by - (a % by < 0); }

/* Days since 1 January 1970; and back. */
int64_t calendar_day_number(int year, int month, int day);
void calendar_civil(int64_t day_number, int *year, int *month, int *day);
int calendar_weekday(int64_t day_number); /* 1 Monday .. 7 Sunday */
