#include "../../common/channel/channel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Rows and columns: none pending sent delivered read failed. */
static void test_receipts_move_forward_only(void **state) {
    static const char *const table[delivery_status_count_] = {
        "------", "--sdrf", "---drf", "----r-", "------", "------",
    };
    (void)state;
    for (int from = 0; from < delivery_status_count_; from++)
        for (int to = 0; to < delivery_status_count_; to++)
            assert_int_equal(channel_receipt_advances(from, to), table[from][to] != '-');
}

static void test_no_receipt_order_leads_back(void **state) {
    (void)state;
    for (int a = 0; a < delivery_status_count_; a++)
        for (int b = 0; b < delivery_status_count_; b++)
            assert_false(channel_receipt_advances(a, b) && channel_receipt_advances(b, a));
}

static void test_unknown_status_never_advances(void **state) {
    (void)state;
    assert_false(channel_receipt_advances(delivery_status_count_, DELIVERY_READ));
    assert_false(channel_receipt_advances(DELIVERY_PENDING, delivery_status_count_));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_receipts_move_forward_only),
        cmocka_unit_test(test_no_receipt_order_leads_back),
        cmocka_unit_test(test_unknown_status_never_advances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
