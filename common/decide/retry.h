/* retry: attempt number -> when again. Jittered back-off by the Standard Webhooks schedule, capped;
 * the caller brings the random number. Pure. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* Milliseconds to wait after failed attempt n (1..). random: uniform 0..UINT32_MAX; jitter +-20 %.
 * A named Retry-After (>= 0) is honoured as a minimum, capped at RETRY_AFTER_MAX_MS. */
#define RETRY_AFTER_MAX_MS (24 * 3600 * 1000)
int64_t retry_delay_ms(int attempt, int64_t retry_after_ms, uint32_t random);

/* Breaker over an endpoint's latest outcomes, computed from stored attempts: open when of at least
 * RETRY_BREAKER_MIN attempts in the window 70 % failed; then one probe per RETRY_PROBE_MS. */
#define RETRY_BREAKER_MIN 10
#define RETRY_BREAKER_WINDOW_MS 60000
#define RETRY_PROBE_MS 5000
bool retry_breaker_open(int attempts, int failures);
