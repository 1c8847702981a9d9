/*
 * activation: makes a model the one that reads, unless its held-out report is worse than that of
 * the one in force and nobody insists. Every activation leaves a configuration event with who did
 * it, from which model to which, and whether it was forced.
 */
#pragma once
#include <stdbool.h>

#include "../../common/base/arena.h"
#include "../../common/io/pg.h"

#define ACTIVATION_BY_MAX 64

struct activation_wish {
    int version;
    bool force;
    const char *by; /* key id */
};

/* ERR_ABSENT: no such model. ERR_CONFLICT with why: not ready, or worse and not forced. */
MUST_CHECK enum err activation_run(struct pg *c, struct arena *a,
                                   const struct activation_wish *wish, struct why *why);
