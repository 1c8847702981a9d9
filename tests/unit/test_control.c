#include "../../common/decide/control.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "chance.h"

static const struct party faq = {PARTY_BOT, "faq"}, helper = {PARTY_BOT, "helper"},
                          anna = {PARTY_AGENT, "anna"}, bo = {PARTY_AGENT, "bo"},
                          support = {PARTY_QUEUE, "support"}, care = {PARTY_QUEUE, "care"},
                          nobody = {PARTY_NONE, ""};

static struct conversation held_by(struct party p) {
    struct conversation c = {.holder = nobody,
                             .offered_to = nobody,
                             .backup = nobody,
                             .queue = "",
                             .priority = 3,
                             .last_agent = "",
                             .topic = ""};
    c.episode.number = 1;
    c.episode.topic = "refund";
    c.episode.outcome = "";
    assert_int_equal(control_take(&c, p, 1000), OK);
    return c;
}

static void test_taking_begins_and_ends_the_human_stretch(void **state) {
    (void)state;
    struct conversation c = held_by(faq);
    assert_int_equal(c.epoch, 1);
    assert_int_equal(control_take(&c, support, 2000), OK);
    assert_int_equal(c.epoch, 2);
    assert_int_equal(c.mode, MODE_HUMAN);
    assert_int_equal(c.status, STATUS_WAITING);
    assert_string_equal(c.queue, "support");
    assert_int_equal(c.human_since_ms, 2000);
    assert_int_equal(control_take(&c, anna, 3000), OK);
    assert_int_equal(c.human_since_ms, 2000);
    assert_int_equal(c.status, STATUS_OPEN);
    assert_string_equal(c.last_agent, "anna");
    assert_int_equal(c.last_agent_ms, 3000);
    assert_int_equal(control_take(&c, anna, 4000), OK);
    assert_int_equal(c.epoch, 3);
    assert_int_equal(control_take(&c, faq, 5000), OK);
    assert_int_equal(c.human_since_ms, 0);
    assert_int_equal(c.mode, MODE_SELF_SERVICE);
    assert_string_equal(c.queue, "");
    assert_string_equal(c.last_agent, "anna");
}

static void test_who_cannot_hold_cannot_take(void **state) {
    (void)state;
    struct conversation c = held_by(faq);
    const struct party wrong[] = {
        nobody, {PARTY_CUSTOMER, ""}, {PARTY_SYSTEM, ""}, {PARTY_AGENT, ""}, {PARTY_QUEUE, ""}};
    for (int i = 0; i < 5; i++)
        assert_int_equal(control_take(&c, wrong[i], 1), ERR_INVALID);
    assert_int_equal(c.epoch, 1);
    assert_true(party_equal(c.holder, faq));
}

static void test_an_offer_changes_nothing_until_it_is_accepted_in_time(void **state) {
    (void)state;
    struct why why;
    struct conversation c = held_by(faq);
    assert_int_equal(control_offer(&c, anna, 9000, &why), ERR_CONFLICT);
    c = held_by(bo);
    assert_int_equal(control_offer(&c, faq, 9000, &why), ERR_INVALID);
    assert_int_equal(control_offer(&c, bo, 9000, &why), ERR_CONFLICT);
    assert_int_equal(control_offer(&c, anna, 9000, &why), OK);
    assert_int_equal(c.epoch, 1);
    assert_true(party_equal(c.holder, bo));
    assert_int_equal(control_accept(&c, bo, 5000, &why), ERR_CONFLICT);
    assert_int_equal(control_accept(&c, anna, 9001, &why), ERR_CONFLICT);
    assert_int_equal(control_accept(&c, anna, 9000, &why), OK);
    assert_true(party_equal(c.holder, anna));
    assert_int_equal(c.epoch, 2);
    assert_int_equal(c.offered_to.type, PARTY_NONE);
    assert_int_equal(control_accept(&c, anna, 9000, &why), ERR_CONFLICT);
}

static void test_an_offer_to_a_queue_is_open_to_its_agents(void **state) {
    (void)state;
    struct conversation c = held_by(bo);
    assert_int_equal(control_offer(&c, care, 0, NULL), OK);
    assert_int_equal(control_accept(&c, anna, 1 << 30, NULL), OK);
    assert_true(party_equal(c.holder, anna));
}

