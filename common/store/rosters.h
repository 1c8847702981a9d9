/*
 * rosters: who could be asked now. Read inside the turn's transaction with the agents' rows locked
 * in id order, so that two turns can never give the same last place away.
 */
#pragma once
#include "../io/pg.h"
#include "../model/agent.h"

/* What is run before the roster is read, in the same round trip. */
#define ROSTERS_LEAD_MAX 2
struct rosters_lead {
    struct pg_step steps[ROSTERS_LEAD_MAX];
    int n;
};
/* Fills presence, capacity, load and last_assigned_ms of those of the staff who are online (others
 * are left out; names and skills are borrowed), and how long each queue is: the first so many of
 * it, for past that the wait is over an hour whoever is there, and counting would cost every
 * message more. lead may be NULL. */
#define ROSTERS_COUNTED_MIN 100
#define ROSTERS_COUNTED_PER_PLACE 10 /* a place: one conversation that an agent can hold */
MUST_CHECK enum err rosters_lock(struct pg *c, struct arena *a, const struct staff *staff,
                                 const struct rosters_lead *lead, struct roster *out);
/* The same without locks, for previews. */
MUST_CHECK enum err rosters_look(struct pg *c, struct arena *a, const struct staff *staff,
                                 struct roster *out);
/* The same with every queue that has somebody waiting, to its end: for reports. */
MUST_CHECK enum err rosters_count(struct pg *c, struct arena *a, const struct staff *staff,
                                  struct roster *out);
/* Conversations that wait in one of an agent's queues, most pressing first, oldest first. */
#define ROSTERS_WAITING_MAX 32
struct rosters_waiting {
    struct uid conversations[ROSTERS_WAITING_MAX];
    int n;
};
MUST_CHECK enum err rosters_waiting(struct pg *c, struct arena *a, const char *const *queues,
                                    int n_queues, struct rosters_waiting *out);
