#include "../../common/model/inbound.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_no_text_of_a_new_one_is_null(void **state) {
    struct arena *a = arena_new();
    struct inbound_list list = {0};
    const struct inbound *i = inbound_add(a, &list, INBOUND_STATUS);
    (void)state;
    const char *const texts[] = {
        i->external_id, i->about,       i->about_ours, i->address, i->name,     i->sender.kind,
        i->content,     i->text,        i->full_text,  i->html,    i->subject,  i->locale,
        i->in_reply_to, i->status_text, i->error_code, i->error,   i->reaction, i->why};
    for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++)
        assert_string_equal(texts[k], "");
    assert_int_equal(i->type, INBOUND_STATUS);
    arena_free(a);
}

static void test_a_list_keeps_what_it_has_as_it_grows_up_to_its_maximum(void **state) {
    struct arena *a = arena_new();
    struct inbound_list list = {0};
    (void)state;
    for (int k = 0; k < INBOUND_EVENTS_MAX; k++)
        inbound_add(a, &list, INBOUND_MESSAGE)->sent_ms = k;
    assert_null(inbound_add(a, &list, INBOUND_MESSAGE));
    for (int k = 0; k < INBOUND_EVENTS_MAX; k++)
        assert_int_equal(list.items[k].sent_ms, k);
    arena_free(a);
}

static void test_identities_are_normalised_and_bad_ones_left_out(void **state) {
    struct arena *a = arena_new();
    struct inbound_list list = {0};
    struct inbound *i = inbound_add(a, &list, INBOUND_MESSAGE);
    (void)state;
    inbound_identify(a, i, "email", "Mette@Example.DK", TRUST_CLAIMED);
    inbound_identify(a, i, "email", "not an address", TRUST_CLAIMED);
    inbound_identify(a, i, "phone", "+45 12 34 56 78", TRUST_VERIFIED);
    assert_int_equal(i->n_identities, 2);
    assert_string_equal(i->identities[0].value, "mette@example.dk");
    assert_string_equal(i->identities[1].value, "+4512345678");
    assert_int_equal(i->identities[1].trust, TRUST_VERIFIED);
    for (int k = 0; k < 2 * INBOUND_IDENTITIES_MAX; k++)
        inbound_identify(a, i, "phone", "+4512345678", TRUST_VERIFIED);
    assert_int_equal(i->n_identities, INBOUND_IDENTITIES_MAX);
    arena_free(a);
}

static void test_attachments_end_at_their_maximum(void **state) {
    struct arena *a = arena_new();
    struct inbound_list list = {0};
    struct inbound *i = inbound_add(a, &list, INBOUND_MESSAGE);
    (void)state;
    for (int k = 0; k < INBOUND_ATTACHMENTS_MAX; k++)
        assert_int_equal(inbound_attach(a, i)->size, -1);
    assert_null(inbound_attach(a, i));
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_text_of_a_new_one_is_null),
        cmocka_unit_test(test_a_list_keeps_what_it_has_as_it_grows_up_to_its_maximum),
        cmocka_unit_test(test_identities_are_normalised_and_bad_ones_left_out),
        cmocka_unit_test(test_attachments_end_at_their_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
