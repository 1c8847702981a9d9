#include "../../common/channel/post.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int with_arena(void **state) {
    *state = arena_new();
    return 0;
}

static int without_arena(void **state) {
    arena_free(*state);
    return 0;
}

static void test_fields_are_percent_encoded(void **state) {
    (void)state;
    buf_auto b;
    buf_init(&b, 1000);
    post_field(&b, "To", "+45");
    post_field(&b, "Body", "a b&c=\xC3\xA6~-._Z9");
    assert_string_equal(buf_span(&b).p, "To=%2B45&Body=a%20b%26c%3D%C3%A6~-._Z9");
}

static void test_a_base_ends_without_a_slash(void **state) {
    struct channel_account c = account_blank();
    assert_string_equal(post_base(*state, &c, "https://a"), "https://a");
    c.api_base = "http://b/v1//";
    assert_string_equal(post_base(*state, &c, "https://a"), "http://b/v1");
}

static void test_a_body_too_large_is_refused(void **state) {
    struct wire_request r;
    buf_auto b;
    buf_init(&b, 1);
    buf_adds(&b, "xx");
    assert_int_equal(post_json(*state, "u", NULL, &b, &r), ERR_TOO_LARGE);
    assert_int_equal(post_form(*state, "u", NULL, &b, &r), ERR_TOO_LARGE);
}

static void test_threads_stand_in_the_metadata_of_what_is_answered(void **state) {
    struct message answered = {.extra = "{\"metadata\":{\"t\":42}}"};
    struct channel_outbound o = {.answers = NULL};
    assert_string_equal(post_thread(*state, &o, "t"), "");
    o.answers = &answered;
    assert_string_equal(post_thread(*state, &o, "t"), "42");
    answered.extra = "{";
    assert_string_equal(post_thread(*state, &o, "t"), "");
    answered.extra = NULL;
    assert_string_equal(post_thread(*state, &o, "t"), "");
}

static void check_read(struct arena *a, int status, const char *retry_after,
                       enum channel_outcome outcome, int64_t wait_ms) {
    struct wire_header h = {"Retry-After", retry_after ? retry_after : ""};
    struct wire_response response = {status, &h, retry_after ? 1 : 0, {"{}", 2}};
    struct channel_receipt r;
    json_auto j = post_read(a, &response, 0, &r);
    assert_non_null(j);
    post_settle(&r);
    assert_int_equal(r.outcome, outcome);
    assert_int_equal(r.retry_after_ms, wait_ms);
    assert_true((r.outcome == CHANNEL_ACCEPTED) == (*r.error == '\0'));
}

static void test_what_a_status_alone_says(void **state) {
    check_read(*state, 200, NULL, CHANNEL_ACCEPTED, -1);
    check_read(*state, 202, "5", CHANNEL_ACCEPTED, -1);
    check_read(*state, 0, NULL, CHANNEL_RETRY, -1);
    check_read(*state, 302, NULL, CHANNEL_RETRY, -1);
    check_read(*state, 400, "5", CHANNEL_GIVE_UP, -1);
    check_read(*state, 401, NULL, CHANNEL_DISABLE, -1);
    check_read(*state, 404, NULL, CHANNEL_GIVE_UP, -1);
    check_read(*state, 408, NULL, CHANNEL_RETRY, -1);
    check_read(*state, 429, "5", CHANNEL_WAIT, 5000);
    check_read(*state, 500, NULL, CHANNEL_RETRY, -1);
    check_read(*state, 500, "5", CHANNEL_WAIT, 5000);
    check_read(*state, 503, NULL, CHANNEL_WAIT, -1);
}

static void test_a_code_goes_before_the_status(void **state) {
    static const struct post_row rows[] = {{1, 2, CHANNEL_CLOSED}, {1, POST_ANY, CHANNEL_WAIT}};
    struct channel_receipt r = {CHANNEL_ACCEPTED, 7, "", "", ""};
    post_code(*state, &r, POST_TABLE(rows), 1, 2);
    assert_int_equal(r.outcome, CHANNEL_CLOSED);
    assert_string_equal(r.error, "code 1/2");
    post_code(*state, &r, POST_TABLE(rows), 1, 0);
    assert_int_equal(r.outcome, CHANNEL_WAIT);
    assert_string_equal(r.error, "code 1");
    r.outcome = CHANNEL_ACCEPTED;
    post_code(*state, &r, POST_TABLE(rows), 9, 0);
    assert_int_equal(r.outcome, CHANNEL_GIVE_UP);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_are_percent_encoded),
        cmocka_unit_test(test_a_base_ends_without_a_slash),
        cmocka_unit_test(test_a_body_too_large_is_refused),
        cmocka_unit_test(test_threads_stand_in_the_metadata_of_what_is_answered),
        cmocka_unit_test(test_what_a_status_alone_says),
        cmocka_unit_test(test_a_code_goes_before_the_status),
    };
    return cmocka_run_group_tests(tests, with_arena, without_arena);
}
