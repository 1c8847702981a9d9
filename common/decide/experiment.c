#include "experiment.h"

#include <stdio.h>
#include <string.h>

#include "../codec/text.h"
#include "handover.h"

#define DRAW_MAX 16777215

#define THRESHOLD(name, max)                                                                       \
    { #name, JSON_KIND_REAL, false, offsetof(struct thresholds, name), 0, max }
const struct json_field experiment_thresholds[] = {
    THRESHOLD(confidence, 1),          THRESHOLD(confidence_backup, 1),
    THRESHOLD(marked_emotion, 1),      THRESHOLD(strong_emotion, 1),
    THRESHOLD(very_strong_emotion, 1), THRESHOLD(rising_emotion, 2),
    THRESHOLD(effort, 1000),           THRESHOLD(urgent, 1),
};
const int experiment_n_thresholds = sizeof(experiment_thresholds) / sizeof(*experiment_thresholds);

/* How far an experiment may go. */
static const struct {
    const char *name;
    size_t offset;
    double min, max;
} experiment_rails[] = {
    {"confidence", offsetof(struct thresholds, confidence), 0.4, 1},
    {"confidence_backup", offsetof(struct thresholds, confidence_backup), 0.2, 1},
    {"marked_emotion", offsetof(struct thresholds, marked_emotion), 0.2, 0.6},
    {"strong_emotion", offsetof(struct thresholds, strong_emotion), 0.3, 0.75},
    {"very_strong_emotion", offsetof(struct thresholds, very_strong_emotion), 0.5, 0.95},
    {"rising_emotion", offsetof(struct thresholds, rising_emotion), 0.1, 0.4},
    {"effort", offsetof(struct thresholds, effort), 1, 6},
    {"urgent", offsetof(struct thresholds, urgent), 0.3, 0.9},
};
#define EXPERIMENT_RAILS (sizeof(experiment_rails) / sizeof(*experiment_rails))

struct experiment_json {
    const char *name, *salt;
    double share, from;
    json_t *overrides, *handover;
};
static const struct json_field experiment_fields[] = {
    {"name", JSON_KIND_ID, true, offsetof(struct experiment_json, name), 0, 0},
    {"salt", JSON_KIND_TEXT, true, offsetof(struct experiment_json, salt), 0, 64},
    {"share", JSON_KIND_REAL, true, offsetof(struct experiment_json, share), 0, 1},
    {"from", JSON_KIND_REAL, false, offsetof(struct experiment_json, from), 0, 1},
    {"overrides", JSON_KIND_OBJECT, true, offsetof(struct experiment_json, overrides), 0, 0},
    {"handover", JSON_KIND_OBJECT, false, offsetof(struct experiment_json, handover), 0, 0},
};
#define EXPERIMENT_FIELDS ((int)(sizeof(experiment_fields) / sizeof(*experiment_fields)))

static enum err experiment_check_rails(const json_t *overrides, const char *at,
                                       const struct thresholds *t, struct why *why) {
    char pointer[WHY_POINTER_MAX];
    for (size_t i = 0; i < EXPERIMENT_RAILS; i++) {
        double v;
        memcpy(&v, (const char *)t + experiment_rails[i].offset, sizeof v);
        bool given = json_object_get(overrides, experiment_rails[i].name);
        if (!given || (v >= experiment_rails[i].min && v <= experiment_rails[i].max))
            continue;
        snprintf(pointer, sizeof pointer, "%s/%s", at, experiment_rails[i].name);
        return why_set(why, ERR_INVALID, pointer, "an experiment stays within %g and %g",
                       experiment_rails[i].min, experiment_rails[i].max);
    }
    return OK;
}

static enum err experiment_one(struct arena *a, const json_t *j, const char *at,
                               struct experiment *e, struct why *why) {
    struct experiment_json in = {.from = 0};
    TRY(json_fill(j, at, experiment_fields, EXPERIMENT_FIELDS, &in, why));
    if (in.from + in.share > 1)
        return why_set(why, ERR_INVALID, arena_printf(a, "%s/share", at),
                       "from and share together are more than everybody");
    const char *inside = arena_printf(a, "%s/overrides", at);
    TRY(json_fill(in.overrides, inside, experiment_thresholds, experiment_n_thresholds,
                  &e->thresholds, why));
    if (in.handover)
        TRY(handover_parse(in.handover, arena_printf(a, "%s/handover", at), &e->thresholds.handover,
                           why));
    TRY(experiment_check_rails(in.overrides, inside, &e->thresholds, why));
    e->name = arena_strdup(a, in.name);
    e->salt = arena_strdup(a, in.salt);
    e->treatment = arena_printf(a, "%s/treatment", in.name);
    e->control = arena_printf(a, "%s/control", in.name);
    e->from = in.from;
    e->share = in.share;
    return OK;
}

enum err experiment_parse(struct arena *a, const json_t *list, const struct thresholds *base,
                          struct experiments *out, struct why *why) {
    size_t n = json_array_size(list);
    *out = (struct experiments){ARENA_ARRAY(a, struct experiment, n ? n : 1), 0};
    for (; out->n < (int)n; out->n++) {
        out->items[out->n].thresholds = *base;
        TRY(experiment_one(a, json_array_get(list, (size_t)out->n),
                           arena_printf(a, "/experiments/%d", out->n), &out->items[out->n], why));
    }
    return OK;
}

/* Where the customer stands on the line of this salt, 0 <= x < 1. */
static double experiment_position(const char *salt, float draw) {
    uint32_t number = (uint32_t)draw;
    uint8_t bytes[] = {(uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number};
    uint64_t hash = text_hash(bytes, sizeof bytes, text_hash(salt, strlen(salt), 0));
    return (double)(hash >> 11) / 9007199254740992.0;
}

const char *experiment_arm(const struct experiments *e, const struct signals *s,
                           struct thresholds *t) {
    float draw = s->number[SIGNAL_customer_draw];
    if (!signals_known(s, SIGNAL_customer_draw) || !(draw >= 0 && draw <= DRAW_MAX))
        return "";
    for (int i = 0; i < e->n; i++) {
        const struct experiment *x = &e->items[i];
        double at = experiment_position(x->salt, draw) - x->from;
        if (at >= 0 && at < x->share) {
            *t = x->thresholds;
            return x->treatment;
        }
        if (at >= 0 && at < 2 * x->share)
            return x->control;
    }
    return "";
}
