#include "../../common/bot/phrase.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const languages[] = {"en", "nl", "da", "de", "zh"};
#define LANGUAGES (sizeof languages / sizeof languages[0])

static void test_every_phrase_is_its_own_in_every_language(void **state) {
    (void)state;
    for (int p = 0; p < PHRASE_COUNT_; p++)
        for (size_t i = 0; i < LANGUAGES; i++)
            for (size_t k = 0; k < i; k++)
                assert_string_not_equal(phrase_text(p, languages[i]), phrase_text(p, languages[k]));
}

static void test_a_sixth_language_gets_english(void **state) {
    (void)state;
    assert_string_equal(phrase_text(PHRASE_WELCOME, "fr"), phrase_text(PHRASE_WELCOME, "en"));
    assert_string_equal(phrase_text(PHRASE_WELCOME, ""), phrase_text(PHRASE_WELCOME, "en"));
    assert_string_equal(phrase_text(PHRASE_WELCOME, "de-AT"), phrase_text(PHRASE_WELCOME, "de"));
}

static void test_only_the_greeting_and_the_choice_ask(void **state) {
    (void)state;
    for (int p = 0; p < PHRASE_COUNT_; p++)
        for (size_t i = 0; p != PHRASE_GREETING && p != PHRASE_WHICH && i < LANGUAGES; i++)
            assert_null(strpbrk(phrase_text(p, languages[i]), "?"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_phrase_is_its_own_in_every_language),
        cmocka_unit_test(test_a_sixth_language_gets_english),
        cmocka_unit_test(test_only_the_greeting_and_the_choice_ask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
