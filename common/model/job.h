/* job: do K at time T, retry by rule R. Delivery, bot calls and timers are the same thing. */
#pragma once
#include "../base/uid.h"
#include "enums.h"

/* Unique by (lane, conversation, seq). For delivery and bot, seq is the message's; for timers, the
 * number of the timer in its conversation (promise number, or JOB_TIMER_OFFER). */
#define JOB_TIMER_OFFER 1000000 /* and above: each offer has its own */

struct job {
    enum lane lane;
    struct uid conversation_id;
    int seq;
    int epoch;            /* bot: the control under which the answer counts */
    int64_t run_ms;       /* not before */
    int attempts;         /* of which this is the last */
    int parts_sent;       /* delivery: of a text that is longer than one message */
    struct uid token;     /* of the present lease */
    const char *endpoint; /* what a breaker counts by: "channel/web", "bot/helper"; "" for timers */
    const char *last_error;
    int64_t created_ms, dead_ms;
};
