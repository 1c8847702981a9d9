/* spent: the CPU time of this thread, which a busy machine does not lengthen, and how much of it
 * something linear may take. What is quadratic takes minutes. */
#pragma once
#include <stdint.h>
#include <time.h>

#ifdef __SANITIZE_THREAD__
#define SPENT_MAX_MS 20000 /* thirty times slower than the release: measured 78 and 2 550 ms */
#else
#define SPENT_MAX_MS 2000
#endif

static inline int64_t spent_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}
