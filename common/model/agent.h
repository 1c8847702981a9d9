/* agent: people, their queues, and the roster a judgement may choose from. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "enums.h"

#define AGENT_LIST_MAX 32

struct agent {
    const char *id, *name;
    const char *const *queues, *const *languages;
    const char *const *strengths; /* care speed technical */
    int n_queues, n_languages, n_strengths;
    enum presence presence;
    int capacity, load;       /* conversations; load counts those accepted or assigned */
    int64_t last_assigned_ms; /* for fairness; 0: never */
};

struct queue {
    const char *id, *name;
    int waiting;
    int64_t oldest_ms; /* since when the oldest waits; 0: none */
};

/* As configured. */
struct staff {
    const struct agent *agents;
    int n_agents;
    const struct queue *queues;
    int n_queues;
};

/* Who could be asked now. Read inside the transaction, so that a claim is race-free. */
struct roster {
    struct agent *agents;
    int n_agents;
    struct queue *queues;
    int n_queues;
};
