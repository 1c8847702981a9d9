/* spent: the CPU time of this thread, which a busy machine does not lengthen. What is linear stays
 * far below the limit, under the sanitizers too; what is quadratic takes minutes. */
#pragma once
#include <stdint.h>
#include <time.h>

#define SPENT_MAX_MS 10000

static inline int64_t spent_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}
