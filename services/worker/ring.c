/* ring: a timer that is due becomes a turn. */
#include "../../common/base/log.h"
#include "tasks.h"

#define RING_RETRY_MS 2000

/* Which turn a timer's number means: the ranges of model/job.h, highest first. */
static const struct {
    int from;
    enum turn_kind kind;
} timers[] = {{JOB_TIMER_OFFER, TURN_OFFER_EXPIRED}, {0, TURN_PROMISE_DUE}};

static enum turn_kind meaning(int seq) {
    int i = 0;
    while (seq < timers[i].from)
        i++;
    return timers[i].kind;
}

void ring_run(struct task *t) {
    struct turn turn = {.kind = meaning(t->job.seq),
                        .conversation_id = t->job.conversation_id,
                        .actor = {PARTY_SYSTEM, ""},
                        .target = {PARTY_NONE, ""},
                        .text = "",
                        .epoch = -1,
                        .seq = t->job.seq,
                        .job = &t->job};
    struct turn *one = &turn;
    turn_run(t->world, t->arena, &one, 1);
    if (turn.err == OK || turn.err == ERR_CONFLICT)
        return;
    if (turn.err == ERR_ABSENT) {
        lane_finish(t); /* erased meanwhile */
        return;
    }
    log_event(LOG_WARN, "timer_not_run", LOG_T("why", err_name(turn.err)));
    lane_put_off(t, RING_RETRY_MS, false, err_text(turn.err));
}
