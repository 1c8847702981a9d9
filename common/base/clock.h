/*
 * clock: wall time for records, monotonic time for deadlines and leases. Callers: services, flow
 * and io only; a judgement is told the time.
 */
#pragma once
#include <stdint.h>

int64_t clock_wall_ms(void);      /* Unix time, milliseconds */
int64_t clock_monotonic_ms(void); /* milliseconds since some fixed point; never jumps */
int64_t clock_monotonic_us(void);

#define CLOCK_RFC3339_MAX 32
/* "2026-11-21T10:00:00.000Z" into out; returns out. Pure. */
char *clock_rfc3339(int64_t wall_ms, char out[CLOCK_RFC3339_MAX]);
/* RFC 3339 date-time with any offset and 0-9 fraction digits; false if it is not one. Pure. */
_Bool clock_parse_rfc3339(const char *s, int64_t *wall_ms);
