#include "../../common/channel/telegram.h"

#include "dialect_attack.h"
#include "dialect_run.h"

static const struct dialect dialect = {&telegram_channel, "channel/telegram",
                                       "{\"secret_token\":\"s\",\"bot_token\":\"1:TOKEN\"}", "{}"};

static void test_what_calls_mean(void **state) { dialect_parse(*state, &dialect); }

static void test_what_is_sent(void **state) { dialect_render(*state, &dialect); }

static void test_what_answers_mean(void **state) { dialect_outcome(*state, &dialect); }

static const char *sign(struct arena *a, const char *secret, struct span body) {
    (void)body;
    return arena_strdup(a, secret);
}

static void test_forged_tokens_are_refused(void **state) {
    struct dialect_attack t = {
        .channel = &telegram_channel, .header = "X-Telegram-Bot-Api-Secret-Token", .sign = sign};
    dialect_attack(*state, &t);
    dialect_attack_empty(*state, &telegram_channel, t.header, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_calls_mean),
        cmocka_unit_test(test_what_is_sent),
        cmocka_unit_test(test_what_answers_mean),
        cmocka_unit_test(test_forged_tokens_are_refused),
    };
    return cmocka_run_group_tests(tests, dialect_with_arena, dialect_without_arena);
}
