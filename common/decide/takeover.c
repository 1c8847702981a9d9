#include "takeover.h"

#include <math.h>

#include "../base/logistic.h"
#include "care.h"

_Static_assert(HANDOVER_INPUTS <= LOGISTIC_INPUTS_MAX, "each input has its place");

#define BIAS_SPREAD 2.0 /* how often people come is an operator's own */
#define HUNDREDTHS 101
#define DUE_LEAST 5
#define DUE_MOST 95
#define BINS 10
#define DIGITS 1e4 /* what of a weight is kept, and of a figure of the report */

/* Predictions of turns whose answer is known, by hundredths: what a threshold is chosen from. */
struct spread {
    int yes[HUNDREDTHS], no[HUNDREDTHS];
};

struct study {
    const struct lesson *lesson;
    struct logistic_belief belief;
    struct logistic_case *cases; /* in the order of the lesson */
    struct logistic_case *chosen;
    double *p;    /* of each turn, by weights that have not seen its conversation */
    bool *called; /* would people have been called? */
    struct spread unseen;
};

/* ---- weights as a regression, and back ---- */

static double kept(double v) { return round(v * DIGITS) / DIGITS; }

static double allowed(double w) {
    return kept(fmin(fmax(w, -HANDOVER_WEIGHT_MAX), HANDOVER_WEIGHT_MAX));
}

static void believe(const struct handover_weights *w, struct logistic_belief *out) {
    *out = (struct logistic_belief){.centre = {.n = HANDOVER_INPUTS}};
    for (int i = 0; i < HANDOVER_INPUTS; i++) {
        out->centre.w[i] = w->weight[i];
        out->spread[i] = fmax(fabs(w->weight[i]), 1e-3);
    }
    out->centre.w[HANDOVER_INPUTS] = w->bias;
    out->spread[HANDOVER_INPUTS] = BIAS_SPREAD;
}

static void take_weights(const struct logistic *l, struct handover_weights *out) {
    for (int i = 0; i < HANDOVER_INPUTS; i++)
        out->weight[i] = allowed(l->w[i]);
    out->bias = allowed(l->w[HANDOVER_INPUTS]);
}

static double weigh(const struct handover_weights *w, const struct lesson_row *row) {
    double sum = w->bias;
    for (int i = 0; i < HANDOVER_INPUTS; i++)
        sum += w->weight[i] * row->x[i];
    return logistic_sigmoid(sum);
}

/* ---- the threshold ---- */

static void note(struct spread *s, double p, bool yes) {
    int at = (int)(handover_rounded(p) * 100 + 0.5);
    s->yes[at] += yes;
    s->no[at] += !yes;
}

static double f1_of(int hits, int called, int yes) {
    return called + yes ? 2.0 * hits / (called + yes) : 0;
}

/* The best; of neighbours that do equally well the one in the middle, farthest from any change. */
static double best_due(const struct spread *s) {
    int all = 0, hits = 0, called = 0, high = DUE_MOST, low = DUE_MOST;
    double best = 0;
    for (int i = 0; i < HUNDREDTHS; i++)
        all += s->yes[i];
    for (int i = HUNDREDTHS - 1; i >= DUE_LEAST; i--) {
        hits += s->yes[i];
        called += s->yes[i] + s->no[i];
        double f1 = f1_of(hits, called, all);
        if (i > DUE_MOST || f1 < best)
            continue;
        high = f1 > best ? i : high;
        low = f1 > best || low == i + 1 ? i : low;
        best = f1;
    }
    int middle = (high + low) / 2;
    return middle / 100.0;
}

/* ---- scores ---- */

struct bin {
    double said;
    int yes, n;
};

static double calibration_error(const struct study *s) {
    struct bin bins[BINS] = {{0, 0, 0}};
    double off = 0;
    for (int i = 0; i < s->lesson->n; i++) {
        struct bin *b = &bins[(int)fmin(s->p[i] * BINS, BINS - 1)];
        b->said += s->p[i];
        b->yes += s->lesson->rows[i].should;
        b->n++;
    }
    for (int i = 0; i < BINS; i++)
        off += fabs(bins[i].said - bins[i].yes);
    return s->lesson->n ? off / s->lesson->n : 0;
}

static double log_loss(const struct study *s) {
    double sum = 0;
    for (int i = 0; i < s->lesson->n; i++) {
        double p = fmin(fmax(s->p[i], 1e-6), 1 - 1e-6);
        sum -= log(s->lesson->rows[i].should ? p : 1 - p);
    }
    return s->lesson->n ? sum / s->lesson->n : 0;
}

/* Of the courses that people ended: when were they first called? */
static void score_courses(const struct study *s, struct takeover_score *out) {
    int ended = 0, early = 0, before = 0, course = -1;
    bool called = false;
    for (int i = 0; i < s->lesson->n; i++) {
        const struct lesson_row *row = &s->lesson->rows[i];
        called &= row->course == course;
        course = row->course;
        ended += row->last;
        before += row->last && called;
        called |= s->called[i];
        early += row->last && called;
    }
    out->early = ended ? (double)early / ended : 0;
    out->before = ended ? (double)before / ended : 0;
}

static void score(const struct study *s, struct takeover_score *out) {
    int hits = 0, called = 0, yes = 0;
    for (int i = 0; i < s->lesson->n; i++) {
        hits += s->called[i] && s->lesson->rows[i].should;
        called += s->called[i];
        yes += s->lesson->rows[i].should;
    }
    out->f1 = f1_of(hits, called, yes);
    out->precision = called ? (double)hits / called : 0;
    out->recall = yes ? (double)hits / yes : 0;
    out->calibration_error = calibration_error(s);
    out->log_loss = log_loss(s);
    score_courses(s, out);
}

