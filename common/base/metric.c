#include "metric.h"

#include <inttypes.h>
#include <stdatomic.h>

enum metric_kind { METRIC_KIND_COUNTER, METRIC_KIND_GAUGE, METRIC_KIND_HISTOGRAM, KINDS };

static const char *const kind_names[KINDS] = {"counter", "gauge", "histogram"};

static const struct {
    enum metric_kind kind;
    const char *name, *help;
} rows[METRIC_COUNT_] = {
#define X(kind, id, name, help) [METRIC_##id] = {METRIC_KIND_##kind, name, help},
#include "metric.def"
#undef X
};

static const struct {
    int64_t us;
    const char *seconds;
} bounds[] = {
    {500, "0.0005"},  {1000, "0.001"},  {2500, "0.0025"}, {5000, "0.005"},  {10000, "0.01"},
    {25000, "0.025"}, {50000, "0.05"},  {100000, "0.1"},  {250000, "0.25"}, {500000, "0.5"},
    {1000000, "1"},   {2500000, "2.5"}, {5000000, "5"},   {10000000, "10"}, {INT64_MAX, "+Inf"},
};
#define BOUNDS ((int)(sizeof bounds / sizeof bounds[0]))

static struct {
    _Atomic int64_t value;          /* a histogram's is its number of observations */
    _Atomic int64_t sum_us;         /* histograms only, as the next */
    _Atomic int64_t bucket[BOUNDS]; /* not cumulative */
} cells[METRIC_COUNT_];

void metric_add(enum metric m, int64_t n) {
    atomic_fetch_add_explicit(&cells[m].value, n, memory_order_relaxed);
}

void metric_set(enum metric m, int64_t value) {
    atomic_store_explicit(&cells[m].value, value, memory_order_relaxed);
}

void metric_observe_us(enum metric m, int64_t us) {
    int i = 0;
    while (us > bounds[i].us)
        i++;
    atomic_fetch_add_explicit(&cells[m].bucket[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&cells[m].sum_us, us, memory_order_relaxed);
    metric_add(m, 1);
}

int64_t metric_value(enum metric m) {
    return atomic_load_explicit(&cells[m].value, memory_order_relaxed);
}

/* The count is the sum of the buckets just read, so that one scrape never contradicts itself. */
static void render_histogram(struct buf *out, int m) {
    int64_t count = 0;
    for (int i = 0; i < BOUNDS; i++) {
        count += atomic_load_explicit(&cells[m].bucket[i], memory_order_relaxed);
        buf_addf(out, "%s_bucket{le=\"%s\"} %" PRId64 "\n", rows[m].name, bounds[i].seconds, count);
    }
    int64_t sum_us = atomic_load_explicit(&cells[m].sum_us, memory_order_relaxed);
    buf_addf(out, "%s_sum %" PRId64 ".%06" PRId64 "\n", rows[m].name, sum_us / 1000000,
             sum_us % 1000000);
    buf_addf(out, "%s_count %" PRId64 "\n", rows[m].name, count);
}

void metric_render(struct buf *out) {
    for (int m = 0; m < METRIC_COUNT_; m++) {
        buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", rows[m].name, rows[m].help, rows[m].name,
                 kind_names[rows[m].kind]);
        if (rows[m].kind == METRIC_KIND_HISTOGRAM)
            render_histogram(out, m);
        else
            buf_addf(out, "%s %" PRId64 "\n", rows[m].name, metric_value((enum metric)m));
    }
}
