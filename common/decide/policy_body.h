/* policy_body: what a policy is once it is parsed. For this room only; others see policy.h.
 * Immutable. */
#pragma once
#include "experiment.h"
#include "hours.h"
#include "policy.h"
#include "rules.h"
#include "weighing.h"

struct policy_phrase {
    const char *name, *language, *text;
};
struct policy_topic_queue {
    const char *intent, *queue;
};
struct policy_texts { /* a list of ids */
    const char **items;
    int n;
};

struct policy_guards {
    double bot_failures_max;  /* failed bot turns in an episode after which a person takes over */
    double ping_pong_max;     /* returns from people to the bot after which a person stays */
    double saturated_minutes; /* expected wait from which the customer is told that all are busy */
    double last_agent_days;   /* how long the agent who helped last is preferred */
};

struct policy_review {
    enum review usual;  /* of human_backup, unless a rule says otherwise */
    int64_t timeout_ms; /* for `before`: how long an answer waits for approval */
    bool escalates;     /* then: to a person; else it is sent */
};

struct policy {
    struct arena *arena;
    const char *bot;
    bool untrained_bot; /* without a trained model: may the bot try? */
    struct policy_texts killed_bots, killed_topics, fallbacks;
    struct rules rules;
    struct thresholds thresholds;
    struct costs costs;
    struct policy_guards guards;
    struct policy_review review;
    struct hours hours;
    struct zone zone; /* by whose clock */
    const char *queue, *care_queue;
    struct policy_topic_queue *topic_queues;
    int n_topic_queues;
    struct experiments experiments;
    struct usage usage;
    struct policy_phrase *phrases;
    int n_phrases;
};

bool policy_kills_bot(const struct policy *p, const char *bot);
bool policy_kills_topic(const struct policy *p, const char *intent);
