/*
 * ingest: new messages in, as a batch: what an executor finds waiting is parsed, run as one batch
 * of turns and answered with one wake-up of the loop. One bad message never harms its neighbours.
 */
#pragma once
#include "door.h"

struct ingest_desk; /* what one executor keeps between batches: memory */

struct ingest_desk *ingest_desks_open(int executors, int batch_max);
void ingest_desks_close(struct ingest_desk *desks, int executors);
/* Where the executor lays the calls of its next batch; room for batch_max. */
struct door_visit **ingest_tray(struct router *router, int worker);
/* Runs and answers the first n calls of the tray, all of POST /v1/messages. They are gone
 * afterwards. */
void ingest_run(struct router *router, int worker, int n);
