#include "tally.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../codec/json.h"
#include "corpus.h"

#define BINS 10

static bool is_outside(const struct tally_row *r) { return strcmp(r->truth, CORPUS_OUTSIDE) == 0; }

static bool names_it(const struct tally_row *r) { return strcmp(r->truth, r->guess) == 0; }

/* Right as a whole: the name of an accepted text, or the refusal of a stranger. */
static bool is_right(const struct tally_row *r) {
    return is_outside(r) ? !r->in_scope : r->in_scope && names_it(r);
}

static void put_share(struct buf *out, const char *name, int part, int whole) {
    json_put_key(out, name);
    if (whole)
        json_put_real(out, round(1e4 * part / whole) / 1e4);
    else
        buf_adds(out, "null");
}

/* Expected calibration error over the texts that are in scope: ten bins of confidence. */
static double calibration_error(const struct tally_row *rows, int n) {
    double sure[BINS] = {0}, right[BINS] = {0}, error = 0;
    int inside = 0;
    for (int i = 0; i < n; i++) {
        if (is_outside(&rows[i]))
            continue;
        int bin = (int)(rows[i].confidence * BINS);
        bin = bin >= BINS ? BINS - 1 : bin < 0 ? 0 : bin;
        sure[bin] += rows[i].confidence;
        right[bin] += names_it(&rows[i]);
        inside++;
    }
    for (int i = 0; i < BINS; i++)
        error += fabs(sure[i] - right[i]);
    return inside ? error / inside : 0;
}

struct intent_tally {
    const char *name;
    int examples, found, claimed; /* claimed: accepted guesses of the name */
};

static int by_truth(const void *x, const void *y) {
    return strcmp((*(const struct tally_row *const *)x)->truth,
                  (*(const struct tally_row *const *)y)->truth);
}

static int by_intent(const void *x, const void *y) {
    return strcmp(((const struct intent_tally *)x)->name, ((const struct intent_tally *)y)->name);
}

static int count_intents(struct arena *a, const struct tally_row *rows, int n,
                         struct intent_tally **out) {
    const struct tally_row **order = ARENA_ARRAY(a, const struct tally_row *, n + 1);
    struct intent_tally *all = *out = ARENA_ARRAY(a, struct intent_tally, n + 1);
    int used = 0;
    for (int i = 0; i < n; i++)
        order[i] = &rows[i];
    qsort(order, (size_t)n, sizeof *order, by_truth);
    for (int i = 0; i < n; i++) {
        if (used == 0 || strcmp(all[used - 1].name, order[i]->truth) != 0)
            all[used++].name = order[i]->truth;
        all[used - 1].examples++;
        all[used - 1].found += is_right(order[i]);
    }
    for (int i = 0; i < n; i++) {
        struct intent_tally wanted = {.name = rows[i].in_scope ? rows[i].guess : CORPUS_OUTSIDE};
        struct intent_tally *t = bsearch(&wanted, all, (size_t)used, sizeof *all, by_intent);
        if (t)
            t->claimed++;
    }
    return used;
}

static void put_intents(struct arena *a, const struct tally_row *rows, int n, struct buf *out) {
    struct intent_tally *all;
    int used = count_intents(a, rows, n, &all);
    json_put_key(out, "per_intent");
    buf_addc(out, '{');
    for (int i = 0; i < used; i++) {
        json_put_key(out, all[i].name);
        buf_addc(out, '{');
        json_put_number(out, "examples", all[i].examples);
        put_share(out, "recall", all[i].found, all[i].examples);
        put_share(out, "precision", all[i].found, all[i].claimed);
        buf_addc(out, '}');
    }
    buf_addc(out, '}');
}

static int by_time(const void *x, const void *y) {
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return a < b ? -1 : a > b;
}

static void put_times(const struct tally_times *t, struct buf *out) {
    qsort(t->us, (size_t)t->n, sizeof *t->us, by_time);
    json_put_key(out, "us_per_message");
    buf_addc(out, '{');
    json_put_number(out, "p50", t->us[t->n / 2]);
    json_put_number(out, "p99", t->us[t->n * 99 / 100]);
    buf_addc(out, '}');
}

void tally_report(struct arena *a, const struct tally_row *rows, int n,
                  const struct tally_times *times, struct buf *out) {
    int inside = 0, named = 0, right = 0, inside_right = 0;
    for (int i = 0; i < n; i++) {
        bool outside = is_outside(&rows[i]);
        inside += !outside;
        named += !outside && names_it(&rows[i]);
        right += is_right(&rows[i]);
        inside_right += !outside && is_right(&rows[i]);
    }
    json_put_number(out, "examples", n);
    put_share(out, "accuracy", named, inside);
    put_share(out, "in_scope_accuracy", inside_right, inside);
    put_share(out, "out_of_scope_recall", right - inside_right, n - inside);
    put_share(out, "accuracy_at_threshold", right, n);
    json_put_double(out, "calibration_error", round(1e4 * calibration_error(rows, n)) / 1e4);
    if (times && times->n)
        put_times(times, out);
    put_intents(a, rows, n, out);
}
