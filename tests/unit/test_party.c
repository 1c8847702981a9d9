#include "../../common/model/party.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_party_is_its_type_and_id(void **state) {
    (void)state;
    assert_true(party_equal(party_of(PARTY_BOT, "faq"), party_of(PARTY_BOT, "faq")));
    assert_false(party_equal(party_of(PARTY_BOT, "faq"), party_of(PARTY_AGENT, "faq")));
    assert_false(party_equal(party_of(PARTY_AGENT, "anna"), party_of(PARTY_AGENT, "bram")));
    assert_true(party_equal(party_of(PARTY_NONE, NULL), party_of(PARTY_NONE, "")));
}

static void people_are_agents_and_queues(void **state) {
    (void)state;
    assert_true(party_is_human(party_of(PARTY_AGENT, "anna")));
    assert_true(party_is_human(party_of(PARTY_QUEUE, "care")));
    assert_false(party_is_human(party_of(PARTY_BOT, "faq")));
    assert_false(party_is_human(party_of(PARTY_NONE, "")));
}

static void nobody_is_written_as_null(void **state) {
    (void)state;
    buf_auto b;
    buf_init(&b, 256);
    buf_addc(&b, '{');
    party_put(&b, "a", party_of(PARTY_AGENT, "anna"));
    party_put(&b, "b", party_of(PARTY_NONE, ""));
    buf_addc(&b, '}');
    assert_string_equal(b.p, "{\"a\":{\"type\":\"agent\",\"id\":\"anna\"},\"b\":null}");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_party_is_its_type_and_id),
                                       cmocka_unit_test(people_are_agents_and_queues),
                                       cmocka_unit_test(nobody_is_written_as_null)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
