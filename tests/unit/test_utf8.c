#include "../../common/codec/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define CP_MAX 0x10FFFF

static bool is_surrogate(uint32_t cp) { return cp >= 0xD800 && cp <= 0xDFFF; }

static void test_every_code_point_survives_put_and_next(void **state) {
    (void)state;
    for (uint32_t cp = 1; cp <= CP_MAX; cp++) {
        char text[5] = "";
        uint32_t back;
        int n = utf8_put(cp, text);
        assert_int_equal(utf8_valid(text, (size_t)n), !is_surrogate(cp));
        if (is_surrogate(cp))
            continue;
        assert_int_equal(utf8_next(text, &back), n);
        assert_int_equal(back, cp);
        assert_int_equal(utf8_count(text), 1);
    }
}

static void test_next_ends_at_nul(void **state) {
    (void)state;
    uint32_t cp = 1;
    assert_int_equal(utf8_next("", &cp), 0);
    assert_int_equal(cp, 0);
}

static void test_well_formed_text_is_valid(void **state) {
    (void)state;
    static const char *const good[] = {
        "",           "plain",        "bl\u00e5b\u00e6rgr\u00f8d", "\u6211\u7684\u8ba2\u5355",
        "\U0001F600", "\xEF\xBF\xBF", "\xF4\x8F\xBF\xBF",          "\xED\x9F\xBF\xEE\x80\x80"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(utf8_valid(good[i], strlen(good[i])));
    assert_true(utf8_valid("a\0b", 3));
}

static void test_ill_formed_text_is_not(void **state) {
    (void)state;
    static const char *const bad[] = {
        "\x80",             /* continuation alone */
        "\xC3",             /* cut short */
        "\xE2\x82",         /* cut short */
        "\xF0\x9F\x98",     /* cut short */
        "\xC0\xAF",         /* overlong */
        "\xC1\xBF",         /* overlong */
        "\xE0\x9F\xBF",     /* overlong */
        "\xF0\x8F\xBF\xBF", /* overlong */
        "\xED\xA0\x80",     /* surrogate */
        "\xED\xBF\xBF",     /* surrogate */
        "\xF4\x90\x80\x80", /* past U+10FFFF */
        "\xF5\x80\x80\x80", /* no such lead */
        "\xFF",             /* no such byte */
        "\xC3(",            /* lead without continuation */
        "\xE2(\x82",        /* continuation in the wrong place */
        "abc\xE6",          /* Latin-1 */
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (utf8_valid(bad[i], strlen(bad[i])))
            fail_msg("number %d was taken", (int)i);
}

static void test_count_and_truncate_go_by_code_points(void **state) {
    (void)state;
    const char *s = "a\u00e6\u5305\U0001F600z";
    assert_int_equal(utf8_count(s), 5);
    assert_int_equal(utf8_count(""), 0);
    static const size_t bytes[] = {0, 1, 3, 6, 10, 11, 11};
    for (size_t n = 0; n < sizeof bytes / sizeof bytes[0]; n++)
        assert_int_equal(utf8_truncate(s, n), bytes[n]);
}

static void test_scripts_of_known_characters(void **state) {
    (void)state;
    static const struct {
        uint32_t cp;
        enum utf8_script script;
    } known[] = {
        {'a', UTF8_LATIN},           {'Z', UTF8_LATIN},           {0x00E5, UTF8_LATIN},
        {0x00D7, UTF8_PUNCT},        {0x0142, UTF8_LATIN},        {0x0301, UTF8_LATIN},
        {0x1EC7, UTF8_LATIN},        {0xFF21, UTF8_LATIN},        {'0', UTF8_DIGIT},
        {'9', UTF8_DIGIT},           {0x0663, UTF8_DIGIT},        {0xFF15, UTF8_DIGIT},
        {' ', UTF8_SPACE},           {'\n', UTF8_SPACE},          {0x00A0, UTF8_SPACE},
        {0x200B, UTF8_SPACE},        {0x3000, UTF8_SPACE},        {0xFEFF, UTF8_SPACE},
        {'!', UTF8_PUNCT},           {'_', UTF8_PUNCT},           {0x2019, UTF8_PUNCT},
        {0x3002, UTF8_PUNCT},        {0xFF01, UTF8_PUNCT},        {0x20AC, UTF8_PUNCT},
        {0x4E2D, UTF8_HAN},          {0x3400, UTF8_HAN},          {0x20000, UTF8_HAN},
        {0x3005, UTF8_HAN},          {0x3042, UTF8_KANA},         {0x30AB, UTF8_KANA},
        {0x30FC, UTF8_KANA},         {0xFF76, UTF8_KANA},         {0xAC00, UTF8_HANGUL},
        {0xD7A3, UTF8_HANGUL},       {0x1100, UTF8_HANGUL},       {0x0416, UTF8_CYRILLIC},
        {0x0451, UTF8_CYRILLIC},     {0x0639, UTF8_ARABIC},       {0x060C, UTF8_PUNCT},
        {0x061F, UTF8_PUNCT},        {0x03B1, UTF8_OTHER_LETTER}, {0x05D0, UTF8_OTHER_LETTER},
        {0x0E01, UTF8_OTHER_LETTER}, {0x0915, UTF8_OTHER_LETTER}, {0x0964, UTF8_PUNCT},
        {0x1F600, UTF8_EMOJI},       {0x2764, UTF8_EMOJI},        {0x1F1E9, UTF8_EMOJI},
        {0xFE0F, UTF8_PUNCT},        {CP_MAX, UTF8_PUNCT},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (utf8_script(known[i].cp) != known[i].script)
            fail_msg("U+%04X is %d", known[i].cp, (int)utf8_script(known[i].cp));
}

/* Pairs of capital and small letters, the capital first. */
static void check_pairs(const char *s) {
    for (uint32_t capital, small; *s;) {
        s += utf8_next(s, &capital);
        s += utf8_next(s, &small);
        if (utf8_fold(capital) != small || utf8_fold(small) != small)
            fail_msg("U+%04X folds to U+%04X", capital, utf8_fold(capital));
    }
}

static void test_fold_gives_small_letters(void **state) {
    (void)state;
    check_pairs("AaMmZz");
    check_pairs("ÀàÅåÆæÐðÖöØøÝýÞþ");
    check_pairs("ĀāĐđĮįĲĳĶķĹĺŁłŇňŊŋŒœŞşŶŷŸÿŹźŽž");
    check_pairs("ȘșȚțẠạỆệỸỹ");
    check_pairs("ΆάΈέΊίΌόΎύΏώΑαΡρΣσΩωΫϋ");
    check_pairs("ЀѐЁёЏџАаПпРрЯяѠѡҐґӀӏӁӂӐӑ");
    assert_int_equal(utf8_fold(0x0130), 'i');
    assert_int_equal(utf8_fold(0x03C2), 0x03C3);
    assert_int_equal(utf8_fold(0x1E9E), 0x00DF);
    assert_int_equal(utf8_fold(0x017F), 's');
}

static void test_fold_leaves_the_rest_alone(void **state) {
    (void)state;
    static const uint32_t same[] = {'@',    '[',    '`',    '{',     '5',    0x00D7, 0x00F7,
                                    0x00DF, 0x0131, 0x0138, 0x0149,  0x01C0, 0x0390, 0x0482,
                                    0x4E2D, 0xAC00, 0x0639, 0x1F600, 0xFF00, 0xFF5F};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        assert_int_equal(utf8_fold(same[i]), same[i]);
}

static void test_fold_narrows_full_width_ascii(void **state) {
    (void)state;
    for (uint32_t c = '!'; c <= '~'; c++)
        assert_int_equal(utf8_fold(c + 0xFEE0), utf8_fold(c));
    assert_int_equal(utf8_fold(0xFF21), 'a');
}

static void test_fold_is_settled_after_one_step(void **state) {
    (void)state;
    for (uint32_t cp = 0; cp <= CP_MAX; cp++)
        assert_int_equal(utf8_fold(utf8_fold(cp)), utf8_fold(cp));
}

/* They are counted eight bytes at a time. */
static void test_count_is_right_for_any_length(void **state) {
    (void)state;
    static const char *const one[] = {"a", "\x7f", "\xc3\xa9", "\xe7\x8e\x8b", "\xf0\x9f\x98\x80"};
    char text[4 * 40 + 1];
    for (size_t seed = 0; seed < 2000; seed++)
        for (size_t n = 0, size = 0; n <= 40; n++) {
            text[size] = '\0';
            assert_int_equal(utf8_count(text), n);
            const char *next = one[(seed * 7 + n * (seed % 11 + 1) + seed / 5) % 5];
            size = (size_t)(stpcpy(text + size, next) - text);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_code_point_survives_put_and_next),
        cmocka_unit_test(test_next_ends_at_nul),
        cmocka_unit_test(test_well_formed_text_is_valid),
        cmocka_unit_test(test_ill_formed_text_is_not),
        cmocka_unit_test(test_count_and_truncate_go_by_code_points),
        cmocka_unit_test(test_scripts_of_known_characters),
        cmocka_unit_test(test_fold_gives_small_letters),
        cmocka_unit_test(test_fold_leaves_the_rest_alone),
        cmocka_unit_test(test_fold_narrows_full_width_ascii),
        cmocka_unit_test(test_fold_is_settled_after_one_step),
        cmocka_unit_test(test_count_is_right_for_any_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
