#include "../../common/model/enums.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_every_value_and_its_text_lead_to_each_other(void **state) {
    (void)state;
#define ENUM(type, prefix)                                                                         \
    for (int i = 0; i < type##_count_; i++) {                                                      \
        enum type back = (enum type)0;                                                             \
        assert_true(type##_parse(type##_text((enum type)i), &back));                               \
        assert_int_equal(back, i);                                                                 \
    }
#define X(prefix, name, text)
#define END(type)
#include "../../common/model/enums.def"
#undef ENUM
#undef X
#undef END
}

static void test_what_a_newer_version_wrote_is_unknown_and_not_a_crash(void **state) {
    (void)state;
    assert_string_equal(mode_text((enum mode)99), "unknown");
    assert_string_equal(mode_text((enum mode) - 1), "unknown");
}

static void test_only_the_exact_text_is_read(void **state) {
    (void)state;
    enum mode m = MODE_HUMAN;
    assert_false(mode_parse("Human", &m));
    assert_false(mode_parse("", &m));
    assert_false(mode_parse(NULL, &m));
    assert_false(mode_parse("unknown", &m));
    assert_int_equal(m, MODE_HUMAN);
}

static void test_stored_numbers_do_not_move(void **state) {
    (void)state;
    assert_int_equal(MODE_HUMAN_EMOTION, 4);
    assert_int_equal(PARTY_QUEUE, 4);
    assert_int_equal(STATUS_RESOLVED, 2);
    assert_int_equal(TRUST_VERIFIED, 1);
    assert_int_equal(LANE_TIMER, 2);
    assert_int_equal(DELIVERY_FAILED, 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_value_and_its_text_lead_to_each_other),
        cmocka_unit_test(test_what_a_newer_version_wrote_is_unknown_and_not_a_crash),
        cmocka_unit_test(test_only_the_exact_text_is_read),
        cmocka_unit_test(test_stored_numbers_do_not_move),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
