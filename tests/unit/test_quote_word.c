#include "../../common/codec/quote_word.h"

#include "cases.h"

static void test_labels(void **state) {
    static const struct {
        const char *line;
        enum quote_label label;
    } rows[] = {{"From: a", QUOTE_FROM},
                {"FROM : a", QUOTE_FROM},
                {"*Från:* a", QUOTE_FROM},
                {"发件人：a", QUOTE_FROM},
                {"Sendt: a", QUOTE_SENT},
                {"À : a", QUOTE_TO},
                {"Cc: a", QUOTE_CC},
                {"Betreff: a", QUOTE_SUBJECT},
                {"From a", QUOTE_LABEL_NONE},
                {"Froma: a", QUOTE_LABEL_NONE},
                {"Frame: a", QUOTE_LABEL_NONE},
                {"", QUOTE_LABEL_NONE},
                {"Tone: a", QUOTE_LABEL_NONE}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (quote_word_label(span_of(rows[i].line)) != rows[i].label)
            fail_msg("%s", rows[i].line);
}

static void test_words_are_whole_words(void **state) {
    (void)state;
    assert_true(quote_word_wrote(span_of("Mette wrote:")));
    assert_true(quote_word_wrote(span_of("10:12写道：")));
    assert_false(quote_word_wrote(span_of("I rewrote:")));
    assert_false(quote_word_wrote(span_of("wrotes:")));
    assert_true(quote_word_self(span_of("On Monday I wrote:")));
    assert_true(quote_word_original(span_of("ORIGINAL message")));
    assert_false(quote_word_original(span_of("original messages")));
    assert_true(quote_word_forward(span_of("Videresendt besked")));
    assert_true(quote_word_above(span_of("reply above this line ##")));
    assert_true(quote_word_device(span_of("sent from my iPhone")));
    assert_false(quote_word_device(span_of("was sent from my iPhone")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_words_are_whole_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
