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
};
MUST_CHECK enum err jobs_due_buckets(struct pg *c, struct arena *a, const struct jobs_look *look,
                                     int **buckets, int *n);
/* Claims at most limit jobs of one bucket for lease_ms under this token. */
MUST_CHECK enum err jobs_claim(struct pg *c, struct arena *a, enum lane lane, int bucket, int limit,
                               int64_t lease_ms, struct uid token, struct job **jobs, int *n);
/* All of these: *held false when the token is no longer the job's (the lease was lost): nothing was
 * changed. */
MUST_CHECK enum err jobs_finish(struct pg *c, struct arena *a, const struct job *j, bool *held);
MUST_CHECK enum err jobs_put_off(struct pg *c, struct arena *a, const struct job *j,
                                 int64_t delay_ms, bool spend_attempt, const char *error,
                                 bool *held);
MUST_CHECK enum err jobs_bury(struct pg *c, struct arena *a, const struct job *j, const char *error,
                              bool *held);

/* The step that locks the job inside a turn; no row: the lease was lost. */
struct pg_step jobs_hold_step(struct arena *a, const struct job *j);

/* Dead letters, newest first; before_ms 0: from the newest. */
MUST_CHECK enum err jobs_dead(struct pg *c, struct arena *a, int64_t before_ms, int limit,
                              struct job **jobs, int *n);
/* A dead one is due again with its attempts forgotten. ERR_ABSENT: no such dead job. */
MUST_CHECK enum err jobs_revive(struct pg *c, struct arena *a, enum lane lane,
                                struct uid conversation, int seq);
