/*
 * weighing: the numbers a policy weighs by: thresholds and costs. The unit of cost is one minute of
 * a person's work; docs/policy.md argues every default. Only numbers; no behaviour.
 */
#pragma once

#define WEIGHING_TIERS_MAX 16

/* What one unit of each input adds to the log odds that a person should take over: handover.h. */
#define HANDOVER_INPUTS 15
#define HANDOVER_WEIGHT_MAX 50
struct handover_weights {
    double due;  /* probability from which the bot does not speak alone */
    double bias; /* log odds of a conversation of which nothing is known */
    double weight[HANDOVER_INPUTS];
};

struct thresholds {
    double confidence;          /* below it the bot never speaks alone */
    double confidence_backup;   /* below it the bot does not speak at all */
    double marked_emotion;      /* negative mood from which the bot does not speak alone */
    double strong_emotion;      /* negative intensity that makes a moment of care */
    double very_strong_emotion; /* ... with the highest priority */
    double rising_emotion;      /* worsening over the episode that does */
    double effort;              /* points of effort that do, in any mood */
    double urgent; /* urgency that raises the priority, and with a deadline makes care */
    struct handover_weights handover;
};

struct effort_points {
    double bot_failure, repeat, hop, reopening, handback, hour_waited, hours_waited_max;
};

struct costs {
    double self_service, human_backup, human, human_emotion; /* handling */
    double failure;             /* of a bot that failed, for an ordinary calm customer */
    double failure_with_backup; /* share of it left when a person watches */
    double topic_failure;       /* failure rate of a topic without a record */
    double untrained;           /* confidence taken where no model was trained */
    double wait_minute;         /* waiting for a person, a minute */
    double frustration;         /* how far it counts as distress, against anger's 1 */
    double closed;              /* waiting, all at once, outside business hours */
    double emotion, effort,
        urgency; /* growth of failure's cost: per 1 of intensity, point, 1 of urgency */
    struct {
        const char *name;
        double growth;
    } tiers[WEIGHING_TIERS_MAX];
    int n_tiers;
    struct effort_points points;
};
