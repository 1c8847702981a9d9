#include "retry.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define BREAKER_PERCENT 70

/* The first is quick, for most failures are a restart; the last tries reach past a lost night. */
static const int64_t retry_schedule[] = {
    5 * SECOND, 30 * SECOND, 2 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE,
    1 * HOUR,   2 * HOUR,    5 * HOUR,   10 * HOUR,  14 * HOUR,
};
#define RETRY_STEPS ((int)(sizeof(retry_schedule) / sizeof(*retry_schedule)))

int64_t retry_delay_ms(int attempt, int64_t retry_after_ms, uint32_t random) {
    int step = attempt < 1 ? 0 : attempt > RETRY_STEPS ? RETRY_STEPS - 1 : attempt - 1;
    int64_t base = retry_schedule[step], spread = base * 2 / 5;
    int64_t delay = base - spread / 2 + (int64_t)(((uint64_t)spread * random) >> 32);
    if (retry_after_ms > RETRY_AFTER_MAX_MS)
        retry_after_ms = RETRY_AFTER_MAX_MS;
    return delay < retry_after_ms ? retry_after_ms : delay;
}

bool retry_breaker_open(int attempts, int failures) {
    return attempts >= RETRY_BREAKER_MIN &&
           (int64_t)failures * 100 >= (int64_t)attempts * BREAKER_PERCENT;
}
