/*
 * jobs: do K at time T, retry by rule R. A claim is a lease: the row's time moves a lease ahead and
 * carries the worker's token; every later word on the job must name that token, so a worker that
 * has lost its lease can say nothing. Of one conversation's deliveries only the earliest is ever
 * claimed. The database's clock decides what is due.
 */
#pragma once
#include "../io/pg.h"
#include "../model/job.h"

/* Buckets with due jobs of a lane, those behind the given one first, round to it. */
struct jobs_look {
    enum lane lane;
    int behind; /* bucket 0..255 */
    int limit;
    bool thorough; /* none in which all wait behind something earlier: dear where many do */
};
MUST_CHECK enum err jobs_due_buckets(struct pg *c, struct arena *a, const struct jobs_look *look,
                                     int **buckets, int *n);
/* How much of a look is counted in one bucket of one lane. */
#define JOBS_COUNTED 100
struct jobs_backlog {
    int64_t due, late_ms; /* late: since when the one that has been due the longest might go */
};
MUST_CHECK enum err jobs_measure(struct pg *c, struct arena *a, struct jobs_backlog *out);
struct jobs {
    struct job *items;
    int n;
};
struct jobs_claim {
    enum lane lane;
    int bucket, limit;
    int64_t lease_ms;
    struct uid token;
};
MUST_CHECK enum err jobs_claim(struct pg *c, struct arena *a, const struct jobs_claim *claim,
                               struct jobs *out);
/* All of these: *held false when the token is no longer the job's (the lease was lost): nothing was
 * changed. */
MUST_CHECK enum err jobs_finish(struct pg *c, struct arena *a, const struct job *j, bool *held);
struct jobs_delay {
    int64_t ms;
    bool spend_attempt; /* false: waiting for capacity is no attempt */
    const char *error;
};
MUST_CHECK enum err jobs_put_off(struct pg *c, struct arena *a, const struct job *j,
                                 const struct jobs_delay *delay, bool *held);
/* So many parts have left; they are not sent again. */
MUST_CHECK enum err jobs_progress(struct pg *c, struct arena *a, const struct job *j,
                                  int parts_sent, bool *held);
/* The message goes another way: due at once under another endpoint, with nothing sent yet. */
MUST_CHECK enum err jobs_redirect(struct pg *c, struct arena *a, const struct job *j,
                                  const char *endpoint, bool *held);
MUST_CHECK enum err jobs_bury(struct pg *c, struct arena *a, const struct job *j, const char *error,
                              bool *held);

/* The step that locks the job inside a turn; no row: the lease was lost. */
struct pg_step jobs_hold_step(struct arena *a, const struct job *j);

/* Dead letters, newest first; before_ms 0: from the newest. */
MUST_CHECK enum err jobs_dead(struct pg *c, struct arena *a, int64_t before_ms, int limit,
                              struct jobs *out);
/* A dead one is due again with its attempts forgotten. ERR_ABSENT: no such dead job. */
MUST_CHECK enum err jobs_revive(struct pg *c, struct arena *a, enum lane lane,
                                struct uid conversation, int seq);
