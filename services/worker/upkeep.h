/*
 * upkeep: what is kept for reading only (search index, hourly counts), what is thrown away by age,
 * and the safety net that finds waiting conversations and free people. One thread; of several
 * workers one at a time has each task. Nothing waits for it: a reader finds a little less
 * meanwhile.
 */
#pragma once
#include "../../common/flow/world.h"

struct upkeep;

struct upkeep *upkeep_open(struct world *w);
void upkeep_ring(struct upkeep *u); /* there may be news */
void upkeep_close(struct upkeep *u);
