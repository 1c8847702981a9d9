/*
 * ingest: new messages in, as a batch: what an executor finds waiting, and what comes while the
 * database is busy with others, is read, saved by one run of turns and answered with one wake-up of
 * the loop. One bad message never harms its neighbours.
 */
#pragma once
#include "door.h"

struct ingest_desk; /* what one executor keeps between batches: memory */

struct ingest_desk *ingest_desks_open(int executors, int batch_max);
void ingest_desks_close(struct ingest_desk *desks, int executors);
/* Where the executor lays the calls that it adds next, all of POST /v1/messages; batch_max in all.
 */
struct door_visit **ingest_tray(struct router *router, int worker);
/* Reads n more calls of the tray: bodies, texts, and what the cache knows of who wrote. */
void ingest_add(struct router *router, int worker, int n);
/* Is there anything to save and to answer? */
bool ingest_is_open(const struct router *router, int worker);
/* Judges and saves what was added. */
void ingest_save(struct router *router, int worker);
/* Answers all of it, and clears the desk. The calls are gone afterwards. */
void ingest_answer(struct router *router, int worker);
