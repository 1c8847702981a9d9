#include "../../common/base/log.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../common/base/clock.h"
#include "../../common/base/metric.h"
#include "../../common/codec/json.h"

#define CAPTURE_MAX (1 << 20)
#define DEADLINE_MS 10000

static int real_stderr;
static char captured[CAPTURE_MAX];

/* Points stderr at another file until release(). cmocka writes there too: no asserts in between. */
static void redirect(int fd) {
    fflush(stderr);
    real_stderr = dup(STDERR_FILENO);
    dup2(fd, STDERR_FILENO);
}

static void release(void) {
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
}

static FILE *capture(void) {
    FILE *file = tmpfile();
    assert_non_null(file);
    redirect(fileno(file));
    return file;
}

static const char *read_capture(FILE *file) {
    release();
    rewind(file);
    captured[fread(captured, 1, CAPTURE_MAX - 1, file)] = '\0';
    fclose(file);
    return captured;
}

static int with_json(void **state) {
    (void)state;
    log_setup("tester", "json", "info");
    log_context(NULL, NULL);
    return 0;
}

/* The one line that was written, parsed; it must be one line and JSON. */
static json_t *one_object(const char *text) {
    const char *end = strchr(text, '\n');
    assert_non_null(end);
    assert_string_equal(end, "\n");
    json_t *j = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    if (!j)
        fail_msg("not JSON: %s", text);
    return j;
}

static void check_member(const json_t *j, const char *name, const char *value) {
    const char *is = json_string_value(json_object_get(j, name));
    assert_non_null(is);
    assert_string_equal(is, value);
}

static void test_a_line_is_an_object_with_time_and_names(void **state) {
    (void)state;
    FILE *file = capture();
    log_event(LOG_WARN, "job_dead", LOG_T("kind", "bot"), LOG_N("attempt", -12),
              LOG_T("none", NULL));
    json_auto j = one_object(read_capture(file));
    int64_t ms;
    check_member(j, "level", "warn");
    check_member(j, "service", "tester");
    check_member(j, "event", "job_dead");
    check_member(j, "kind", "bot");
    check_member(j, "none", "");
    assert_int_equal(json_integer_value(json_object_get(j, "attempt")), -12);
    assert_true(clock_parse_rfc3339(json_string_value(json_object_get(j, "time")), &ms));
    assert_true(llabs(clock_wall_ms() - ms) < 60000);
    assert_null(json_object_get(j, "request_id"));
}

static void test_lower_levels_are_left_out(void **state) {
    (void)state;
    FILE *file = capture();
    log_line(LOG_DEBUG, "quiet", NULL, 0);
    log_setup("tester", "json", "error");
    log_line(LOG_WARN, "quiet", NULL, 0);
    assert_string_equal(read_capture(file), "");
}

static void test_values_cannot_make_a_second_line(void **state) {
    (void)state;
    FILE *file = capture();
    log_event(LOG_INFO, "e", LOG_T("v", "a\"b\\c\n{\"event\":\"forged\"}\r\t\x1b[31m\x7f"));
    json_auto j = one_object(read_capture(file));
    check_member(j, "v", "a\"b\\c\n{\"event\":\"forged\"}\r\t\x1b[31m\x7f");
}

static void test_any_bytes_give_plain_ascii(void **state) {
    (void)state;
    char bytes[256];
    for (int i = 0; i < 255; i++)
        bytes[i] = (char)(i + 1);
    bytes[255] = '\0';
    FILE *file = capture();
    log_event(LOG_INFO, "e", LOG_T("v", bytes));
    const char *text = read_capture(file);
    json_auto j = one_object(text);
    assert_non_null(json_object_get(j, "v"));
    for (; *text && *text != '\n'; text++)
        assert_true(*text >= ' ' && *text <= '~');
}

static void test_context_is_put_on_each_line_and_taken_away(void **state) {
    (void)state;
    char id[] = "req-1";
    log_context(id, "trace-1");
    id[0] = 'x';
    FILE *file = capture();
    log_line(LOG_INFO, "e", NULL, 0);
    json_auto with = one_object(read_capture(file));
    check_member(with, "request_id", "req-1");
    check_member(with, "trace_id", "trace-1");
    log_context(NULL, "trace-2");
    file = capture();
    log_line(LOG_INFO, "e", NULL, 0);
    json_auto without = one_object(read_capture(file));
    assert_null(json_object_get(without, "request_id"));
    check_member(without, "trace_id", "trace-2");
}

static void *log_here(void *arg) {
    log_line(LOG_INFO, "elsewhere", NULL, 0);
    return arg;
}

static void test_context_belongs_to_its_thread(void **state) {
    (void)state;
    pthread_t thread;
    log_context("mine", NULL);
    FILE *file = capture();
    pthread_create(&thread, NULL, log_here, NULL);
    pthread_join(thread, NULL);
    json_auto j = one_object(read_capture(file));
    assert_null(json_object_get(j, "request_id"));
}

