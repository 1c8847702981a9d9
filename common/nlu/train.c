#include "train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../codec/json.h"
#include "blob.h"
#include "confusion.h"
#include "corpus.h"
#include "tally.h"

#define FOLDS_DEFAULT 5
#define FOLDS_FEW 6 /* for fewer than FEW_TEXTS */
#define EXAMINED_MANY                                                                              \
    2                   /* folds of many texts that are looked at: they are enough to learn from   \
                         */
#define EXAMINED_MOST 1 /* from MOST_TEXTS on */
#define WEIGHT_BYTES_MAX (12u << 20)
#define OBSERVED_SCORES_MAX (48u << 20)
/* Chosen on validation parts. */
#define PENALTY 1.0
#define PENALTY_FEW 3.0 /* few examples are taken more at their word */
#define FEW_TEXTS 3000
#define MOST_TEXTS 9000
#define NETWORK_SHARE 0.25f /* of its output that is added to the linear scores */
/* Right answers that may be refused for the sake of refusing strangers: fewer when people say what
 * a stranger looks like, more when hidden intents and general texts play them. */
#define REFUSED_KNOWN 0.004
#define STRANGER_COVERAGE 0.25
#define REFUSED_GUESSED 0.10

/* What one fit may learn from: every example, or all but a fold, or all but some intents. */
struct share {
    int without_fold;    /* -1: none is left out */
    int without_intents; /* those of this remainder modulo the folds; -1: none */
};

static bool is_held_out(const struct corpus *c, const struct share *s, int i) {
    if (c->folds[i] == s->without_fold)
        return true;
    return s->without_intents >= 0 && c->labels[i] >= 0 &&
           c->labels[i] % c->n_folds == s->without_intents;
}

struct lesson {
    const struct corpus *corpus;
    int *members, n; /* examples to learn from */
    struct blob *blob;
};

static struct lesson lesson_make(struct arena *a, const struct corpus *c, const struct share *s,
                                 struct blob *out) {
    struct lesson l = {.corpus = c, .members = ARENA_ARRAY(a, int, c->n + 1), .blob = out};
    for (int i = 0; i < c->n; i++)
        if (!is_held_out(c, s, i))
            l.members[l.n++] = i;
    *out = (struct blob){.seed = c->seed,
                         .n_intents = c->n_intents,
                         .names = c->names,
                         .has_outside = c->n_outside > 0};
    const struct vocabulary_row **rows = ARENA_ARRAY(a, const struct vocabulary_row *, l.n + 1);
    for (int i = 0; i < l.n; i++)
        rows[i] = &c->rows[l.members[i]];
    unsigned width = (unsigned)rows_width(c->n_intents + out->has_outside);
    unsigned most = WEIGHT_BYTES_MAX / (width + NETWORK_HIDDEN);
    most = most < BLOB_FEATURES_MAX ? most : BLOB_FEATURES_MAX;
    vocabulary_count(a, rows, l.n, (int)most, &out->vocabulary);
    return l;
}

/* One text with its features looked up, of length one. */
static struct solver_row row_of(struct arena *a, const struct vocabulary *v,
                                const struct vocabulary_row *row) {
    int *at = ARENA_ARRAY(a, int, row->n + 1), n = 0;
    float *values = ARENA_ARRAY(a, float, row->n + 1);
    double length = 0;
    for (int i = 0; i < row->n; i++) {
        at[n] = vocabulary_find(v, row->keys[i]);
        if (at[n] < 0)
            continue;
        values[n] = v->values[at[n]];
        length += (double)values[n] * values[n];
        n++;
    }
    for (int i = 0; i < n; i++)
        values[i] = (float)(values[i] / sqrt(length));
    return (struct solver_row){at, values, n, 0};
}

static struct solver_task task_of(struct arena *a, const struct lesson *l) {
    const struct corpus *c = l->corpus;
    struct solver_row *rows = ARENA_ARRAY(a, struct solver_row, l->n + 1);
    for (int i = 0; i < l->n; i++) {
        int label = c->labels[l->members[i]];
        rows[i] = row_of(a, &l->blob->vocabulary, &c->rows[l->members[i]]);
        rows[i].label = label == GATE_OUTSIDE ? c->n_intents : label;
    }
    int labels = c->n_intents + l->blob->has_outside;
    return (struct solver_task){.rows = rows,
                                .n_rows = l->n,
                                .n_features = l->blob->vocabulary.n,
                                .n_labels = labels,
                                .width = rows_width(labels),
                                .penalty = c->n_texts < FEW_TEXTS ? PENALTY_FEW : PENALTY,
                                .seed = c->seed};
}

