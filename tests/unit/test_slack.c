#include "../../common/channel/slack.h"

#include "dialect_run.h"

static const struct dialect dialect = {
    &slack_channel, "channel/slack", "{\"signing_secret\":\"s\",\"access_token\":\"xoxb\"}", "{}"};

static void test_what_calls_mean(void **state) { dialect_parse(*state, &dialect); }

static void test_what_is_sent(void **state) { dialect_render(*state, &dialect); }

static void test_what_answers_mean(void **state) { dialect_outcome(*state, &dialect); }

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_calls_mean),
        cmocka_unit_test(test_what_is_sent),
        cmocka_unit_test(test_what_answers_mean),
    };
    return cmocka_run_group_tests(tests, dialect_with_arena, dialect_without_arena);
}
