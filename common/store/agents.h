/*
 * agents: people and queues as configured, and the presence that people set themselves. Presence is
 * no configuration: it moves no generation. Who has how much work is the business of rosters. Texts
 * of what is read live in the arena, by id in byte order.
 */
#pragma once
#include "../model/agent.h"
#include "statement.h"

#define AGENTS_CAPACITY_MAX 1000
#define AGENTS_KEEP_CAPACITY (-1) /* as it is; 1 for a new agent */

MUST_CHECK enum err agents_load_all(struct pg *c, struct arena *a, const struct agent **out,
                                    int *n);
MUST_CHECK enum err agents_load(struct pg *c, struct arena *a, const char *id, struct agent *out);
/* Adds or replaces all but the presence. */
MUST_CHECK enum err agents_save(struct pg *c, struct arena *a, const struct agent *agent,
                                bool *created);
/* ERR_CONFLICT: has conversations. */
MUST_CHECK enum err agents_drop(struct pg *c, struct arena *a, const char *id);
/* Sets presence and capacity of agent->id; fills the rest. ERR_ABSENT. */
MUST_CHECK enum err agents_set_presence(struct pg *c, struct arena *a, struct agent *agent);

MUST_CHECK enum err agents_load_queues(struct pg *c, struct arena *a, const struct queue **out,
                                       int *n);
MUST_CHECK enum err agents_save_queue(struct pg *c, struct arena *a, const struct queue *queue,
                                      bool *created);
/* ERR_CONFLICT: has agents, or conversations that wait. */
MUST_CHECK enum err agents_drop_queue(struct pg *c, struct arena *a, const char *id);
