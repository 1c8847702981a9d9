#include "activation.h"

#include "../../common/codec/json.h"
#include "../../common/store/models.h"

#define AUDIT_BYTES_MAX 1024
#define NOISE 0.0005 /* reports are rounded */

/* Of the texts that were held out; -1: the report does not say. */
static double accuracy_of(const struct models_version *m) {
    json_auto report = NULL;
    if (!m->report || json_load_span(span_of(m->report), &report, NULL) != OK)
        return -1;
    const json_t *accuracy = json_object_get(report, "accuracy");
    return json_is_number(accuracy) ? json_number_value(accuracy) : -1;
}

struct comparison {
    int earlier; /* 0: none */
    double before, now;
};

static enum err compare(struct pg *c, struct arena *a, int version, struct comparison *out) {
    struct models_version wanted, active;
    *out = (struct comparison){.before = -1};
    TRY(models_load(c, a, version, &wanted));
    out->now = accuracy_of(&wanted);
    TRY(models_load_active(c, &out->earlier));
    if (out->earlier == 0 || out->earlier == version)
        return OK;
    TRY(models_load(c, a, out->earlier, &active));
    out->before = accuracy_of(&active);
    return OK;
}

static const char *audit_of(struct arena *a, const struct activation_wish *wish,
                            const struct comparison *to) {
    buf_auto out;
    buf_init(&out, AUDIT_BYTES_MAX);
    buf_addc(&out, '{');
    json_put_text(&out, "what", "model_activated");
    json_put_number(&out, "version", wish->version);
    json_put_number(&out, "earlier", to->earlier);
    json_put_double(&out, "accuracy", to->now);
    json_put_double(&out, "earlier_accuracy", to->before);
    json_put_flag(&out, "forced", wish->force);
    json_put_text(&out, "by", wish->by);
    buf_addc(&out, '}');
    return arena_strdup(a, out.p);
}

enum err activation_run(struct pg *c, struct arena *a, const struct activation_wish *wish,
                        struct why *why) {
    struct comparison to;
    TRY(compare(c, a, wish->version, &to));
    bool worse = to.before >= 0 && to.now < to.before - NOISE;
    if (worse && !wish->force)
        return why_set(why, ERR_CONFLICT, "/force",
                       "its held-out accuracy %.4f is below the active model's %.4f; `force` "
                       "activates it all the same",
                       to.now, to.before);
    enum err e = models_make_active(c, a, wish->version, audit_of(a, wish, &to));
    return e == ERR_CONFLICT ? why_set(why, e, "", "this model is not ready") : e;
}
