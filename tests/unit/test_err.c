#include "../../common/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../common/codec/utf8.h"

static void test_every_code_has_a_row(void **state) {
    (void)state;
    for (int e = OK; e < ERR_COUNT_; e++) {
        assert_true(strlen(err_name((enum err)e)) > 0);
        assert_true(strlen(err_text((enum err)e)) > 0);
        assert_true(err_http((enum err)e) == 200 || err_http((enum err)e) >= 400);
    }
}

static void test_rows_say_what_the_table_says(void **state) {
    (void)state;
    assert_int_equal(OK, 0);
    assert_string_equal(err_name(ERR_INVALID), "ERR_INVALID");
    assert_string_equal(err_text(ERR_BUSY), "no capacity now");
    assert_int_equal(err_http(ERR_INVALID), 422);
    assert_int_equal(err_http(ERR_STORE), 503);
    assert_int_equal(err_retry(OK), ERR_RETRY_NONE);
    assert_int_equal(err_retry(ERR_CONFLICT), ERR_RETRY_NEVER);
    assert_int_equal(err_retry(ERR_TIMEOUT), ERR_RETRY_SOON);
    assert_int_equal(err_retry(ERR_LIMIT), ERR_RETRY_LATER);
}

static void test_a_number_outside_the_set_is_our_mistake(void **state) {
    (void)state;
    assert_string_equal(err_name((enum err)ERR_COUNT_), "ERR_BUG");
    assert_int_equal(err_http((enum err)1000), 500);
}

static void test_why_is_filled_and_the_code_handed_on(void **state) {
    (void)state;
    struct why why;
    assert_int_equal(why_set(&why, ERR_DENIED, "/a/b", "%s is %d", "x", 7), ERR_DENIED);
    assert_string_equal(why.text, "x is 7");
    assert_string_equal(why.pointer, "/a/b");
    assert_int_equal(why_set(&why, ERR_ABSENT, NULL, "gone"), ERR_ABSENT);
    assert_string_equal(why.pointer, "");
    assert_int_equal(why_set(NULL, ERR_INVALID, "/a", "nobody asks"), ERR_INVALID);
}

/* Each length of prefix puts the cut at another byte of the repeated character. */
static void check_cut(const char *character) {
    char text[2 * WHY_TEXT_MAX] = "";
    for (int prefix = 0; prefix < 4; prefix++) {
        memset(text, 'x', (size_t)prefix);
        size_t n = (size_t)prefix, step = strlen(character);
        for (; n + step < sizeof text; n += step)
            memcpy(text + n, character, step + 1);
        struct why why;
        assert_int_equal(why_set(&why, ERR_INVALID, text, "%s", text), ERR_INVALID);
        assert_true(utf8_valid(why.text, strlen(why.text)));
        assert_true(utf8_valid(why.pointer, strlen(why.pointer)));
        assert_true(strlen(why.text) + 1 + step > WHY_TEXT_MAX);
        assert_memory_equal(why.text, text, strlen(why.text));
    }
}

static void test_a_cut_never_splits_a_character(void **state) {
    (void)state;
    check_cut("y");
    check_cut("\u00e6");
    check_cut("\u5305");
    check_cut("\U0001F600");
}

static enum err refuse_if(enum err e, int *reached) {
    TRY(e);
    *reached = 1;
    return OK;
}

static void test_try_returns_the_error_only(void **state) {
    (void)state;
    int reached = 0;
    assert_int_equal(refuse_if(ERR_LIMIT, &reached), ERR_LIMIT);
    assert_int_equal(reached, 0);
    assert_int_equal(refuse_if(OK, &reached), OK);
    assert_int_equal(reached, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_code_has_a_row),
        cmocka_unit_test(test_rows_say_what_the_table_says),
        cmocka_unit_test(test_a_number_outside_the_set_is_our_mistake),
        cmocka_unit_test(test_why_is_filled_and_the_code_handed_on),
        cmocka_unit_test(test_a_cut_never_splits_a_character),
        cmocka_unit_test(test_try_returns_the_error_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
