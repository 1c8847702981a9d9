#include "train.h"

#include <linear.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../codec/json.h"
#include "blob.h"
#include "corpus.h"
#include "tally.h"

#define FOLDS_DEFAULT 3
#define FOLDS_FEW 6 /* for fewer than FEW_TEXTS */
#define WEIGHT_BYTES_MAX (24u << 20)
#define OBSERVED_SCORES_MAX (48u << 20)
/* Chosen on validation parts: as good as logistic regression or better, in a fifth of its time. The
 * gate makes probabilities of its scores. */
#define SOLVER L2R_L2LOSS_SVC_DUAL
#define PENALTY 1.0
#define PENALTY_FEW 3.0 /* few examples are taken more at their word */
#define FEW_TEXTS 3000
#define TOLERANCE 0.1
/* Right answers that may be refused for the sake of refusing strangers: fewer when people say what
 * a stranger looks like, more when hidden intents and general texts play them. */
#define REFUSED_KNOWN 0.004
#define STRANGER_COVERAGE 0.25
#define REFUSED_GUESSED 0.05

/* liblinear draws from rand() and has one global print function. */
static pthread_mutex_t liblinear_lock = PTHREAD_MUTEX_INITIALIZER;

static void print_nothing(const char *text) { (void)text; }

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
    out->stride = blob_stride(c->n_intents + out->has_outside);
    const struct vocabulary_row **rows = ARENA_ARRAY(a, const struct vocabulary_row *, l.n + 1);
    for (int i = 0; i < l.n; i++)
        rows[i] = &c->rows[l.members[i]];
    unsigned most = WEIGHT_BYTES_MAX / (unsigned)out->stride / sizeof(int16_t);
    most = most < BLOB_FEATURES_MAX ? most : BLOB_FEATURES_MAX;
    vocabulary_count(a, rows, l.n, (int)most, &out->vocabulary);
    return l;
}

static int by_node(const void *x, const void *y) {
    return ((const struct feature_node *)x)->index - ((const struct feature_node *)y)->index;
}

/* One text as liblinear wants it: ascending 1-based indices, length one, the constant, -1. */
static struct feature_node *nodes_of(struct arena *a, const struct vocabulary *v,
                                     const struct vocabulary_row *row) {
    struct feature_node *nodes = ARENA_ARRAY(a, struct feature_node, row->n + 2);
    int n = 0;
    double length = 0;
    for (int i = 0; i < row->n; i++) {
        int at = vocabulary_find(v, row->keys[i]);
        if (at < 0)
            continue;
        nodes[n++] = (struct feature_node){at + 1, v->values[at]};
        length += (double)v->values[at] * v->values[at];
    }
    for (int i = 0; i < n; i++)
        nodes[i].value /= sqrt(length);
    qsort(nodes, (size_t)n, sizeof *nodes, by_node);
    nodes[n++] = (struct feature_node){v->n + 1, 1};
    nodes[n] = (struct feature_node){-1, 0};
    return nodes;
}

static struct model *learn(struct arena *a, const struct lesson *l) {
    const struct corpus *c = l->corpus;
    struct problem problem = {.l = l->n,
                              .n = l->blob->vocabulary.n + 1,
                              .y = ARENA_ARRAY(a, double, l->n + 1),
                              .x = ARENA_ARRAY(a, struct feature_node *, l->n + 1),
                              .bias = 1};
    for (int i = 0; i < l->n; i++) {
        int label = c->labels[l->members[i]];
        problem.y[i] = label == GATE_OUTSIDE ? c->n_intents : label;
        problem.x[i] = nodes_of(a, &l->blob->vocabulary, &c->rows[l->members[i]]);
    }
    struct parameter parameter = {.solver_type = SOLVER,
                                  .eps = TOLERANCE,
                                  .C = c->n_texts < FEW_TEXTS ? PENALTY_FEW : PENALTY};
    pthread_mutex_lock(&liblinear_lock);
    srand((unsigned)c->seed);
    set_print_string_function(print_nothing);
    struct model *m = train(&problem, &parameter);
    pthread_mutex_unlock(&liblinear_lock);
    return m;
}

/* With two classes liblinear keeps one column: positive speaks for the first label. */
static double weight_of(const struct model *m, int feature, int column) {
    bool pair = m->nr_class == 2;
    double w =
        m->w[(size_t)feature * (size_t)(pair ? 1 : m->nr_class) + (size_t)(pair ? 0 : column)];
    return pair && column == 1 ? -w : w;
}

