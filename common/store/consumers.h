/*
 * consumers: who reads the feed of events to keep something up to date, and how far they have come.
 * What is derived and the new place are one transaction, so that every event counts exactly once;
 * one process at a time has a task, the others find it taken.
 */
#pragma once
#include "events.h"

/* Begins a transaction. *mine false: another process has the task now; nothing was begun. */
MUST_CHECK enum err consumers_begin(struct pg *c, struct arena *a, const char *task, bool *mine);
/* How far it has come; the beginning of the feed for a new one. */
MUST_CHECK enum err consumers_place(struct pg *c, struct arena *a, const char *task,
                                    struct event_position *out);
/* The age of the first event it has not read; 0: it has read all. */
MUST_CHECK enum err consumers_behind(struct pg *c, struct arena *a, const char *task,
                                     int64_t *behind_ms);
MUST_CHECK enum err consumers_advance(struct pg *c, struct arena *a, const char *task,
                                      struct event_position to);
/* Commits if e is OK, else rolls back. Returns e, or why it could not be committed. */
MUST_CHECK enum err consumers_end(struct pg *c, enum err e);