static void score_present(struct study *s, const struct handover_weights *w,
                          struct takeover_score *out) {
    for (int i = 0; i < s->lesson->n; i++) {
        s->p[i] = weigh(w, &s->lesson->rows[i]);
        s->called[i] = care_reaches(handover_rounded(s->p[i]), w->due);
    }
    score(s, out);
}

/* ---- learning ---- */

static bool in_fold(const struct lesson_row *row, int fold) {
    return row->conversation % TAKEOVER_FOLDS == fold;
}

/* Weights and threshold from the other folds, tried on this one. */
static void learn_fold(struct study *s, int fold) {
    struct spread seen = {{0}, {0}};
    struct logistic fitted;
    int n = 0;
    for (int i = 0; i < s->lesson->n; i++)
        if (!in_fold(&s->lesson->rows[i], fold))
            s->chosen[n++] = s->cases[i];
    logistic_refit(s->chosen, n, &s->belief, &fitted);
    for (int i = 0; i < n; i++)
        note(&seen, logistic_apply(&fitted, s->chosen[i].x), s->chosen[i].yes);
    double due = best_due(&seen);
    for (int i = 0; i < s->lesson->n; i++) {
        if (!in_fold(&s->lesson->rows[i], fold))
            continue;
        s->p[i] = logistic_apply(&fitted, s->cases[i].x);
        s->called[i] = care_reaches(handover_rounded(s->p[i]), due);
        note(&s->unseen, s->p[i], s->cases[i].yes);
    }
}

static void open_study(struct arena *a, const struct lesson *l, struct study *s) {
    *s = (struct study){.lesson = l,
                        .cases = ARENA_ARRAY(a, struct logistic_case, l->n + 1),
                        .chosen = ARENA_ARRAY(a, struct logistic_case, l->n + 1),
                        .p = ARENA_ARRAY(a, double, l->n + 1),
                        .called = ARENA_ARRAY(a, bool, l->n + 1)};
    for (int i = 0; i < l->n; i++) {
        s->cases[i] = (struct logistic_case){.weight = 1, .yes = l->rows[i].should};
        for (int k = 0; k < HANDOVER_INPUTS; k++)
            s->cases[i].x[k] = l->rows[i].x[k];
    }
}

static enum err refuse_worse(const struct takeover_report *r, struct why *why) {
    const struct takeover_score *l = &r->learned, *p = &r->present;
    if (l->f1 >= p->f1 && l->log_loss <= p->log_loss)
        return OK;
    return why_set(why, ERR_CONFLICT, "",
                   "what was learned is worse than the weights in force: F1 %.3f against %.3f,"
                   " log loss %.3f against %.3f",
                   l->f1, p->f1, l->log_loss, p->log_loss);
}

enum err takeover_learn(struct arena *a, const struct lesson *l, const struct takeover_weights *w,
                        struct takeover_result *out, struct why *why) {
    struct study s;
    struct logistic fitted;
    *out = (struct takeover_result){.report = {.conversations = l->conversations,
                                               .turns = l->n,
                                               .taken = l->taken,
                                               .given_up = l->given_up,
                                               .asked = l->asked}};
    if (l->taken < TAKEOVER_MIN)
        return why_set(why, ERR_CONFLICT, "",
                       "%d takeovers by people are needed to learn from, %d were found",
                       TAKEOVER_MIN, l->taken);
    open_study(a, l, &s);
    score_present(&s, w->present, &out->report.present);
    believe(w->written, &s.belief);
    for (int fold = 0; fold < TAKEOVER_FOLDS; fold++)
        learn_fold(&s, fold);
    score(&s, &out->report.learned);
    logistic_refit(s.cases, l->n, &s.belief, &fitted);
    take_weights(&fitted, &out->weights);
    out->weights.due = best_due(&s.unseen);
    return refuse_worse(&out->report, why);
}

/* ---- the member of the policy ---- */

static void put_figure(struct buf *out, const char *name, double v) {
    json_put_double(out, name, kept(v));
}

static void put_score(struct buf *out, const char *name, const struct takeover_score *s) {
    json_put_key(out, name);
    buf_addc(out, '{');
    put_figure(out, "f1", s->f1);
    put_figure(out, "precision", s->precision);
    put_figure(out, "recall", s->recall);
    put_figure(out, "calibration_error", s->calibration_error);
    put_figure(out, "log_loss", s->log_loss);
    put_figure(out, "early", s->early);
    put_figure(out, "before", s->before);
    buf_addc(out, '}');
}

static void put_report(struct buf *out, const struct takeover_report *r) {
    json_put_key(out, "report");
    buf_addc(out, '{');
    json_put_number(out, "conversations", r->conversations);
    json_put_number(out, "turns", r->turns);
    json_put_number(out, "takeovers", r->taken);
    json_put_number(out, "bot_gave_up", r->given_up);
    json_put_number(out, "asked_for_a_person", r->asked);
    json_put_number(out, "folds", TAKEOVER_FOLDS);
    put_score(out, "learned", &r->learned);
    put_score(out, "present", &r->present);
    buf_addc(out, '}');
}

void takeover_render(const struct takeover_result *r, struct buf *out) {
    buf_addc(out, '{');
    json_put_double(out, "due", r->weights.due);
    json_put_double(out, "bias", r->weights.bias);
    json_put_key(out, "weights");
    buf_addc(out, '{');
    for (int i = 0; i < HANDOVER_INPUTS; i++)
        json_put_double(out, handover_input_name(i), r->weights.weight[i]);
    buf_addc(out, '}');
    put_report(out, &r->report);
    buf_addc(out, '}');
}
