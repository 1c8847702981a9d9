#include "../../common/decide/policy_body.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tzif.h"

static struct policy *parsed(const char *json) {
    struct policy *p = NULL;
    struct why why = {{0}, {0}};
    if (policy_parse(span_of(json), &p, &why) != OK)
        fail_msg("%s: %s: %s", json, why.pointer, why.text);
    return p;
}

static void test_an_empty_policy_is_the_built_in_one(void **state) {
    (void)state;
    struct policy *empty = parsed("{}"), *own = parsed(policy_default_json());
    assert_memory_equal(&empty->thresholds, &own->thresholds, sizeof own->thresholds);
    assert_memory_equal(&empty->guards, &own->guards, sizeof own->guards);
    assert_true(empty->costs.failure == own->costs.failure);
    assert_int_equal(empty->rules.n, own->rules.n);
    assert_true(empty->rules.n > 0);
    assert_string_equal(empty->bot, own->bot);
    assert_string_equal(policy_queue_for(empty, NULL), "support");
    assert_string_equal(policy_care_queue(empty), "care");
    policy_free(empty);
    policy_free(own);
}

static void test_what_is_said_replaces_and_what_is_not_stays(void **state) {
    (void)state;
    struct policy *p = parsed("{\"bot\":\"helper\",\"thresholds\":{\"confidence\":0.7},"
                              "\"costs\":{\"handling\":{\"human\":9},\"tiers\":{\"staff\":2},"
                              "\"effort_points\":{\"repeat\":3}},\"rules\":[],"
                              "\"queues\":{\"by_intent\":{\"refund\":\"billing\"}},"
                              "\"review\":{\"usual\":\"before\",\"timeout_s\":60,\"then\":"
                              "\"escalate\"},\"kill\":{\"topics\":[\"refund\"]}}");
    bool escalates = false;
    assert_string_equal(policy_bot(p), "helper");
    assert_true(p->thresholds.confidence == 0.7);
    assert_true(p->thresholds.urgent == 0.7);
    assert_true(p->costs.human == 9 && p->costs.human_emotion == 8);
    assert_true(p->costs.points.repeat == 3 && p->costs.points.hop == 0.5);
    assert_int_equal(p->costs.n_tiers, 1);
    assert_int_equal(p->rules.n, 0);
    assert_string_equal(policy_queue_for(p, "refund"), "billing");
    assert_string_equal(policy_queue_for(p, "other"), "support");
    assert_int_equal(policy_review_timeout_ms(p, &escalates), 60000);
    assert_true(escalates);
    assert_int_equal(p->review.usual, REVIEW_BEFORE);
    assert_true(policy_wants_approval(p));
    assert_true(policy_kills_topic(p, "refund"));
    assert_false(policy_kills_topic(p, "other"));
    assert_false(policy_kills_bot(p, "helper"));
    assert_int_equal(policy_last_agent_ms(p), INT64_C(30) * 24 * 3600 * 1000);
    policy_free(p);
}

static void test_norms_are_taken_one_by_one(void **state) {
    struct policy *p = parsed("{\"display_norms\":{\"da\":1.5,\"en-GB\":1.1}}");
    (void)state;
    assert_true(usage_norm(policy_usage(p), "da", "") == 1.5);
    assert_true(usage_norm(policy_usage(p), "nl", "") == 1.1);
    assert_true(usage_norm(policy_usage(p), "en", "en-GB") == 1.1);
    assert_true(usage_norm(policy_usage(p), "en", "en-US") == 1);
    policy_free(p);
}

