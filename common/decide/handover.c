#include "handover.h"

#include <math.h>

/* Log odds of a conversation of which nothing is known: one in thirty. */
#define BIAS (-3.4)
#define SHOWN_MAX 3

/* What one unit adds to the log odds: counted from `from` on, `most` units at most. */
static const struct part {
    enum signal_number signal;
    double weight, from, most;
} parts[] = {
    {SIGNAL_wants_human, 4.5, 0, 1},       {SIGNAL_repeats, 1.3, 0, 3},
    {SIGNAL_bot_failures, 1.5, 0, 3},      {SIGNAL_bot_failed_now, 1.5, 0, 1},
    {SIGNAL_emotion_trend, 2.0, 0, 1},     {SIGNAL_handbacks, 0.6, 0, 2},
    {SIGNAL_channel_hops, 0.6, 0, 2},      {SIGNAL_reopenings, 0.5, 0, 2},
    {SIGNAL_promise_overdue, 1, 0, 1},     {SIGNAL_minutes_waited, 0.02, 5, 60},
    {SIGNAL_customer_messages, 0.2, 4, 6},
};
#define PARTS (sizeof parts / sizeof *parts)

static double known_or(const struct signals *s, enum signal_number n, double unknown) {
    return signals_known(s, n) ? (double)s->number[n] : unknown;
}

/* Mood and doubt say something together with other signals only. */
static double mood(const struct signals *s) {
    double distress = known_or(s, SIGNAL_negative, 0) * known_or(s, SIGNAL_emotion_intensity, 0);
    double gloom = fmax(0, -known_or(s, SIGNAL_valence, 0) - 0.2);
    return 2.4 * distress + 0.5 * gloom;
}

static double doubt(const struct signals *s) {
    double in_scope = known_or(s, SIGNAL_in_scope, 1);
    return 1.2 * (1 - known_or(s, SIGNAL_confidence, 1)) + 0.8 * (1 - in_scope);
}

struct share {
    const char *name;
    double adds;
};

static void keep(struct share shown[SHOWN_MAX], const char *name, double adds) {
    for (int i = 0; i < SHOWN_MAX && adds > 0; i++) {
        if (adds <= shown[i].adds)
            continue;
        struct share pushed = shown[i];
        shown[i] = (struct share){name, adds};
        name = pushed.name;
        adds = pushed.adds;
    }
}

static const char *told(struct arena *a, const struct share shown[SHOWN_MAX]) {
    const char *text = "";
    for (int i = 0; i < SHOWN_MAX && shown[i].name; i++)
        text = *text ? arena_printf(a, "%s, %s", text, shown[i].name) : shown[i].name;
    return text;
}

double handover_now(struct arena *a, const struct signals *s, const char **why) {
    struct share shown[SHOWN_MAX] = {{NULL, 0}};
    double sum = BIAS + mood(s) + doubt(s);
    keep(shown, signals_number_name(SIGNAL_emotion_intensity), mood(s));
    keep(shown, signals_number_name(SIGNAL_confidence), doubt(s));
    for (size_t i = 0; i < PARTS; i++) {
        double units = known_or(s, parts[i].signal, 0) - parts[i].from;
        double adds = parts[i].weight * fmin(fmax(units, 0), parts[i].most);
        sum += adds;
        keep(shown, signals_number_name(parts[i].signal), adds);
    }
    if (why)
        *why = told(a, shown);
    return 1 / (1 + exp(-sum));
}
