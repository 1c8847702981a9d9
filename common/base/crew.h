/*
 * crew: a fixed number of threads that empty one bounded queue. A thread takes what waits, at most
 * batch_max items and no more than its share if others are idle too, and hands them to `work`
 * together: under load the queue is the batch, a lone item goes at once, there is no timer. A full
 * queue refuses; it never grows.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "err.h"

struct crew;

/* items[0..n) in the order they were added. worker: 0..threads-1, for per-thread state. */
typedef void crew_work(void *ctx, int worker, void **items, int n);

struct crew_options {
    const char *name;
    int threads;
    int queue_max;
    int batch_max;
    int inside_max; /* threads that may be inside the gate at once; 0: no gate */
    crew_work *work;
    void *ctx;
};

struct crew *crew_open(const struct crew_options *options); /* aborts if threads cannot be made */
/* From any thread; ERR_BUSY when full or closing. */
MUST_CHECK enum err crew_add(struct crew *c, void *item);
/* All at once, so that they may be taken together; how many of the first there was room for. */
MUST_CHECK int crew_add_many(struct crew *c, void *const *items, int n);
int crew_waiting(struct crew *c);

/* The gate: before what few may do at once a thread waits here, and its batch grows meanwhile by
 * what comes in. Returns how many items it is to add to its batch before it asks again, at most
 * room; 0: it is inside now, and says so when it is out again. */
MUST_CHECK int crew_enter(struct crew *c, void **items, int room);
void crew_leave(struct crew *c);
/* No more items are taken in; what waits is worked off; threads are joined; c is freed. */
void crew_close(struct crew *c);
