/*
 * training: learns a model from all stored examples, in the background and one at a time. A thread
 * of its own with a connection of its own, of low priority, that lives only while something waits;
 * it touches nothing of the process, which may end at any time: a training that died with it shows
 * as failed after a while.
 */
#pragma once
#include <stdbool.h>

#include "../../common/base/config.h"
#include "activation.h"

#define TRAINING_WAITING_MAX 8

struct training_wish {
    int version;                /* a model in state training */
    bool activate;              /* as soon as it is ready, unless it is worse than the active one */
    bool force;                 /* even then */
    char by[ACTIVATION_BY_MAX]; /* key id */
};

/* ERR_BUSY: too many wait. What it needs of cfg is copied. */
MUST_CHECK enum err training_add(const struct config *cfg, const struct training_wish *wish);
/* How far this process is with a model, 0..1; -1: it learns another one, or none. */
double training_progress(int version);