static void pack_linear(struct arena *a, const struct solver_task *t, struct blob *out) {
    struct arena *scratch = arena_new();
    size_t width = (size_t)t->width, rows = (size_t)t->n_features + 1;
    float *weights = ARENA_ARRAY(scratch, float, rows *width);
    solver_fit(t, weights);
    out->linear = (struct rows){.n = t->n_features, .width = t->width};
    rows_pack(a, weights, t->width, out->vocabulary.values, &out->linear);
    out->biases = arena_copy(a, weights + (size_t)t->n_features * width, width * sizeof *weights);
    arena_free(scratch);
}

static void pack_network(struct arena *a, const struct solver_task *t, struct blob *out) {
    struct arena *scratch = arena_new();
    struct network net;
    network_fit(scratch, t, &net);
    out->hidden = (struct rows){.n = t->n_features, .width = NETWORK_HIDDEN};
    rows_pack(a, net.first, NETWORK_HIDDEN, out->vocabulary.values, &out->hidden);
    out->floors = arena_copy(a, net.floors, NETWORK_HIDDEN * sizeof *net.floors);
    size_t second = NETWORK_HIDDEN * (size_t)t->width;
    float *shared = ARENA_ARRAY(a, float, second);
    for (size_t i = 0; i < second; i++)
        shared[i] = NETWORK_SHARE * net.second[i];
    out->second = shared;
    float *biases = arena_copy(a, out->biases, (size_t)t->width * sizeof *biases);
    for (int i = 0; i < t->width; i++)
        biases[i] += NETWORK_SHARE * net.biases[i];
    out->biases = biases;
    arena_free(scratch);
}

/* A scorer that saw no example of its intent must never win. */
#define NEVER (-30.0f)

static void silence_unseen(struct arena *a, const struct solver_task *t, struct blob *out) {
    struct arena *scratch = arena_new();
    bool *seen = ARENA_ARRAY(scratch, bool, t->width);
    for (int i = 0; i < t->n_rows; i++)
        seen[t->rows[i].label] = true;
    float *biases = arena_copy(a, out->biases, (size_t)t->width * sizeof *biases);
    for (int i = 0; i < t->width; i++)
        biases[i] = seen[i] ? biases[i] : NEVER;
    out->biases = biases;
    arena_free(scratch);
}

static void fit(struct arena *a, const struct corpus *c, const struct share *s, struct blob *out) {
    struct lesson l = lesson_make(a, c, s, out);
    struct arena *scratch = arena_new();
    struct solver_task t = task_of(scratch, &l);
    pack_linear(a, &t, out);
    pack_network(a, &t, out);
    silence_unseen(a, &t, out);
    out->report = "";
    arena_free(scratch);
}

struct observed {
    const struct train_options *options;
    int done, of; /* fits */
    struct gate_observation *items;
    const char **texts; /* of each item; NULL: one of our own */
    int n, step;        /* every step-th example is enough */
};

static void observe(struct arena *a, const struct blob *b, const struct vocabulary_row *row,
                    struct gate_scores *out) {
    struct features f = {ARENA_ARRAY(a, struct feature, row->n + 1), row->n};
    for (int i = 0; i < row->n; i++)
        f.items[i].key = row->keys[i];
    blob_score(a, b, &f, NULL, out);
}

static void tell(struct observed *seen) {
    if (seen->options->progress)
        seen->options->progress(seen->options->ctx, ++seen->done, seen->of);
}

static void keep(struct arena *a, struct observed *seen, const struct gate_scores *scores,
                 int truth) {
    struct gate_observation *to = &seen->items[seen->n++];
    *to = (struct gate_observation){*scores, truth};
    to->scores.intents = arena_copy(a, scores->intents, sizeof(float) * (size_t)scores->n);
}

/* Strangers that share no words with what was learned are no lesson. */
static void examine_strangers(struct arena *a, const struct corpus *c, const struct blob *b,
                              struct observed *seen) {
    struct arena *each = arena_new();
    for (int i = 0; i < c->n_strangers; i++) {
        struct gate_scores scores;
        arena_reset(each);
        observe(each, b, &c->strangers[i], &scores);
        if (scores.coverage >= STRANGER_COVERAGE)
            keep(a, seen, &scores, GATE_OUTSIDE);
    }
    arena_free(each);
}

/* Learns without the share, then looks at what was held out. Hidden intents play strangers. */
static void examine(struct arena *a, const struct corpus *c, const struct share *s,
                    struct observed *seen) {
    struct arena *scratch = arena_new(), *each = arena_new();
    struct blob b;
    bool hidden = s->without_intents >= 0;
    fit(scratch, c, s, &b);
    for (int i = 0; i < c->n_texts; i += seen->step) {
        struct gate_scores scores;
        if (!is_held_out(c, s, i))
            continue;
        arena_reset(each);
        observe(each, &b, &c->rows[i], &scores);
        seen->texts[seen->n] = hidden ? NULL : c->texts[i];
        keep(a, seen, &scores, hidden ? GATE_OUTSIDE : c->labels[i]);
    }
    if (!hidden && c->n_outside == 0)
        examine_strangers(a, c, &b, seen);
    tell(seen);
    arena_free(each);
    arena_free(scratch);
}