static void test_phrases_fall_back_to_english_and_can_be_replaced(void **state) {
    (void)state;
    static const char *const languages[] = {"en", "nl", "da", "de", "zh"};
    static const char *const names[] = {"handover", "bot_unavailable", "out_of_hours", "all_busy"};
    struct policy *p = parsed("{\"phrases\":{\"handover\":{\"da\":\"Et øjeblik.\",\"fr\":\"Un "
                              "instant.\"}}}");
    for (int n = 0; n < 4; n++)
        for (int l = 0; l < 5; l++) {
            const char *text = policy_phrase(p, names[n], languages[l]);
            assert_true(strlen(text) > 10 || n == 0);
            if (l > 0)
                assert_string_not_equal(text, policy_phrase(p, names[n], "en"));
        }
    assert_string_equal(policy_phrase(p, "handover", "da"), "Et øjeblik.");
    assert_string_equal(policy_phrase(p, "handover", "fr"), "Un instant.");
    assert_string_equal(policy_phrase(p, "out_of_hours", "fr"),
                        policy_phrase(p, "out_of_hours", "en"));
    assert_string_equal(policy_phrase(p, "handover", "und"), policy_phrase(p, "handover", "en"));
    assert_string_equal(policy_phrase(p, "handover", NULL), policy_phrase(p, "handover", "en"));
    assert_string_equal(policy_phrase(p, "no_such_phrase", "en"), "");
    policy_free(p);
}

static void test_hours_are_the_policys(void **state) {
    (void)state;
    struct policy *p = parsed("{\"hours\":{\"days\":{\"thu\":[\"00:00\",\"01:00\"]}}}");
    assert_true(policy_open(p, 0));
    assert_false(policy_open(p, 3600000));
    policy_free(p);
    p = parsed("{\"hours\":null}");
    assert_true(policy_open(p, 3600000));
    policy_free(p);
}

static void test_a_time_zone_is_read_from_its_file(void **state) {
    static const char json[] = "{\"time_zone\":\"Europe/Berlin\","
                               "\"hours\":{\"days\":{\"wed\":[\"00:00\",\"01:00\"]}}}";
    struct arena *a = arena_new();
    struct policy *p = NULL;
    (void)state;
    assert_string_equal(policy_zone_name(a, span_of(json)), "Europe/Berlin");
    assert_string_equal(policy_zone_name(a, span_of("{}")), "");
    assert_string_equal(policy_zone_name(a, span_of("{\"time_zone\":\"../x\"}")), "");
    assert_string_equal(policy_zone_name(a, span_of("{\"time_zone\":1}")), "");
    assert_string_equal(policy_zone_name(a, span_of("no")), "");
    assert_int_equal(policy_parse_zoned(span_of(json), tzif_rule(a, TZIF_BERLIN), &p, NULL), OK);
    int64_t summer = INT64_C(1782856800000); /* 1 July 2026, a Wednesday, 00:00 in Berlin */
    assert_int_equal(zone_offset(policy_zone(p), summer / 1000), 7200);
    assert_true(policy_open(p, summer));
    assert_false(policy_open(p, summer - 1));
    policy_free(p);
    struct why why;
    assert_int_equal(policy_parse_zoned(span_of(json), span_of("TZif2"), &p, &why), ERR_INVALID);
    assert_string_equal(why.pointer, "/time_zone");
    arena_free(a);
}

static void test_a_fixed_offset_stays_valid(void **state) {
    struct policy *p = parsed("{\"hours\":{\"utc_offset_minutes\":-90,\"days\":{}}}");
    (void)state;
    assert_int_equal(zone_offset(policy_zone(p), 0), -5400);
    policy_free(p);
    p = parsed("{}");
    assert_int_equal(zone_offset(policy_zone(p), 0), 0);
    policy_free(p);
}