static void test_declining_closes_the_offer_and_nothing_else(void **state) {
    (void)state;
    struct conversation c = held_by(bo);
    assert_int_equal(control_decline(&c, anna, NULL), ERR_CONFLICT);
    assert_int_equal(control_offer(&c, anna, 9000, NULL), OK);
    assert_int_equal(control_decline(&c, bo, NULL), ERR_CONFLICT);
    assert_int_equal(control_decline(&c, anna, NULL), OK);
    assert_int_equal(c.offered_to.type, PARTY_NONE);
    assert_true(party_equal(c.holder, bo));
    assert_int_equal(c.epoch, 1);
}

static void test_release_needs_people_and_counts_the_handback(void **state) {
    (void)state;
    struct conversation c = held_by(faq);
    assert_int_equal(control_release(&c, faq, 1, NULL), ERR_CONFLICT);
    c = held_by(anna);
    c.priority = 1;
    assert_int_equal(control_release(&c, bo, 1, NULL), ERR_INVALID);
    assert_int_equal(control_release(&c, support, 1, NULL), OK);
    assert_int_equal(c.effort.handbacks, 0);
    assert_int_equal(control_release(&c, faq, 1, NULL), OK);
    assert_int_equal(c.effort.handbacks, 1);
    assert_int_equal(c.human_since_ms, 0);
    assert_int_equal(c.priority, 3);
    assert_int_equal(c.epoch, 3);
}

static void test_resolving_ends_the_episode_once(void **state) {
    (void)state;
    struct conversation c = held_by(anna);
    c.effort.waiting_since_ms = 5;
    assert_int_equal(control_resolve(&c, "solved", 7000, anna), ERR_INVALID);
    assert_int_equal(control_resolve(&c, "solved", 7000, faq), OK);
    assert_int_equal(c.status, STATUS_RESOLVED);
    assert_int_equal(c.mode, MODE_NONE);
    assert_int_equal(c.episode.resolved_ms, 7000);
    assert_string_equal(c.episode.outcome, "solved");
    assert_int_equal(c.effort.waiting_since_ms, 0);
    assert_int_equal(c.epoch, 2);
    assert_int_equal(control_resolve(&c, "again", 8000, faq), ERR_CONFLICT);
    assert_string_equal(c.episode.outcome, "solved");
}

static struct conversation asked(void) {
    struct conversation c = held_by(faq);
    c.choice.entries[0] = "parcel", c.choice.entries[1] = "return";
    c.choice.asked_seq = c.last_out_seq = 2;
    return c;
}

static void test_an_open_question_ends_with_whoever_asked_it(void **state) {
    (void)state;
    struct conversation c = asked();
    struct decision d = {.mode = MODE_SELF_SERVICE, .handler = faq};
    control_follow(&c, &d, 2000);
    assert_true(conversation_has_choice(&c));
    d = (struct decision){.mode = MODE_HUMAN, .handler = support, .queue = "support"};
    control_follow(&c, &d, 2000);
    assert_false(conversation_has_choice(&c));
    c = asked();
    assert_int_equal(control_take(&c, anna, 2000), OK);
    assert_false(conversation_has_choice(&c));
    c.choice.asked_seq = c.last_out_seq;
    assert_int_equal(control_release(&c, faq, 3000, NULL), OK);
    assert_false(conversation_has_choice(&c));
    c = asked();
    assert_int_equal(control_resolve(&c, "", 2000, faq), OK);
    assert_false(conversation_has_choice(&c));
    c = asked();
    control_open_episode(&c, (struct uid){{1}}, "", 2000);
    assert_false(conversation_has_choice(&c));
}

