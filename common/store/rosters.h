/*
 * rosters: who could be asked now. Read inside the turn's transaction with the agents' rows locked
 * in id order, so that two turns can never give the same last place away.
 */
#pragma once
#include "../io/pg.h"
#include "../model/agent.h"

/* Fills presence, capacity, load and last_assigned_ms of those of `configured` who are online
 * (others are left out), and how long each queue is. Names and skills are borrowed from configured.
 */
MUST_CHECK enum err rosters_lock(struct pg *c, struct arena *a, const struct agent *configured,
                                 int n_configured, struct roster *out);
/* The same without locks, for previews. */
MUST_CHECK enum err rosters_look(struct pg *c, struct arena *a, const struct agent *configured,
                                 int n_configured, struct roster *out);
/* Conversations that wait in one of these queues, most pressing first, oldest first; at most limit.
 */
MUST_CHECK enum err rosters_waiting(struct pg *c, struct arena *a, const char *const *queues,
                                    int n_queues, int limit, struct uid **conversations, int *n);
/* Who has this conversation in the inbox: "" while it waits. ERR_ABSENT: it is not there. */
MUST_CHECK enum err rosters_holder(struct pg *c, struct arena *a, struct uid conversation,
                                   const char **agent);
