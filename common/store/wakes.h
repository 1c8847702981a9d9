/* wakes: "something new", by Redis publish after a commit. A bell, never a source: pollers survive
 * its loss. */
#pragma once
#include "../io/redis.h"

#define WAKES_CHANNEL "redthread:wake"          /* turns saved: jobs and events may be due */
#define WAKES_SIGNAL_CHANNEL "redthread:signal" /* what passes: services/router/stream_signal.h */
#define WAKES_CONFIG_CHANNEL "redthread:config" /* the generation has moved */

void wakes_ring(struct redis *r, const char *what); /* what: "turn" or "config" */