static void test_the_fence(void **state) {
    (void)state;
    struct conversation c = held_by(faq);
    const struct party system = {PARTY_SYSTEM, ""}, customer = {PARTY_CUSTOMER, ""};
    assert_true(control_may_answer(&c, faq, 1));
    assert_false(control_may_answer(&c, faq, 0));
    assert_false(control_may_answer(&c, faq, 2));
    assert_false(control_may_answer(&c, faq, -1));
    assert_false(control_may_answer(&c, helper, 1));
    assert_true(control_may_answer(&c, anna, -1));
    assert_true(control_may_answer(&c, anna, 1));
    assert_false(control_may_answer(&c, anna, 0));
    assert_true(control_may_answer(&c, system, -1));
    assert_false(control_may_answer(&c, customer, 1));
    assert_int_equal(control_take(&c, anna, 1), OK);
    assert_false(control_may_answer(&c, faq, 1));
    assert_false(control_may_answer(&c, faq, 2));
    assert_true(control_may_answer(&c, anna, -1));
    assert_false(control_may_answer(&c, bo, -1));
    assert_false(control_may_answer(&c, bo, 2));
}

static struct decision decided(enum mode mode, struct party handler, int priority) {
    return (struct decision){.mode = mode,
                             .handler = handler,
                             .backup = nobody,
                             .queue = handler.type == PARTY_BOT ? "" : "support",
                             .priority = priority};
}

static void test_following_a_decision(void **state) {
    (void)state;
    struct conversation c = held_by(faq);
    struct decision d = decided(MODE_HUMAN_BACKUP, faq, 3);
    d.backup = anna, d.review = REVIEW_BEFORE;
    control_follow(&c, &d, 2000);
    assert_int_equal(c.epoch, 1);
    assert_true(party_equal(c.backup, anna));
    assert_int_equal(c.review, REVIEW_BEFORE);
    d = decided(MODE_HUMAN_EMOTION, support, 1);
    control_follow(&c, &d, 3000);
    assert_int_equal(c.epoch, 2);
    assert_int_equal(c.backup.type, PARTY_NONE);
    assert_int_equal(c.status, STATUS_WAITING);
    assert_int_equal(c.human_since_ms, 3000);
    assert_int_equal(c.priority, 1);
    d = decided(MODE_HUMAN_EMOTION, anna, 3);
    control_follow(&c, &d, 4000);
    assert_int_equal(c.priority, 1);
    assert_int_equal(c.mode, MODE_HUMAN_EMOTION);
    assert_string_equal(c.last_agent, "anna");
    assert_int_equal(control_offer(&c, bo, 9000, NULL), OK);
    control_follow(&c, &d, 5000);
    assert_true(party_equal(c.offered_to, bo));
}

static void test_thanks_for_a_solved_matter_open_nothing(void **state) {
    (void)state;
    struct conversation c = held_by(anna);
    struct decision d = decided(MODE_SELF_SERVICE, faq, 3);
    assert_int_equal(control_resolve(&c, "", 7000, faq), OK);
    control_follow(&c, &d, 8000);
    assert_int_equal(c.status, STATUS_RESOLVED);
}

static void test_an_episode_begins_anew_and_remembers_reopenings_for_a_month(void **state) {
    (void)state;
    struct conversation c = held_by(anna);
    c.effort.bot_failures = 2, c.effort.handbacks = 1, c.effort.reopenings = 1;
    c.emotion.label = EMOTION_ANGER, c.emotion.first = 0.5;
    c.recent[0] = 7;
    assert_int_equal(control_resolve(&c, "", 7000, faq), OK);
    assert_true(control_episode_due(&c, 8000));
    control_open_episode(&c, (struct uid){{9}}, "refund", 8000);
    assert_int_equal(c.episode.number, 2);
    assert_int_equal(c.episode.resolved_ms, 0);
    assert_int_equal(c.effort.bot_failures + c.effort.handbacks, 0);
    assert_int_equal(c.effort.reopenings, 2);
    assert_int_equal(c.emotion.label, EMOTION_NEUTRAL);
    assert_true(c.recent[0] == 0);
    assert_int_equal(c.status, STATUS_OPEN);
    assert_int_equal(control_resolve(&c, "", 9000, faq), OK);
    control_open_episode(&c, (struct uid){{9}}, "refund", 9001 + CONTROL_REOPEN_MS);
    assert_int_equal(c.effort.reopenings, 0);
}

static void test_an_episode_a_bot_left_lying_is_over_and_one_of_people_is_not(void **state) {
    (void)state;
    struct conversation c = held_by(faq);
    c.updated_ms = 1000;
    assert_false(control_episode_due(&c, 1000 + CONTROL_IDLE_MS));
    assert_true(control_episode_due(&c, 1001 + CONTROL_IDLE_MS));
    assert_int_equal(control_take(&c, support, 1), OK);
    assert_false(control_episode_due(&c, 1001 + CONTROL_IDLE_MS));
}

