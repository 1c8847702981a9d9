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
/* Fills presence, capacity, load and last_assigned_ms of those of `configured` who are online
 * (others are left out), and how long each queue is. Names and skills are borrowed from configured.
 * lead may be NULL. */
MUST_CHECK enum err rosters_lock(struct pg *c, struct arena *a, const struct agents *configured,
                                 const struct rosters_lead *lead, struct roster *out);
/* The same without locks, for previews. */
MUST_CHECK enum err rosters_look(struct pg *c, struct arena *a, const struct agents *configured,
                                 struct roster *out);
/* Conversations that wait in one of an agent's queues, most pressing first, oldest first. */
#define ROSTERS_WAITING_MAX 32
struct rosters_waiting {
    struct uid conversations[ROSTERS_WAITING_MAX];
    int n;
};
MUST_CHECK enum err rosters_waiting(struct pg *c, struct arena *a, const char *const *queues,
                                    int n_queues, struct rosters_waiting *out);
/* Who has this conversation in the inbox: "" while it waits. ERR_ABSENT: it is not there. */
MUST_CHECK enum err rosters_holder(struct pg *c, struct arena *a, struct uid conversation,
                                   const char **agent);