/* One column of liblinear's weights, with the features' values worked in, as 16-bit numbers. */
static void pack_column(const struct model *m, int column, struct blob *b) {
    int to = m->label[column];
    double most = 1e-9;
    for (int f = 0; f < b->vocabulary.n; f++)
        most = fmax(most, fabs(weight_of(m, f, column)) * b->vocabulary.values[f]);
    b->scales[to] = (float)(most / INT16_MAX);
    b->biases[to] = (float)weight_of(m, b->vocabulary.n, column);
    for (int f = 0; f < b->vocabulary.n; f++) {
        double w = weight_of(m, f, column) * b->vocabulary.values[f];
        b->weights[(size_t)f * (size_t)b->stride + (size_t)to] = (int16_t)lrint(w / b->scales[to]);
    }
}

/* A scorer that saw no example of its intent must never win. */
#define NEVER (-30.0f)

static void fit(struct arena *a, const struct corpus *c, const struct share *s, struct blob *out) {
    struct lesson l = lesson_make(a, c, s, out);
    out->weights = ARENA_ARRAY(a, int16_t, (size_t)out->vocabulary.n * (size_t)out->stride + 1);
    out->scales = ARENA_ARRAY(a, float, out->stride);
    out->biases = ARENA_ARRAY(a, float, out->stride);
    for (int i = 0; i < out->stride; i++)
        out->biases[i] = NEVER;
    struct arena *scratch = arena_new();
    struct model *m = learn(scratch, &l);
    arena_free(scratch);
    for (int i = 0; i < m->nr_class; i++)
        pack_column(m, i, out);
    free_and_destroy_model(&m);
}

struct observed {
    struct gate_observation *items;
    int n, step; /* every step-th example is enough */
};

static void observe(struct arena *a, const struct blob *b, const struct vocabulary_row *row,
                    struct gate_scores *out) {
    struct features f = {ARENA_ARRAY(a, struct feature, row->n + 1), row->n};
    for (int i = 0; i < row->n; i++)
        f.items[i].key = row->keys[i];
    blob_score(a, b, &f, NULL, out);
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
        keep(a, seen, &scores, hidden ? GATE_OUTSIDE : c->labels[i]);
    }
    if (!hidden && c->n_outside == 0)
        examine_strangers(a, c, &b, seen);
    arena_free(each);
    arena_free(scratch);
}

static struct observed observe_all(struct arena *a, const struct corpus *c) {
    size_t scores = (size_t)c->n * (size_t)c->n_intents * 2;
    int room = 2 * c->n + c->n_folds * c->n_strangers + 1;
    struct observed seen = {.items = ARENA_ARRAY(a, struct gate_observation, room),
                            .step = 1 + (int)(scores / OBSERVED_SCORES_MAX)};
    for (int fold = 0; fold < c->n_folds; fold++)
        examine(a, c, &(struct share){fold, -1}, &seen);
    bool can_hide = c->n_intents >= 2 * c->n_folds;
    for (int part = 0; part < c->n_folds && can_hide && c->n_outside == 0; part++)
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
                                     c->names[v.best], v.confidence, v.in_scope >= g->threshold};
    }
    buf_addc(out, '{');
    json_put_number(out, "intents", c->n_intents);
    json_put_number(out, "folds", c->n_folds);
    json_put_text(out, "strangers", c->n_outside ? "examples" : "hidden intents and general texts");
    tally_report(a, rows, seen->n, NULL, out);
    buf_addc(out, '}');
}

static void train_corpus(struct arena *a, const struct corpus *c, struct buf *model,
                         struct buf *report) {
    struct blob b;
    struct observed seen = observe_all(a, c);
    fit(a, c, &(struct share){-1, -1}, &b);
    gate_fit(seen.items, seen.n, c->n_outside ? REFUSED_KNOWN : REFUSED_GUESSED, &b.gate);
    blob_write(&b, model);
    report_held_out(a, c, &b.gate, &seen, report);
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
        train_corpus(a, &c, model, report);
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
        rows[i] = (struct tally_row){examples[i].intent, g.name, g.confidence, g.in_scope};
    }
    buf_addc(report, '{');
    tally_report(a, rows, n, &times, report);
    buf_addc(report, '}');
    arena_free(each);
    arena_free(a);
    return buf_done(report);
}