static const struct {
    const char *json, *pointer;
} refused[] = {
    {"{\"time_zone\":\"Europe/Berlin\"}", "/time_zone"}, /* its file is not at hand */
    {"{\"time_zone\":\"\"}", "/time_zone"},
    {"{\"time_zone\":60}", "/time_zone"},
    {"{\"time_zone\":\"Europe/Berlin\",\"hours\":{\"utc_offset_minutes\":0,\"days\":{}}}",
     "/hours/utc_offset_minutes"},
    {"", ""},
    {"[]", ""},
    {"{\"bott\":\"x\"}", "/bott"},
    {"{\"bot\":\"X Y\"}", "/bot"},
    {"{\"untrained\":\"perhaps\"}", "/untrained"},
    {"{\"kill\":{\"bots\":[\"ok\",\"NOT\"]}}", "/kill/bots/1"},
    {"{\"kill\":{\"things\":[]}}", "/kill/things"},
    {"{\"rules\":{}}", "/rules"},
    {"{\"rules\":[{\"name\":\"x\",\"when\":{\"nosuch\":1},\"then\":{\"mode\":\"human\"}}]}",
     "/rules/0/when/nosuch"},
    {"{\"thresholds\":{\"confidence\":1.5}}", "/thresholds/confidence"},
    {"{\"thresholds\":{\"confidence\":\"high\"}}", "/thresholds/confidence"},
    {"{\"thresholds\":{\"courage\":1}}", "/thresholds/courage"},
    {"{\"handover\":[]}", "/handover"},
    {"{\"handover\":{\"weights\":{\"luck\":1}}}", "/handover/weights/luck"},
    {"{\"experiments\":[{\"name\":\"x\",\"salt\":\"s\",\"share\":0.1,\"overrides\":{},"
     "\"handover\":{\"due\":2}}]}",
     "/experiments/0/handover/due"},
    {"{\"costs\":{\"handling\":{\"robot\":1}}}", "/costs/handling/robot"},
    {"{\"costs\":{\"handling\":{\"human\":-1}}}", "/costs/handling/human"},
    {"{\"costs\":{\"failure\":-1}}", "/costs/failure"},
    {"{\"costs\":{\"tiers\":{\"vip\":\"much\"}}}", "/costs/tiers/vip"},
    {"{\"costs\":{\"effort_points\":{\"sighs\":1}}}", "/costs/effort_points/sighs"},
    {"{\"guards\":{\"ping_pong_max\":-1}}", "/guards/ping_pong_max"},
    {"{\"review\":{\"usual\":\"never\"}}", "/review/usual"},
    {"{\"review\":{\"then\":\"wait\"}}", "/review/then"},
    {"{\"review\":{\"timeout_s\":1}}", "/review/timeout_s"},
    {"{\"hours\":{\"days\":{\"mon\":[]}}}", "/hours/days/mon"},
    {"{\"queues\":{\"default\":\"a b\"}}", "/queues/default"},
    {"{\"facts\":{}}", "/facts"},
    {"{\"display_norms\":[]}", "/display_norms"},
    {"{\"display_norms\":{\"da\":3}}", "/display_norms/da"},
    {"{\"facts\":[{\"name\":\"order_number\",\"pattern\":\"##\"}]}", "/facts/0/pattern"},
    {"{\"queues\":{\"by_intent\":{\"refund\":1}}}", "/queues/by_intent/refund"},
    {"{\"experiments\":[{\"name\":\"x\"}]}", "/experiments/0/salt"},
    {"{\"phrases\":{\"hello\":{\"en\":\"Hi\"}}}", "/phrases/hello"},
    {"{\"phrases\":{\"handover\":{\"en\":\"\"}}}", "/phrases/handover/en"},
    {"{\"phrases\":{\"handover\":{\"EN\":\"x\"}}}", "/phrases/handover/EN"},
    {"{\"phrases\":{\"handover\":\"x\"}}", "/phrases/handover"},
};

static void test_what_is_no_policy_is_refused_by_its_place(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct policy *p = NULL;
        struct why why = {{0}, {0}};
        enum err e = policy_parse(span_of(refused[i].json), &p, &why);
        if (e != ERR_INVALID || strcmp(why.pointer, refused[i].pointer) != 0)
            fail_msg("%s: %s %s %s", refused[i].json, err_name(e), why.pointer, why.text);
        assert_true(why.text[0] != '\0');
    }
}

static void test_nothing_is_freed_for_nothing(void **state) {
    (void)state;
    policy_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_empty_policy_is_the_built_in_one),
        cmocka_unit_test(test_what_is_said_replaces_and_what_is_not_stays),
        cmocka_unit_test(test_phrases_fall_back_to_english_and_can_be_replaced),
        cmocka_unit_test(test_hours_are_the_policys),
        cmocka_unit_test(test_norms_are_taken_one_by_one),
        cmocka_unit_test(test_a_time_zone_is_read_from_its_file),
        cmocka_unit_test(test_a_fixed_offset_stays_valid),
        cmocka_unit_test(test_what_is_no_policy_is_refused_by_its_place),
        cmocka_unit_test(test_nothing_is_freed_for_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
