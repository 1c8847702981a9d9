#include "handover.h"

#include <math.h>
#include <stddef.h>

#define SHOWN_MAX 3

/* Mood and doubt say something together with other signals only, so their units are made here. */
enum { DISTRESS, GLOOM, DOUBT, OUT_OF_SCOPE, PLAIN };

/* The rest: counted from `from` on, `most` units at most. */
static const struct part {
    enum signal_number signal;
    double from, most;
} parts[] = {
    {SIGNAL_wants_human, 0, 1},       {SIGNAL_repeats, 0, 3},
    {SIGNAL_bot_failures, 0, 3},      {SIGNAL_bot_failed_now, 0, 1},
    {SIGNAL_emotion_trend, 0, 1},     {SIGNAL_handbacks, 0, 2},
    {SIGNAL_channel_hops, 0, 2},      {SIGNAL_reopenings, 0, 2},
    {SIGNAL_promise_overdue, 0, 1},   {SIGNAL_minutes_waited, 5, 60},
    {SIGNAL_customer_messages, 4, 6},
};
#define PARTS ((int)(sizeof parts / sizeof *parts))
_Static_assert(PLAIN + sizeof parts / sizeof *parts == HANDOVER_INPUTS, "a weight for each input");

const char *handover_input_name(int i) {
    static const char *const made[PLAIN] = {"distress", "gloom", "doubt", "out_of_scope"};
    return i < PLAIN ? made[i] : signals_number_name(parts[i - PLAIN].signal);
}

/* ---- the policy's part ---- */

struct handover_json {
    struct handover_weights weights;
    json_t *by_name, *report;
};

static enum err parse_weights(const json_t *j, const char *at, struct handover_weights *out,
                              struct why *why) {
    struct json_field rows[HANDOVER_INPUTS];
    for (int i = 0; i < HANDOVER_INPUTS; i++)
        rows[i] = (struct json_field){.name = handover_input_name(i),
                                      .kind = JSON_KIND_REAL,
                                      .offset = offsetof(struct handover_weights, weight) +
                                                sizeof(double) * (size_t)i,
                                      .min = -HANDOVER_WEIGHT_MAX,
                                      .max = HANDOVER_WEIGHT_MAX};
    char inside[WHY_POINTER_MAX];
    snprintf(inside, sizeof inside, "%s/weights", at);
    return json_fill(j, inside, rows, HANDOVER_INPUTS, out, why);
}

enum err handover_parse(const json_t *j, const char *at, struct handover_weights *out,
                        struct why *why) {
#define MEMBER(name, kind, field, min, max)                                                        \
    { name, kind, false, offsetof(struct handover_json, field), min, max }
    static const struct json_field rows[] = {
        MEMBER("due", JSON_KIND_REAL, weights.due, 0, 1),
        MEMBER("bias", JSON_KIND_REAL, weights.bias, -HANDOVER_WEIGHT_MAX, HANDOVER_WEIGHT_MAX),
        MEMBER("weights", JSON_KIND_OBJECT, by_name, 0, 0),
        MEMBER("report", JSON_KIND_OBJECT, report, 0, 0),
    };
#undef MEMBER
    struct handover_json in = {.weights = *out};
    TRY(json_fill(j, at, rows, sizeof rows / sizeof *rows, &in, why));
    if (in.by_name)
        TRY(parse_weights(in.by_name, at, &in.weights, why));
    *out = in.weights;
    return OK;
}

/* ---- the sum ---- */

static double known_or(const struct signals *s, enum signal_number n, double unknown) {
    return signals_known(s, n) ? (double)s->number[n] : unknown;
}

void handover_inputs(const struct signals *s, double x[HANDOVER_INPUTS]) {
    x[DISTRESS] = known_or(s, SIGNAL_negative, 0) * known_or(s, SIGNAL_emotion_intensity, 0);
    x[GLOOM] = fmax(0, -known_or(s, SIGNAL_valence, 0) - 0.2);
    x[DOUBT] = 1 - known_or(s, SIGNAL_confidence, 1);
    x[OUT_OF_SCOPE] = 1 - known_or(s, SIGNAL_in_scope, 1);
    for (int i = 0; i < PARTS; i++) {
        double units = known_or(s, parts[i].signal, 0) - parts[i].from;
        x[PLAIN + i] = fmin(fmax(units, 0), parts[i].most);
    }
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

/* The order of the additions is part of the result: a stored decision must come out bit for bit. */
double handover_now(struct arena *a, const struct handover_weights *w, const struct signals *s,
                    const char **why) {
    struct share shown[SHOWN_MAX] = {{NULL, 0}};
    double x[HANDOVER_INPUTS];
    handover_inputs(s, x);
    double mood = w->weight[DISTRESS] * x[DISTRESS] + w->weight[GLOOM] * x[GLOOM];
    double doubt = w->weight[DOUBT] * x[DOUBT] + w->weight[OUT_OF_SCOPE] * x[OUT_OF_SCOPE];
    double sum = w->bias + mood + doubt;
    keep(shown, signals_number_name(SIGNAL_emotion_intensity), mood);
    keep(shown, signals_number_name(SIGNAL_confidence), doubt);
    for (int i = PLAIN; i < HANDOVER_INPUTS; i++) {
        double adds = w->weight[i] * x[i];
        sum += adds;
        keep(shown, handover_input_name(i), adds);
    }
    if (why)
        *why = told(a, shown);
    return 1 / (1 + exp(-sum));
}

double handover_rounded(double probability) { return round(100 * probability) / 100; }