static struct observed observe_all(struct arena *a, const struct corpus *c,
                                   const struct train_options *options) {
    size_t scores = (size_t)c->n * (size_t)c->n_intents * 2;
    int room = 2 * c->n + c->n_folds * c->n_strangers + 1;
    int looked_at = c->n_texts < FEW_TEXTS    ? c->n_folds
                    : c->n_texts < MOST_TEXTS ? EXAMINED_MANY
                                              : EXAMINED_MOST;
    int hidden = c->n_intents >= 2 * c->n_folds && c->n_outside == 0 ? looked_at : 0;
    struct observed seen = {.options = options,
                            .of = looked_at + hidden + 1,
                            .items = ARENA_ARRAY(a, struct gate_observation, room),
                            .texts = ARENA_ARRAY(a, const char *, room),
                            .step = 1 + (int)(scores / OBSERVED_SCORES_MAX)};
    for (int fold = 0; fold < looked_at; fold++)
        examine(a, c, &(struct share){fold, -1}, &seen);
    for (int part = 0; part < hidden; part++)
        examine(a, c, &(struct share){-1, part}, &seen);
    return seen;
}

static void report_held_out(struct arena *a, const struct corpus *c, const struct gate *g,
                            const struct observed *seen, struct buf *out) {
    struct tally_row *rows = ARENA_ARRAY(a, struct tally_row, seen->n + 1);
    float *probabilities = ARENA_ARRAY(a, float, c->n_intents);
    for (int i = 0; i < seen->n; i++) {
        struct gate_verdict v;
        gate_judge(g, &seen->items[i].scores, probabilities, &v);
        int truth = seen->items[i].truth;
        rows[i] = (struct tally_row){truth == GATE_OUTSIDE ? CORPUS_OUTSIDE : c->names[truth],
                                     c->names[v.best],
                                     v.confidence,
                                     v.in_scope >= g->threshold,
                                     v.in_scope,
                                     seen->texts[i]};
    }
    buf_addc(out, '{');
    json_put_number(out, "intents", c->n_intents);
    json_put_number(out, "folds", c->n_folds);
    json_put_text(out, "strangers", c->n_outside ? "examples" : "hidden intents and general texts");
    tally_report(a, rows, seen->n, NULL, out);
    confusion_report(a, rows, seen->n, out);
    buf_addc(out, '}');
}

static void train_corpus(struct arena *a, const struct corpus *c,
                         const struct train_options *options, struct buf *model,
                         struct buf *report) {
    struct blob b;
    struct observed seen = observe_all(a, c, options);
    fit(a, c, &(struct share){-1, -1}, &b);
    tell(&seen);
    gate_fit(seen.items, seen.n, c->n_outside ? REFUSED_KNOWN : REFUSED_GUESSED, &b.gate);
    report_held_out(a, c, &b.gate, &seen, report);
    b.report = report->full ? "" : report->p;
    blob_write(&b, model);
}

enum err train_run(const struct example *examples, int n, const struct train_options *options,
                   struct buf *model, struct buf *report, struct why *why) {
    if (n > TRAIN_EXAMPLES_MAX)
        return why_set(why, ERR_TOO_LARGE, "", "more than %d examples", TRAIN_EXAMPLES_MAX);
    struct arena *a = arena_new();
    struct corpus c = {.seed = options->seed,
                       .n_folds = options->folds > 1 ? options->folds
                                  : n < FEW_TEXTS    ? FOLDS_FEW
                                                     : FOLDS_DEFAULT};
    enum err e = corpus_build(a, examples, n, &c, why);
    if (e == OK) {
        train_corpus(a, &c, options, model, report);
        e = buf_done(model);
    }
    arena_free(a);
    return e == OK ? buf_done(report) : e;
}

enum err train_evaluate(const struct intent_model *m, const struct example *examples, int n,
                        int64_t (*clock_us)(void), struct buf *report) {
    struct arena *a = arena_new(), *each = arena_new();
    struct tally_row *rows = ARENA_ARRAY(a, struct tally_row, n + 1);
    struct tally_times times = {ARENA_ARRAY(a, int64_t, n + 1), clock_us ? n : 0};
    for (int i = 0; i < n; i++) {
        struct intent_guess g;
        arena_reset(each);
        int64_t before = clock_us ? clock_us() : 0;
        intent_guess(each, m, examples[i].text, &g);
        times.us[i] = clock_us ? clock_us() - before : 0;
        rows[i] =
            (struct tally_row){examples[i].intent,     g.name,          g.confidence, g.in_scope,
                               g.in_scope_probability, examples[i].text};
    }
    buf_addc(report, '{');
    tally_report(a, rows, n, &times, report);
    confusion_report(a, rows, n, report);
    buf_addc(report, '}');
    arena_free(each);
    arena_free(a);
    return buf_done(report);
}
