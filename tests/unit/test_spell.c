#include "../../common/nlu/spell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../common/codec/text.h"

static struct spell known;

static uint64_t hash_of(const char *word) { return text_hash(word, strlen(word), 0); }

static void tell(const char *word) { spell_add(&known, word, strlen(word), hash_of(word)); }

static int with_words(void **state) {
    static const char *const words[] = {"medarbejder", "zurückrufen", "agent",   "speak",
                                        "refund",      "tauschen",    "taschen", "medarbejder"};
    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        tell(words[i]);
    spell_shut(&known);
    return 0;
}

static int without_words(void **state) {
    (void)state;
    spell_free(&known);
    return 0;
}

static void expect(const char *typed, const char *meant) {
    uint64_t found = spell_meant(&known, hash_of(typed));
    if (found != (meant ? hash_of(meant) : 0))
        fail_msg("%s is not taken for %s", typed, meant ? meant : "itself");
}

static void test_two_letters_change_places(void **state) {
    (void)state;
    expect("medarbjeder", "medarbejder");
    expect("refnud", "refund");
    expect("zurükcrufen", "zurückrufen");
}

static void test_a_letter_is_missing_or_stands_twice(void **state) {
    (void)state;
    expect("medarbejdr", "medarbejder");
    expect("zurckrufen", "zurückrufen");
    expect("reffund", "refund");
    expect("zurüückrufen", "zurückrufen");
}

static void test_ends_and_short_words_are_left_alone(void **state) {
    (void)state;
    expect("edarbejder", NULL);
    expect("medarbejde", NULL);
    expect("agnet", NULL);
    expect("refud", NULL);
    expect("spaek", NULL);
}

static void test_a_known_word_is_no_slip(void **state) {
    (void)state;
    expect("taschen", NULL);
    expect("medarbejder", NULL);
    expect("house", NULL);
}

static void test_many_words_are_kept_apart(void **state) {
    struct spell many = {0};
    char word[32];
    (void)state;
    for (int i = 0; i < 5000; i++) {
        snprintf(word, sizeof word, "word%cx%cy%cz", 'a' + i % 26, 'a' + i / 26 % 26,
                 'a' + i / 676);
        spell_add(&many, word, strlen(word), hash_of(word));
    }
    spell_shut(&many);
    assert_int_equal(spell_meant(&many, hash_of("wrodcxbyaz")), hash_of("wordcxbyaz"));
    assert_int_equal(spell_meant(&many, hash_of("wordcxbyaz")), 0);
    spell_free(&many);
}

static void test_a_word_too_long_has_no_slips(void **state) {
    struct spell one = {0};
    const char *word = "donaudampfschifffahrtsgesellschaftskapitaen";
    (void)state;
    spell_add(&one, word, strlen(word), hash_of(word));
    spell_shut(&one);
    assert_int_equal(spell_meant(&one, hash_of("dnoaudampfschifffahrtsgesellschaftskapitaen")), 0);
    spell_free(&one);
}

static void expect_plain(const char *phrase, const char *plain) {
    char out[64];
    bool other = spell_plainly(phrase, out, sizeof out);
    assert_int_equal(other, plain != NULL);
    if (plain)
        assert_string_equal(out, plain);
}

static void test_plain_letters(void **state) {
    char out[8];
    (void)state;
    expect_plain("zurückrufen bitte", "zurueckrufen bitte");
    expect_plain("ærgerligt på gaden", "aergerligt paa gaden");
    expect_plain("große geïrriteerd", "grosse geirriteerd");
    expect_plain("één", NULL);
    expect_plain("plain", NULL);
    assert_false(spell_plainly("zurückrufen", out, sizeof out));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_letters_change_places),
        cmocka_unit_test(test_a_letter_is_missing_or_stands_twice),
        cmocka_unit_test(test_ends_and_short_words_are_left_alone),
        cmocka_unit_test(test_a_known_word_is_no_slip),
        cmocka_unit_test(test_many_words_are_kept_apart),
        cmocka_unit_test(test_a_word_too_long_has_no_slips),
        cmocka_unit_test(test_plain_letters),
    };
    return cmocka_run_group_tests(tests, with_words, without_words);
}
