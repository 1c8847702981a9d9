#include "confusion.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../codec/json.h"
#include "corpus.h"

#define WORST_MAX 20
#define TEXTS_MAX 3
#define LABEL_NEXT_MAX 20
#define LABEL_NEXT_OF_GUESS 2 /* many of one kind would teach one thing */

static const char *said(const struct tally_row *r) {
    return r->in_scope ? r->guess : CORPUS_OUTSIDE;
}

/* By label, then guess: what is confused alike stands together. */
static int by_pair(const void *x, const void *y) {
    const struct tally_row *a = *(const struct tally_row *const *)x;
    const struct tally_row *b = *(const struct tally_row *const *)y;
    int order = strcmp(a->truth, b->truth);
    return order ? order : strcmp(said(a), said(b));
}

struct pair {
    const struct tally_row *const *rows;
    int n;
};

static int by_count(const void *x, const void *y) {
    const struct pair *a = x, *b = y;
    return a->n != b->n ? b->n - a->n : by_pair(a->rows, b->rows);
}

static int find_pairs(struct arena *a, const struct tally_row *rows, int n, struct pair **out) {
    const struct tally_row **wrong = ARENA_ARRAY(a, const struct tally_row *, n + 1);
    int n_wrong = 0, n_pairs = 0;
    for (int i = 0; i < n; i++)
        if (strcmp(rows[i].truth, said(&rows[i])) != 0)
            wrong[n_wrong++] = &rows[i];
    qsort(wrong, (size_t)n_wrong, sizeof *wrong, by_pair);
    *out = ARENA_ARRAY(a, struct pair, n_wrong + 1);
    for (int i = 0; i < n_wrong; i++) {
        if (i == 0 || by_pair(&wrong[i - 1], &wrong[i]) != 0)
            (*out)[n_pairs++] = (struct pair){wrong + i, 0};
        (*out)[n_pairs - 1].n++;
    }
    return n_pairs;
}

static void put_table(const struct pair *pairs, int n, struct buf *out) {
    json_put_key(out, "confusion");
    buf_addc(out, '{');
    for (int i = 0; i < n; i++) {
        const char *truth = pairs[i].rows[0]->truth;
        bool first = i == 0 || strcmp(pairs[i - 1].rows[0]->truth, truth) != 0;
        bool last = i + 1 == n || strcmp(pairs[i + 1].rows[0]->truth, truth) != 0;
        if (first) {
            json_put_key(out, truth);
            buf_addc(out, '{');
        }
        json_put_number(out, said(pairs[i].rows[0]), pairs[i].n);
        if (last)
            buf_addc(out, '}');
    }
    buf_addc(out, '}');
}

static void put_worst(const struct pair *pairs, int n, struct buf *out) {
    json_put_key(out, "worst_confusions");
    buf_addc(out, '[');
    for (int i = 0; i < n && i < WORST_MAX; i++) {
        json_put_item(out);
        buf_addc(out, '{');
        json_put_text(out, "label", pairs[i].rows[0]->truth);
        json_put_text(out, "guess", said(pairs[i].rows[0]));
        json_put_number(out, "count", pairs[i].n);
        json_put_key(out, "texts");
        buf_addc(out, '[');
        for (int k = 0; k < pairs[i].n && k < TEXTS_MAX && pairs[i].rows[k]->text; k++) {
            json_put_item(out);
            json_put_string(out, pairs[i].rows[k]->text);
        }
        buf_adds(out, "]}");
    }
    buf_addc(out, ']');
}

static double sureness(const struct tally_row *r) { return r->confidence * r->scope; }

static int by_sureness(const void *x, const void *y) {
    double a = sureness(*(const struct tally_row *const *)x);
    double b = sureness(*(const struct tally_row *const *)y);
    return a < b ? 1 : a > b ? -1 : 0;
}

/* The largest share from the surest on in which this part is right. */
static double automatable(const struct tally_row *const *order, int n, double precision) {
    int right = 0, most = 0;
    for (int i = 0; i < n; i++) {
        right += strcmp(order[i]->truth, order[i]->guess) == 0;
        if (right >= precision * (i + 1))
            most = i + 1;
    }
    return n ? round(1e4 * most / n) / 1e4 : 0;
}

/* Half sure is what a label would settle. */
static int by_doubt(const void *x, const void *y) {
    double a = fabs(sureness(*(const struct tally_row *const *)x) - 0.5);
    double b = fabs(sureness(*(const struct tally_row *const *)y) - 0.5);
    return a < b ? -1 : a > b ? 1 : 0;
}

static bool is_taken(const struct tally_row *const *chosen, int n, const char *guess) {
    int of_guess = 0;
    for (int i = 0; i < n; i++)
        of_guess += strcmp(chosen[i]->guess, guess) == 0;
    return of_guess >= LABEL_NEXT_OF_GUESS;
}

static void put_label_next(const struct tally_row **order, int n, struct buf *out) {
    const struct tally_row *chosen[LABEL_NEXT_MAX];
    int used = 0;
    qsort(order, (size_t)n, sizeof *order, by_doubt);
    json_put_key(out, "label_next");
    buf_addc(out, '[');
    for (int i = 0; i < n && used < LABEL_NEXT_MAX; i++) {
        if (!order[i]->text || is_taken(chosen, used, order[i]->guess))
            continue;
        chosen[used++] = order[i];
        json_put_item(out);
        buf_addc(out, '{');
        json_put_text(out, "text", order[i]->text);
        json_put_text(out, "guess", order[i]->guess);
        json_put_double(out, "confidence", round(1e4 * sureness(order[i])) / 1e4);
        buf_addc(out, '}');
    }
    buf_addc(out, ']');
}

void confusion_report(struct arena *a, const struct tally_row *rows, int n, struct buf *out) {
    struct pair *pairs;
    int n_pairs = find_pairs(a, rows, n, &pairs);
    put_table(pairs, n_pairs, out);
    qsort(pairs, (size_t)n_pairs, sizeof *pairs, by_count);
    put_worst(pairs, n_pairs, out);
    const struct tally_row **order = ARENA_ARRAY(a, const struct tally_row *, n + 1);
    for (int i = 0; i < n; i++)
        order[i] = &rows[i];
    qsort(order, (size_t)n, sizeof *order, by_sureness);
    json_put_key(out, "automatable");
    buf_addc(out, '{');
    json_put_double(out, "at_99", automatable(order, n, 0.99));
    json_put_double(out, "at_98", automatable(order, n, 0.98));
    buf_addc(out, '}');
    put_label_next(order, n, out);
}
