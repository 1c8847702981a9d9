#include "../../common/base/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define KEY_HEX "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"

struct fixture {
    struct arena *arena;
    struct config cfg;
    struct why why;
    char path[64];
};

static int with_file(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    f->arena = arena_new();
    snprintf(f->path, sizeof f->path, "/tmp/test_config_XXXXXX");
    int fd = mkstemp(f->path);
    *state = f;
    return fd < 0 ? -1 : close(fd);
}

static int without_file(void **state) {
    struct fixture *f = *state;
    unlink(f->path);
    arena_free(f->arena);
    free(f);
    return 0;
}

static void write_file(const struct fixture *f, const void *bytes, size_t n) {
    FILE *file = fopen(f->path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

static void check_refused(struct fixture *f, char *const *environment, const char *part) {
    assert_int_equal(config_read(f->arena, environment, &f->cfg, &f->why), ERR_INVALID);
    if (!strstr(f->why.text, part))
        fail_msg("\"%s\" does not say \"%s\"", f->why.text, part);
    assert_null(strchr(f->why.text, '\n'));
}

static void test_an_empty_environment_gives_the_defaults(void **state) {
    struct fixture *f = *state;
    char *const nothing[] = {NULL};
    assert_int_equal(config_read(f->arena, nothing, &f->cfg, &f->why), OK);
    assert_string_equal(f->cfg.listen, "127.0.0.1:8080");
    assert_int_equal(f->cfg.batch_max, 64);
    assert_false(f->cfg.database_pooled);
    assert_string_equal(f->cfg.database_url, "");
}

static void test_values_are_read_by_type(void **state) {
    struct fixture *f = *state;
    char text[] = "REDTHREAD_LISTEN=[::1]:0";
    char *const e[] = {(char *)(uintptr_t) "PATH=/bin",
                       text,
                       (char *)(uintptr_t) "REDTHREAD_LEASE_MS=500",
                       (char *)(uintptr_t) "REDTHREAD_DATABASE_POOLED=1",
                       (char *)(uintptr_t) "REDTHREAD_LOG_LEVEL=debug",
                       NULL};
    assert_int_equal(config_read(f->arena, e, &f->cfg, &f->why), OK);
    text[sizeof text - 2] = '9';
    assert_string_equal(f->cfg.listen, "[::1]:0");
    assert_int_equal(f->cfg.lease_ms, 500);
    assert_true(f->cfg.database_pooled);
    assert_string_equal(f->cfg.log_level, "debug");
}

static void check_value_refused(struct fixture *f, const char *assignment, const char *part) {
    char *const e[] = {arena_strdup(f->arena, assignment), NULL};
    check_refused(f, e, part);
}

static void test_values_out_of_bounds_are_refused(void **state) {
    struct fixture *f = *state;
    static const char *const bad[] = {"",   "0",  "257", "-1",  "+5",  " 5",
                                      "5 ", "5x", "0x5", "5.0", "1e1", "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        check_value_refused(f, arena_printf(f->arena, "REDTHREAD_BATCH_MAX=%s", bad[i]),
                            "REDTHREAD_BATCH_MAX must be a whole number from 1 to 256");
    check_value_refused(f, "REDTHREAD_DATABASE_POOLED=yes", "must be 0 or 1");
    check_value_refused(f, "REDTHREAD_DATABASE_POOLED=", "must be 0 or 1");
    check_value_refused(f, "REDTHREAD_LOG_FORMAT=xml", "json or logfmt");
    check_value_refused(f, "REDTHREAD_LOG_LEVEL=INFO", "debug, info, warn or error");
}

static void test_unknown_names_are_refused(void **state) {
    struct fixture *f = *state;
    check_value_refused(f, "REDTHREAD_BATCH=1", "REDTHREAD_BATCH is not a setting");
    check_value_refused(f, "REDTHREAD_BATCH_MAXI=1", "REDTHREAD_BATCH_MAXI");
    check_value_refused(f, "REDTHREAD_BATCH_MAX_FILES=1", "REDTHREAD_BATCH_MAX_FILES");
    check_value_refused(f, "REDTHREAD_=1", "REDTHREAD_ is");
    check_value_refused(f, "REDTHREAD_SECRET_KEY=hush", "REDTHREAD_SECRET_KEY");
    assert_null(strstr(f->why.text, "hush"));
}

static void test_settings_of_clients_are_passed_over(void **state) {
    struct fixture *f = *state;
    static const char *const names[] = {"URL=http://x", "ADMIN_KEY=k", "CONNECTOR_KEY=k",
                                        "AGENT_KEY=k", "DASHBOARD_KEY=k"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *const e[] = {arena_printf(f->arena, "REDTHREAD_%s", names[i]), NULL};
        assert_int_equal(config_read(f->arena, e, &f->cfg, &f->why), OK);
    }
}

static enum err read_from_file(struct fixture *f) {
    char *const e[] = {arena_printf(f->arena, "REDTHREAD_DATABASE_URL_FILE=%s", f->path), NULL};
    return config_read(f->arena, e, &f->cfg, &f->why);
}

static void test_a_file_gives_the_value_without_its_last_newline(void **state) {
    struct fixture *f = *state;
    write_file(f, "postgresql:///a\n", 16);
    assert_int_equal(read_from_file(f), OK);
    assert_string_equal(f->cfg.database_url, "postgresql:///a");
    write_file(f, "b\n\n", 3);
    assert_int_equal(read_from_file(f), OK);
    assert_string_equal(f->cfg.database_url, "b\n");
    write_file(f, "", 0);
    assert_int_equal(read_from_file(f), OK);
    assert_string_equal(f->cfg.database_url, "");
}

static void test_a_bad_file_is_refused_without_telling_its_content(void **state) {
    struct fixture *f = *state;
    static char large[65538];
    memset(large, 'x', sizeof large);
    write_file(f, large, 65536);
    assert_int_equal(read_from_file(f), OK);
    write_file(f, large, 65537);
    assert_int_equal(read_from_file(f), ERR_INVALID);
    write_file(f, "a\0b", 3);
    assert_int_equal(read_from_file(f), ERR_INVALID);
    unlink(f->path);
    assert_int_equal(read_from_file(f), ERR_INVALID);
    assert_non_null(strstr(f->why.text, "REDTHREAD_DATABASE_URL_FILE cannot be opened"));
}

static void test_a_directory_is_not_a_file(void **state) {
    struct fixture *f = *state;
    char *const e[] = {arena_strdup(f->arena, "REDTHREAD_DATABASE_URL_FILE=/tmp"), NULL};
    check_refused(f, e, "cannot be read");
}

static void test_value_and_file_together_are_refused(void **state) {
    struct fixture *f = *state;
    char *const e[] = {arena_strdup(f->arena, "REDTHREAD_SEALING_KEY=hush"),
                       arena_printf(f->arena, "REDTHREAD_SEALING_KEY_FILE=%s", f->path), NULL};
    check_refused(f, e, "both");
    assert_null(strstr(f->why.text, "hush"));
}

static enum err require(struct fixture *f, const char *url, const char *key) {
    f->cfg = (struct config){.database_url = url, .sealing_key = key};
    return config_require(&f->cfg, &f->why);
}

static void test_what_a_database_process_needs(void **state) {
    struct fixture *f = *state;
    assert_int_equal(require(f, "postgresql:///a", KEY_HEX), OK);
    assert_int_equal(require(f, "", KEY_HEX), ERR_INVALID);
    assert_non_null(strstr(f->why.text, "REDTHREAD_DATABASE_URL"));
    assert_int_equal(require(f, "x", ""), ERR_INVALID);
    assert_non_null(strstr(f->why.text, "REDTHREAD_SEALING_KEY"));
    assert_int_equal(require(f, "x", KEY_HEX "0"), ERR_INVALID);
    assert_int_equal(require(f, "x", &KEY_HEX[1]), ERR_INVALID);
    char key[] = KEY_HEX;
    key[63] = 'g';
    assert_int_equal(require(f, "x", key), ERR_INVALID);
}

static void test_the_dump_hides_secrets(void **state) {
    struct fixture *f = *state;
    buf_auto out;
    buf_init(&out, 1 << 16);
    char *const e[] = {arena_strdup(f->arena, "REDTHREAD_REDIS_URL=redis://:hush@h:1"),
                       arena_strdup(f->arena, "REDTHREAD_BATCH_MAX=7"), NULL};
    assert_int_equal(config_read(f->arena, e, &f->cfg, &f->why), OK);
    config_dump(&f->cfg, &out);
    assert_int_equal(buf_done(&out), OK);
    assert_null(strstr(out.p, "hush"));
    assert_non_null(strstr(out.p, "\nREDTHREAD_REDIS_URL=(set)  # "));
    assert_non_null(strstr(out.p, "\nREDTHREAD_SEALING_KEY=(empty)  # "));
    assert_non_null(strstr(out.p, "\nREDTHREAD_BATCH_MAX=7  # "));
    assert_non_null(strstr(out.p, "\nREDTHREAD_DATABASE_POOLED=0  # "));
}

/* The example is a file of NAME=value lines and comments that config_read itself accepts. */
static void test_the_example_reads_as_the_defaults(void **state) {
    struct fixture *f = *state;
    char *environment[200];
    int n = 0;
    buf_auto out;
    buf_init(&out, 1 << 16);
    config_example(&out);
    assert_int_equal(buf_done(&out), OK);
    struct span rest = buf_span(&out), line;
    while (span_split(&rest, '\n', &line))
        if (line.n && line.p[0] != '#')
            environment[n++] = arena_strndup(f->arena, line.p, line.n);
    environment[n] = NULL;
    assert_true(n > 20);
    for (int i = 1; i < n; i++)
        assert_true(strcmp(environment[i - 1], environment[i]) < 0);
    assert_int_equal(config_read(f->arena, environment, &f->cfg, &f->why), OK);
    assert_int_equal(f->cfg.retry_max, 12);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, with_file, without_file)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(test_an_empty_environment_gives_the_defaults),
        CASE(test_values_are_read_by_type),
        CASE(test_values_out_of_bounds_are_refused),
        CASE(test_unknown_names_are_refused),
        CASE(test_settings_of_clients_are_passed_over),
        CASE(test_a_file_gives_the_value_without_its_last_newline),
        CASE(test_a_bad_file_is_refused_without_telling_its_content),
        CASE(test_a_directory_is_not_a_file),
        CASE(test_value_and_file_together_are_refused),
        CASE(test_what_a_database_process_needs),
        CASE(test_the_dump_hides_secrets),
        CASE(test_the_example_reads_as_the_defaults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
