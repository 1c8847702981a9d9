#include "../../common/channel/slack_text.h"

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

static const struct {
    const char *slack, *people;
} rows[] = {
    {"", ""},
    {"a &amp; b &lt;c&gt; &nbsp; &", "a & b <c> &nbsp; &"},
    {"&amp;lt;", "&lt;"},
    {"<@U1>", "@U1"},
    {"<@U1|bo>", "@bo"},
    {"<@U1|@bo>", "@bo"},
    {"<#C1|general>", "#general"},
    {"<#C1|>", "#C1"},
    {"<!here>", "@here"},
    {"<!subteam^S1|@team>", "@team"},
    {"<!date^1^{date}|i dag>", "i dag"},
    {"<https://x.example>", "https://x.example"},
    {"<https://x.example|siden>", "siden (https://x.example)"},
    {"<http://x.example|x.example>", "x.example"},
    {"<tel:123|123>", "123"},
    {"<https://x.example?a&amp;b|a &lt; b>", "a < b (https://x.example?a&b)"},
    {"<>", ""},
    {"<@>", "@"},
    {"<|x>", "x ()"},
    {"1 < 2", "1 < 2"},
    {"<open", "<open"},
};

static void test_escapes_become_what_people_read(void **state) {
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(slack_text_read(*state, rows[i].slack), rows[i].people);
}

static void test_what_is_written_reads_back(void **state) {
    static const char *const texts[] = {"", "1 < 2 & 3 > 2", "<@U1>", "&amp;"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_string_equal(slack_text_read(*state, slack_text_write(*state, texts[i])), texts[i]);
    assert_string_equal(slack_text_write(*state, "<!channel>"), "&lt;!channel&gt;");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escapes_become_what_people_read),
        cmocka_unit_test(test_what_is_written_reads_back),
    };
    return cmocka_run_group_tests(tests, with_arena, without_arena);
}
