#include "../../common/base/metric.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static char *rendered(struct buf *out) {
    buf_init(out, 1 << 20);
    metric_render(out);
    assert_int_equal(buf_done(out), OK);
    return out->p;
}

static void check_line(const char *line) {
    buf_auto out;
    char *at = strstr(rendered(&out), line);
    if (!at || (at != out.p && at[-1] != '\n'))
        fail_msg("no line %s", line);
}

static void test_counters_add_up(void **state) {
    (void)state;
    metric_add(METRIC_jobs_done, 2);
    metric_add(METRIC_jobs_done, 3);
    assert_int_equal(metric_value(METRIC_jobs_done), 5);
    check_line("# TYPE redthread_jobs_done_total counter\nredthread_jobs_done_total 5\n");
    check_line("# HELP redthread_jobs_done_total jobs finished\n");
}

static void test_gauges_go_both_ways(void **state) {
    (void)state;
    metric_set(METRIC_http_connections, 10);
    metric_add(METRIC_http_connections, -3);
    assert_int_equal(metric_value(METRIC_http_connections), 7);
    check_line("# TYPE redthread_http_connections gauge\nredthread_http_connections 7\n");
}

static void test_histograms_are_cumulative(void **state) {
    (void)state;
    static const int64_t seen_us[] = {0, 500, 501, 1000000, 10000000, 10000001, 99000000};
    for (size_t i = 0; i < sizeof seen_us / sizeof seen_us[0]; i++)
        metric_observe_us(METRIC_http_seconds, seen_us[i]);
    assert_int_equal(metric_value(METRIC_http_seconds), 7);
    check_line("# TYPE redthread_http_request_seconds histogram\n");
    check_line("redthread_http_request_seconds_bucket{le=\"0.0005\"} 2\n");
    check_line("redthread_http_request_seconds_bucket{le=\"0.001\"} 3\n");
    check_line("redthread_http_request_seconds_bucket{le=\"0.5\"} 3\n");
    check_line("redthread_http_request_seconds_bucket{le=\"1\"} 4\n");
    check_line("redthread_http_request_seconds_bucket{le=\"10\"} 5\n");
    check_line("redthread_http_request_seconds_bucket{le=\"+Inf\"} 7\n");
    check_line("redthread_http_request_seconds_sum 120.001002\n");
    check_line("redthread_http_request_seconds_count 7\n");
}

static void test_every_row_is_rendered_with_help_and_type(void **state) {
    (void)state;
    buf_auto out;
    int helps = 0, types = 0;
    for (char *at = rendered(&out); (at = strstr(at, "# HELP redthread_")); at++)
        helps++;
    for (char *at = out.p; (at = strstr(at, "# TYPE redthread_")); at++)
        types++;
    assert_int_equal(helps, METRIC_COUNT_);
    assert_int_equal(types, METRIC_COUNT_);
    assert_int_equal(out.p[out.len - 1], '\n');
}

#define THREADS 4
#define ROUNDS 20000

static void *count(void *arg) {
    for (int i = 0; i < ROUNDS; i++) {
        metric_add(METRIC_turns_run, 1);
        metric_observe_us(METRIC_outbound_seconds, 700);
    }
    return arg;
}

static void test_threads_lose_no_count(void **state) {
    (void)state;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(metric_value(METRIC_turns_run), THREADS * ROUNDS);
    check_line("redthread_outbound_seconds_bucket{le=\"0.001\"} 80000\n");
    check_line("redthread_outbound_seconds_sum 56.000000\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counters_add_up),
        cmocka_unit_test(test_gauges_go_both_ways),
        cmocka_unit_test(test_histograms_are_cumulative),
        cmocka_unit_test(test_every_row_is_rendered_with_help_and_type),
        cmocka_unit_test(test_threads_lose_no_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
