/*
 * metric: counters, gauges and histograms as atomics, one row each in metric.def. No labels:
 * nothing here can grow with customers. Rendered as Prometheus text 0.0.4.
 */
#pragma once
#include <stdint.h>

#include "buf.h"

enum metric {
#define X(kind, id, name, help) METRIC_##id,
#include "metric.def"
#undef X
    METRIC_COUNT_
};

void metric_add(enum metric m, int64_t n);         /* counters; gauges may go down with n < 0 */
void metric_set(enum metric m, int64_t value);     /* gauges */
void metric_observe_us(enum metric m, int64_t us); /* histograms */
int64_t metric_value(enum metric m);               /* a histogram's value is its count */
void metric_render(struct buf *out);
