#include "../../common/model/conversation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../common/codec/json.h"

static struct fact fact_of(const char *name, const char *value, int64_t at) {
    return (struct fact){name, value, "customer", 0.9, at, 0};
}

static void test_a_fact_is_replaced_by_name_and_new_only_with_another_value(void **state) {
    (void)state;
    struct conversation c = {.n_facts = 0};
    struct fact first = fact_of("order_number", "1001", 5),
                again = fact_of("order_number", "1001", 9);
    struct fact other = fact_of("order_number", "1002", 11);
    assert_true(conversation_learn(&c, &first));
    assert_false(conversation_learn(&c, &again));
    assert_int_equal(c.facts[0].updated_ms, 9);
    assert_true(conversation_learn(&c, &other));
    assert_int_equal(c.n_facts, 1);
    assert_string_equal(conversation_fact(&c, "order_number", 20)->value, "1002");
    assert_null(conversation_fact(&c, "email", 20));
}

static void test_an_expired_fact_is_not_known(void **state) {
    (void)state;
    struct conversation c = {.n_facts = 0};
    struct fact f = fact_of("parcel", "here", 5);
    f.expires_ms = 100;
    conversation_learn(&c, &f);
    assert_non_null(conversation_fact(&c, "parcel", 99));
    assert_null(conversation_fact(&c, "parcel", 100));
}

static void test_a_full_list_drops_the_oldest_fact(void **state) {
    (void)state;
    struct conversation c = {.n_facts = 0};
    char names[CONVERSATION_FACTS_MAX + 1][16];
    for (int i = 0; i <= CONVERSATION_FACTS_MAX; i++) {
        snprintf(names[i], sizeof names[i], "fact%d", i);
        struct fact f = fact_of(names[i], "x", i == 3 ? 0 : 100 + i);
        assert_true(conversation_learn(&c, &f));
    }
    assert_int_equal(c.n_facts, CONVERSATION_FACTS_MAX);
    assert_null(conversation_fact(&c, "fact3", 500));
    assert_non_null(conversation_fact(&c, "fact0", 500));
}

static void test_channels_are_kept_once_and_within_bounds(void **state) {
    (void)state;
    struct conversation c = {.n_channels = 0};
    static const char names[] = "abcdefghijklmnopqrstuvwxyz";
    conversation_add_channel(&c, "web");
    conversation_add_channel(&c, "web");
    assert_int_equal(c.n_channels, 1);
    for (int i = 0; i < 20; i++)
        conversation_add_channel(&c, names + i);
    assert_int_equal(c.n_channels, CONVERSATION_CHANNELS_MAX);
}

static void test_a_choice_stands_until_something_else_is_said(void **state) {
    (void)state;
    struct conversation c = {.last_out_seq = 4};
    assert_false(conversation_has_choice(&c));
    c.choice.entries[0] = "parcel", c.choice.entries[1] = "return";
    c.choice.about_seq = 3, c.choice.asked_seq = 4;
    assert_true(conversation_has_choice(&c));
    c.last_out_seq = 6;
    assert_false(conversation_has_choice(&c));
    c.last_out_seq = 4;
    conversation_drop_choice(&c);
    assert_false(conversation_has_choice(&c));
    assert_null(c.choice.entries[0]);
}

static void test_negative_moods(void **state) {
    (void)state;
    assert_true(conversation_mood_is_negative(EMOTION_ANGER));
    assert_true(conversation_mood_is_negative(EMOTION_FEAR));
    assert_false(conversation_mood_is_negative(EMOTION_CONFUSION));
    assert_false(conversation_mood_is_negative(EMOTION_GRATITUDE));
}

static void test_an_empty_conversation_renders_with_every_member(void **state) {
    (void)state;
    struct conversation c = {.status = STATUS_OPEN};
    buf_auto b;
    buf_init(&b, 8192);
    conversation_render(&c, NULL, &b);
    assert_string_equal(
        b.p, "{\"id\":null,\"customer_id\":null,\"status\":\"open\",\"mode\":null,\"control\":"
             "{\"holder\":null,\"epoch\":0,\"offered_to\":null},\"backup\":null,\"queue\":null,"
             "\"priority\":0,\"language\":null,\"topic\":null,\"facts\":{},\"emotion\":{\"label\":"
             "\"neutral\",\"intensity\":0,\"trend\":0},\"episode\":{\"id\":null,\"number\":0,"
             "\"topic\":null,\"opened_at\":null,\"resolved_at\":null},\"promises\":[],"
             "\"last_message\":null,\"version\":0,\"created_at\":null,\"updated_at\":null}");
}

static void test_a_full_conversation_renders_what_it_knows(void **state) {
    (void)state;
    struct conversation c = {.status = STATUS_WAITING,
                             .mode = MODE_HUMAN_EMOTION,
                             .holder = {PARTY_QUEUE, "care"},
                             .epoch = 4,
                             .offered_to = {PARTY_AGENT, "anna"},
                             .queue = "care",
                             .priority = 1,
                             .n_promises = 1};
    struct fact f = fact_of("order_number", "1001", 1000);
    conversation_learn(&c, &f);
    c.promises[0] =
        (struct promise){1, "an answer by five", {PARTY_AGENT, "anna"}, 1, 2000, 0, true};
    buf_auto b;
    buf_init(&b, 8192);
    conversation_render(&c, "{\"seq\":3}", &b);
    json_auto root = NULL;
    assert_int_equal(json_load_span(buf_span(&b), &root, NULL), OK);
    assert_non_null(strstr(b.p,
                           "\"control\":{\"holder\":{\"type\":\"queue\",\"id\":\"care\"},"
                           "\"epoch\":4,\"offered_to\":{\"type\":\"agent\",\"id\":\"anna\"}}"));
    assert_non_null(strstr(b.p, "\"facts\":{\"order_number\":{\"value\":\"1001\",\"source\":"
                                "\"customer\",\"confidence\":0.9,\"updated_at\":"
                                "\"1970-01-01T00:00:01.000Z\"}}"));
    assert_non_null(strstr(b.p,
                           "\"promises\":[{\"no\":1,\"text\":\"an answer by five\",\"by\":"
                           "{\"type\":\"agent\",\"id\":\"anna\"},\"made_at\":"
                           "\"1970-01-01T00:00:00.001Z\",\"due_at\":"
                           "\"1970-01-01T00:00:02.000Z\",\"kept_at\":null,\"breached\":true}]"));
    assert_non_null(strstr(b.p, "\"last_message\":{\"seq\":3}"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_fact_is_replaced_by_name_and_new_only_with_another_value),
        cmocka_unit_test(test_an_expired_fact_is_not_known),
        cmocka_unit_test(test_a_full_list_drops_the_oldest_fact),
        cmocka_unit_test(test_channels_are_kept_once_and_within_bounds),
        cmocka_unit_test(test_a_choice_stands_until_something_else_is_said),
        cmocka_unit_test(test_negative_moods),
        cmocka_unit_test(test_an_empty_conversation_renders_with_every_member),
        cmocka_unit_test(test_a_full_conversation_renders_what_it_knows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
