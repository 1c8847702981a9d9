/*
 * pace: how often somebody may do something: so many at once, then one each so often. Kept in
 * memory, for this process: with several routers somebody may do as much more. What was not seen
 * for long is forgotten first; nobody is refused because others are many. Thread-safe.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct pace_limit {
    const char *name; /* keeps apart what is counted apart */
    int burst;
    int every_ms;
};

struct pace;
struct pace *pace_open(void);
void pace_close(struct pace *p);
/* False: not now. now_ms: monotonic. */
bool pace_take(struct pace *p, const struct pace_limit *limit, const char *who, int64_t now_ms);
