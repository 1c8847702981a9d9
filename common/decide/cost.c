#include "cost.h"

#include <string.h>

#include "../model/enums.h"
#include "care.h"

_Static_assert(mode_count_ == 5, "cost_of_modes has a place for each mode");

/* What a bot that has failed, or a question asked again, leaves of the chance that it succeeds now.
 */
#define AFTER_FAILURE 0.5
#define AFTER_REPEAT 0.7
/* Moments of care go first: what is left of the queue's wait for them. */
#define CARE_WAIT_SHARE 0.3

static double cost_times(double factor, double times) {
    double product = 1;
    for (int i = 0; i < 8 && i < times; i++)
        product *= factor;
    return product;
}

double cost_bot_fails(const struct costs *k, const struct signals *s) {
    double knows = care_value(s, SIGNAL_confidence, k->untrained);
    double record = 1 - care_value(s, SIGNAL_topic_failure_rate, k->topic_failure);
    double earlier = cost_times(AFTER_FAILURE, care_value(s, SIGNAL_bot_failures, 0)) *
                     cost_times(AFTER_REPEAT, care_value(s, SIGNAL_repeats, 0));
    return 1 - knows * record * earlier;
}

double cost_tier_growth(const struct costs *k, const struct signals *s) {
    const char *tier = s->text[SIGNAL_tier];
    for (int i = 0; tier && i < k->n_tiers; i++)
        if (strcmp(k->tiers[i].name, tier) == 0)
            return k->tiers[i].growth;
    return 0;
}

static double cost_of_failure(const struct costs *k, const struct signals *s) {
    return k->failure *
           (1 + k->emotion * care_distress(s, k) + k->effort * care_effort(s, &k->points) +
            k->urgency * care_value(s, SIGNAL_urgency, 0) + cost_tier_growth(k, s));
}

/* An unknown wait counts as none: if the bot wins against people at their best, who is online does
 * not matter; if people win, the caller looks and decides again. */
static double cost_of_waiting(const struct costs *k, const struct signals *s) {
    bool closed = care_value(s, SIGNAL_open_hours, 1) == 0;
    return care_value(s, SIGNAL_expected_wait_minutes, 0) * k->wait_minute +
           (closed ? k->closed : 0);
}

/* A watching person catches a wrong answer, but does not make a bot's words those of somebody who
 * listens. */
void cost_of_modes(const struct costs *k, const struct signals *s, double need,
                   struct cost out[static 5]) {
    double failure = cost_of_failure(k, s), waiting = cost_of_waiting(k, s);
    double unheard = need * failure, wrong = cost_bot_fails(k, s) * (1 - need) * failure;
    out[MODE_NONE] = (struct cost){0, 0, 0};
    out[MODE_SELF_SERVICE] = (struct cost){k->self_service, wrong + unheard, 0};
    out[MODE_HUMAN_BACKUP] =
        (struct cost){k->human_backup, wrong * k->failure_with_backup + unheard, 0};
    out[MODE_HUMAN] = (struct cost){k->human, unheard, waiting};
    out[MODE_HUMAN_EMOTION] = (struct cost){k->human_emotion, 0, waiting * CARE_WAIT_SHARE};
}

double cost_total(const struct cost *c) { return c->handling + c->failure + c->waiting; }
