/*
 * lane: the jobs of one kind, worked off by its own threads, so that a slow bot cannot starve
 * replies. One claimer takes only a few jobs more than there are threads, so that no lease ages in
 * a queue; no database connection is held while a job runs. A lease is judged by the monotonic
 * clock since before its claim was sent.
 */
#pragma once
#include <stdbool.h>

#include "../../common/flow/turn.h"
#include "../../common/io/fetch.h"

struct lane_workers;

/* One claimed job in the hands of a thread. Everything of it lives in arena. */
struct task {
    struct world *world;
    struct arena *arena;
    struct fetch *fetch; /* the thread's own client */
    struct snapshot *snapshot;
    struct job job;
    int64_t lease_end_ms; /* monotonic; past it nothing may be sent or said */
};
typedef void task_run(struct task *t);

struct lane_options {
    enum lane kind;
    int threads;
    task_run *run;
};

struct lane_workers *lane_open(struct world *w, const struct lane_options *options);
void lane_ring(struct lane_workers *l); /* something may be due */
/* Claims no more from now on. */
void lane_stop(struct lane_workers *l);
/* Stops, waits for what runs, gives back what has not begun. */
void lane_close(struct lane_workers *l);

/* Is there time left on the lease? The fetch_may_send of every call; ctx is the task. */
bool lane_may_send(void *task);
/* Reads the configuration anew: the job may know a newer one than this process. What was found in
 * t->snapshot before is gone. */
void lane_refresh(struct task *t);
/* The last words on a job, each with its own connection. A lost lease is counted and otherwise
 * silent. */
void lane_finish(struct task *t);
void lane_put_off(struct task *t, int64_t delay_ms, bool spend_attempt, const char *error);
void lane_bury(struct task *t, const char *error);
void lane_say_dead(const struct task *t); /* one line of log */
/* Jittered delay after a failed attempt; retry_after_ms -1: none named. */
int64_t lane_retry_ms(const struct task *t, int64_t retry_after_ms);
/* May this endpoint be called now? False: its breaker is open and it is not time for a probe. */
bool lane_breaker_allows(struct task *t);