static struct party anybody(struct chance *k) {
    const struct party all[] = {faq, helper, anna, bo, support, care, nobody};
    return all[chance_below(k, 7)];
}

static void do_something(struct chance *k, struct conversation *c, int64_t now) {
    struct decision d = decided((enum mode)(1 + chance_below(k, 2)),
                                chance_below(k, 2) ? faq : helper, 1 + chance_below(k, 5));
    struct decision people =
        decided((enum mode)(3 + chance_below(k, 2)), chance_below(k, 2) ? anna : support, 2);
    switch (chance_below(k, 9)) {
    case 0:
        (void)!control_take(c, anybody(k), now);
        break;
    case 1:
        (void)!control_offer(c, anybody(k), now + chance_below(k, 3), NULL);
        break;
    case 2:
        (void)!control_accept(c, anybody(k), now, NULL);
        break;
    case 3:
        (void)!control_decline(c, anybody(k), NULL);
        break;
    case 4:
        (void)!control_release(c, anybody(k), now, NULL);
        break;
    case 5:
        (void)!control_resolve(c, "", now, faq);
        break;
    case 6:
        control_follow(c, &d, now);
        break;
    case 7:
        control_follow(c, &people, now);
        break;
    default:
        control_open_episode(c, (struct uid){{1}}, "", now);
        break;
    }
}

static void assert_one_controller(const struct conversation *c, int64_t now) {
    const struct party all[] = {faq, helper};
    int bots = 0;
    for (int i = 0; i < 2; i++)
        bots += control_may_answer(c, all[i], c->epoch);
    assert_int_equal(bots, c->holder.type == PARTY_BOT);
    int agents = control_may_answer(c, anna, -1) + control_may_answer(c, bo, -1);
    assert_true(c->holder.type != PARTY_AGENT || agents == 1);
    assert_true((c->human_since_ms != 0) == party_is_human(c->holder));
    assert_true(party_is_human(c->holder) || c->offered_to.type == PARTY_NONE);
    assert_true(!party_equal(c->offered_to, c->holder));
    assert_true(c->human_since_ms <= now);
    if (party_is_human(c->holder))
        assert_true(c->mode >= MODE_HUMAN);
}

static void test_whatever_happens_one_holds_it_and_the_epoch_tells_every_change(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 500; seed++) {
        struct chance k = chance_of(seed);
        struct conversation c = held_by(faq);
        for (int64_t now = 1; now <= 200; now++) {
            struct party before = c.holder;
            int epoch = c.epoch;
            do_something(&k, &c, now);
            assert_int_equal(c.epoch, epoch + !party_equal(before, c.holder));
            if (c.epoch != epoch) {
                assert_false(control_may_answer(&c, faq, epoch));
                assert_false(control_may_answer(&c, helper, epoch));
            }
            assert_one_controller(&c, now);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_taking_begins_and_ends_the_human_stretch),
        cmocka_unit_test(test_who_cannot_hold_cannot_take),
        cmocka_unit_test(test_an_offer_changes_nothing_until_it_is_accepted_in_time),
        cmocka_unit_test(test_an_offer_to_a_queue_is_open_to_its_agents),
        cmocka_unit_test(test_declining_closes_the_offer_and_nothing_else),
        cmocka_unit_test(test_release_needs_people_and_counts_the_handback),
        cmocka_unit_test(test_resolving_ends_the_episode_once),
        cmocka_unit_test(test_an_open_question_ends_with_whoever_asked_it),
        cmocka_unit_test(test_the_fence),
        cmocka_unit_test(test_following_a_decision),
        cmocka_unit_test(test_thanks_for_a_solved_matter_open_nothing),
        cmocka_unit_test(test_an_episode_begins_anew_and_remembers_reopenings_for_a_month),
        cmocka_unit_test(test_an_episode_a_bot_left_lying_is_over_and_one_of_people_is_not),
        cmocka_unit_test(test_whatever_happens_one_holds_it_and_the_epoch_tells_every_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
