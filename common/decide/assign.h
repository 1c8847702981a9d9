/* assign: roster -> the agent who should be asked: the last agent if present, under capacity; then
 * skills in rings (queue, language, strength) that relax; load by weighted capacity; fairness.
 * NULL: nobody. Pure. */
#pragma once
#include "../model/agent.h"

struct assign_wish {
    const char *queue;       /* "" : any */
    const char *language;    /* "" : any */
    const char *strength;    /* "care", "speed", "technical"; "" : any */
    const char *last_agent;  /* "" : none */
    int64_t last_agent_ms;   /* when that was */
    int64_t now_ms, wait_ms; /* how old "last" may be: 0 means without limit */
};
const struct agent *assign_choose(const struct roster *r, const struct assign_wish *w);
/* How many could be asked at all, and the expected wait for one in minutes (0 with a free one). */
int assign_online(const struct roster *r);
double assign_expected_wait(const struct roster *r, const char *queue, int64_t now_ms);