static void test_logfmt_quotes_what_needs_it(void **state) {
    (void)state;
    log_setup("tester", "logfmt", "debug");
    FILE *file = capture();
    log_event(LOG_DEBUG, "e", LOG_T("plain", "a-b/c:1"), LOG_T("space", "a b"), LOG_T("eq", "a=b"),
              LOG_T("empty", ""), LOG_T("line", "a\nb\"c\\"), LOG_N("n", 5));
    const char *text = read_capture(file);
    assert_non_null(strstr(text, " level=debug service=tester event=e plain=a-b/c:1 space=\"a b\" "
                                 "eq=\"a=b\" empty=\"\" line=\"a\\u000ab\\\"c\\\\\" n=5\n"));
    assert_int_equal(strncmp(text, "time=", 5), 0);
}

static void test_a_field_that_does_not_fit_is_left_out_whole(void **state) {
    (void)state;
    static char large[5000];
    memset(large, 'x', sizeof large - 1);
    FILE *file = capture();
    log_event(LOG_INFO, "e", LOG_T("large", large), LOG_N("after", 1));
    const char *text = read_capture(file);
    assert_true(strlen(text) <= 4096);
    json_auto j = one_object(text);
    assert_null(json_object_get(j, "large"));
    assert_int_equal(json_integer_value(json_object_get(j, "after")), 1);
    assert_int_equal(json_integer_value(json_object_get(j, "cut")), 1);
}

/* Every length near the limit, so that the mark of a cut line is seen to fit. */
static void test_the_longest_lines_stay_whole(void **state) {
    (void)state;
    static char large[4200];
    for (int n = 3850; n < 4100; n += 2) {
        memset(large, 'x', (size_t)n);
        large[n] = '\0';
        FILE *file = capture();
        log_event(LOG_INFO, "e", LOG_T("a", large), LOG_T("b", "0123456789"));
        const char *text = read_capture(file);
        assert_true(strlen(text) <= 4096);
        json_decref(one_object(text));
    }
}

static void test_a_reader_that_does_not_read_blocks_nobody(void **state) {
    (void)state;
    int ends[2];
    char filler[4096] = "";
    assert_int_equal(pipe(ends), 0);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    while (write(ends[1], filler, sizeof filler) > 0)
        continue;
    fcntl(ends[1], F_SETFL, 0);
    int64_t before = metric_value(METRIC_log_dropped);
    alarm(DEADLINE_MS / 1000);
    redirect(ends[1]);
    log_line(LOG_INFO, "e", NULL, 0);
    release();
    alarm(0);
    assert_int_equal(metric_value(METRIC_log_dropped), before + 1);
    close(ends[0]);
    close(ends[1]);
}

static void test_a_reader_that_left_kills_nobody(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    int64_t before = metric_value(METRIC_log_dropped);
    redirect(ends[1]);
    log_line(LOG_INFO, "e", NULL, 0);
    release();
    close(ends[1]);
    assert_int_equal(metric_value(METRIC_log_dropped), before + 1);
}

static int count_lines(const char *text) {
    int n = 0;
    for (; (text = strchr(text, '\n')); text++)
        n++;
    return n;
}

#define FLOOD 20000

/* Runs last: it uses the process's allowance up. */
static void test_a_flood_is_cut_and_confessed(void **state) {
    (void)state;
    int64_t before = metric_value(METRIC_log_dropped);
    FILE *file = capture();
    for (int i = 0; i < FLOOD; i++)
        log_line(LOG_INFO, "flood", NULL, 0);
    int64_t dropped = metric_value(METRIC_log_dropped) - before, total = FLOOD;
    for (int64_t end = clock_monotonic_ms() + DEADLINE_MS; clock_monotonic_ms() < end; total++) {
        int64_t seen = metric_value(METRIC_log_dropped);
        log_line(LOG_INFO, "after", NULL, 0);
        if (metric_value(METRIC_log_dropped) == seen)
            break;
    }
    const char *text = read_capture(file);
    assert_true(dropped > 0);
    const char *confession = strstr(text, "\"event\":\"log_dropped\",\"lines\":");
    assert_non_null(confession);
    assert_true(count_lines(text) >= 500);
    assert_true(count_lines(text) < total);
}

#define CASE(f) cmocka_unit_test_setup(f, with_json)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(test_a_line_is_an_object_with_time_and_names),
        CASE(test_lower_levels_are_left_out),
        CASE(test_values_cannot_make_a_second_line),
        CASE(test_any_bytes_give_plain_ascii),
        CASE(test_context_is_put_on_each_line_and_taken_away),
        CASE(test_context_belongs_to_its_thread),
        CASE(test_logfmt_quotes_what_needs_it),
        CASE(test_a_field_that_does_not_fit_is_left_out_whole),
        CASE(test_the_longest_lines_stay_whole),
        CASE(test_a_reader_that_does_not_read_blocks_nobody),
        CASE(test_a_reader_that_left_kills_nobody),
        CASE(test_a_flood_is_cut_and_confessed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
