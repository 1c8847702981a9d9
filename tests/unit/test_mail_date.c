#include "../../common/codec/mail_date.h"

#include <string.h>

#include "../../common/base/clock.h"
#include "cases.h"

static void test_dates(void **state) {
    static const char *const rows[][2] = {
        {"Mon, 03 Jun 2024 10:12:00 +0200", "2024-06-03T08:12:00.000Z"},
        {"3 Jun 2024 10:12 GMT", "2024-06-03T10:12:00.000Z"},
        {"Mon,3 Jun 2024 10:12:00 -0730 (PDT)", "2024-06-03T17:42:00.000Z"},
        {"Mon Jun  3 10:12:00 2024", "2024-06-03T10:12:00.000Z"},
        {"3 Jun 24 10:12:00 EST", "2024-06-03T15:12:00.000Z"},
        {"3-Jun-2024 10:12:00 +0000", "2024-06-03T10:12:00.000Z"},
        {"2024-06-03T10:12:00Z", "2024-06-03T10:12:00.000Z"},
        {"2024-06-03 10:12:00 +0200", "2024-06-03T08:12:00.000Z"},
        {"Mon, 3 June 2024 10:12:00 +02:00", "2024-06-03T08:12:00.000Z"},
        {"Jun 3, 2024 1:12:00 PM UTC", "2024-06-03T13:12:00.000Z"},
        {"Thu, 29 Feb 2024 23:59:60 +0000", "2024-03-01T00:00:00.000Z"},
        {"Thu, 1 Jan 70 00:00:01 +0000", "1970-01-01T00:00:01.000Z"}};
    static const char *const bad[] = {
        "",      "yesterday",        "Mon",  "99 Jun 2024", "3 Foo 2024",
        "3 Jun", "3 Jun 9999 10:00", "::::", "- - -"};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[CLOCK_RFC3339_MAX] = "";
        int64_t ms = 0;
        if (!mail_date_parse(rows[i][0], &ms) || strcmp(clock_rfc3339(ms, text), rows[i][1]) != 0)
            fail_msg("%s: %s", rows[i][0], text);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t ms;
        if (mail_date_parse(bad[i], &ms))
            fail_msg("\"%s\" is a date", bad[i]);
    }
}

static void test_there_and_back(void **state) {
    char text[MAIL_DATE_MAX];
    (void)state;
    assert_string_equal(mail_date_text(1717409520000, text), "Mon, 03 Jun 2024 10:12:00 +0000");
    for (int64_t ms = 1000; ms < 4102444800000; ms += 86400000LL * 37 + 61000) {
        int64_t back = 0;
        assert_true(mail_date_parse(mail_date_text(ms, text), &back));
        assert_int_equal(back, ms);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_there_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
