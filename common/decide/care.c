#include "care.h"

#include <string.h>

/* A customer who has spent much effort without showing a mood is owed half of what anger would get.
 */
#define QUIET_EFFORT_NEED 0.5

double care_value(const struct signals *s, enum signal_number n, double unknown) {
    return signals_known(s, n) ? (double)s->number[n] : unknown;
}

bool care_reaches(double value, double threshold) { return (float)value >= (float)threshold; }

double care_distress(const struct signals *s, const struct costs *k) {
    const char *mood = s->text[SIGNAL_emotion];
    bool frustration = mood && strcmp(mood, emotion_label_text(EMOTION_FRUSTRATION)) == 0;
    if (care_value(s, SIGNAL_negative, 0) == 0)
        return 0;
    return care_value(s, SIGNAL_emotion_intensity, 0) * (frustration ? k->frustration : 1);
}

bool care_is_marked(const struct signals *s, const struct thresholds *t, const struct costs *k) {
    return care_reaches(care_distress(s, k), t->marked_emotion);
}

double care_effort(const struct signals *s, const struct effort_points *points) {
    double hours = care_value(s, SIGNAL_minutes_waited, 0) / 60;
    hours = hours > points->hours_waited_max ? points->hours_waited_max : hours;
    return care_value(s, SIGNAL_bot_failures, 0) * points->bot_failure +
           care_value(s, SIGNAL_repeats, 0) * points->repeat +
           care_value(s, SIGNAL_channel_hops, 0) * points->hop +
           care_value(s, SIGNAL_reopenings, 0) * points->reopening +
           care_value(s, SIGNAL_handbacks, 0) * points->handback + hours * points->hour_waited;
}

bool care_without_norm(const struct signals *s, struct signals *plain) {
    double norm = care_value(s, SIGNAL_emotion_norm, 1);
    if (norm == 1 || norm <= 0)
        return false;
    *plain = *s;
    signals_set(plain, SIGNAL_emotion_intensity, care_value(s, SIGNAL_emotion_intensity, 0) / norm);
    return true;
}

struct cause {
    enum reason_code reason;
    bool holds;
    double need, weight;
};

double care_need(const struct signals *s, const struct thresholds *t, const struct costs *k,
                 struct decision *d) {
    double distress = care_distress(s, k), effort = care_effort(s, &k->points);
    double trend = care_value(s, SIGNAL_emotion_trend, 0);
    double urgency = care_value(s, SIGNAL_urgency, 0);
    bool marked = care_is_marked(s, t, k);
    double pressing = (1 + t->urgent) / 2; /* "by tomorrow?" is a question, not yet a plea */
    bool deadline = care_value(s, SIGNAL_deadline, 0) > 0;
    bool overdue = care_value(s, SIGNAL_promise_overdue, 0) > 0;
    const struct cause causes[] = {
        {REASON_strong_emotion, care_reaches(distress, t->strong_emotion), distress, distress},
        {REASON_rising_emotion, marked && care_reaches(trend, t->rising_emotion),
         distress + trend / 2, trend},
        {REASON_effort_spent, care_reaches(effort, t->effort),
         distress > QUIET_EFFORT_NEED ? distress : QUIET_EFFORT_NEED, effort},
        {REASON_deadline_near, deadline && (marked || care_reaches(urgency, pressing)),
         distress > urgency ? distress : urgency, urgency},
        {REASON_promise_overdue, overdue && distress > 0, distress,
         care_value(s, SIGNAL_promise_overdue, 0)},
    };
    double need = 0;
    for (size_t i = 0; i < sizeof(causes) / sizeof(*causes); i++) {
        if (!causes[i].holds)
            continue;
        bool mood = causes[i].reason == REASON_strong_emotion;
        decision_reason(d, causes[i].reason, causes[i].weight,
                        mood ? s->text[SIGNAL_emotion] : NULL);
        need = causes[i].need > need ? causes[i].need : need;
    }
    return need > 1 ? 1 : need;
}
