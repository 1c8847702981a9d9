#include "../../common/decide/takeover.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../common/decide/policy.h"
#include "chance.h"

static struct arena *arena;
static struct policy *built_in;
static const struct handover_weights *written;

static int enter(void **state) {
    (void)state;
    struct why why;
    arena = arena_new();
    if (policy_parse(span_of("{}"), &built_in, &why) != OK)
        return -1;
    written = policy_handover(built_in);
    return 0;
}

static int leave(void **state) {
    (void)state;
    policy_free(built_in);
    arena_free(arena);
    return 0;
}

static int input(const char *name) {
    for (int i = 0; i < HANDOVER_INPUTS; i++)
        if (strcmp(handover_input_name(i), name) == 0)
            return i;
    fail_msg("no input %s", name);
    return -1;
}

/* An operator's people, who come with this probability at a turn. */
typedef double people(const double *x);

/* These let the bot fail twice, but will not have a customer write a fifth time. */
static double impatient(const double *x) { return x[input("customer_messages")] > 0 ? 0.85 : 0.02; }

static double as_written(const double *x) {
    double sum = written->bias;
    for (int i = 0; i < HANDOVER_INPUTS; i++)
        sum += written->weight[i] * x[i];
    return 1 / (1 + exp(-sum));
}

static double at_random(const double *x) {
    (void)x;
    return 0.2;
}

static void live_through(struct chance *c, struct lesson *l, int conversation, people *come) {
    int messages = 1 + chance_below(c, 7);
    for (int i = 0; i < messages; i++) {
        struct lesson_row *row = &l->rows[l->n++];
        *row = (struct lesson_row){.conversation = conversation, .course = conversation};
        row->x[input("customer_messages")] = i > 3 ? i - 3 : 0;
        row->x[input("repeats")] = chance_below(c, 4) == 0 ? 1 + chance_below(c, 2) : 0;
        row->x[input("bot_failures")] = chance_below(c, 3) == 0;
        row->x[input("distress")] = chance_real(c) < 0.2 ? chance_real(c) : 0;
        row->x[input("doubt")] = chance_real(c);
        row->should = row->last = chance_real(c) < come(row->x);
        l->taken += row->should;
        if (row->should)
            return;
    }
}

static void lesson_of(struct lesson *l, int conversations, people *come) {
    struct chance c = chance_of(11);
    lesson_open(arena, l);
    for (; l->conversations < conversations; l->conversations++)
        live_through(&c, l, l->conversations, come);
    l->courses = conversations;
}

static enum err learn(const struct lesson *l, const struct handover_weights *present,
                      struct takeover_result *out, struct why *why) {
    const struct takeover_weights w = {written, present};
    return takeover_learn(arena, l, &w, out, why);
}

static void test_it_learns_when_these_people_come(void **state) {
    (void)state;
    struct lesson l;
    struct takeover_result r;
    lesson_of(&l, 600, impatient);
    assert_int_equal(learn(&l, written, &r, NULL), OK);
    assert_true(r.weights.weight[input("customer_messages")] > 1);
    assert_true(r.weights.weight[input("bot_failures")] < 0.5);
    assert_true(r.report.learned.f1 > 0.75 && r.report.learned.f1 > r.report.present.f1 + 0.2);
    assert_true(r.report.learned.calibration_error < 0.1);
    assert_true(r.report.learned.calibration_error < r.report.present.calibration_error);
    assert_true(r.report.learned.log_loss < r.report.present.log_loss);
    assert_true(r.report.learned.early > 0.6);
    assert_true(r.report.learned.before <= r.report.learned.early);
    assert_true(r.weights.due >= 0.05 && r.weights.due <= 0.95);
    assert_int_equal(r.report.conversations, 600);
    assert_int_equal(r.report.turns, l.n);
}

static void test_what_was_never_seen_keeps_its_weight(void **state) {
    (void)state;
    struct lesson l;
    struct takeover_result r;
    lesson_of(&l, 600, impatient);
    assert_int_equal(learn(&l, written, &r, NULL), OK);
    static const char *const unseen[] = {"wants_human", "bot_failed_now", "promise_overdue",
                                         "minutes_waited", "handbacks"};
    for (size_t i = 0; i < sizeof unseen / sizeof *unseen; i++)
        assert_true(r.weights.weight[input(unseen[i])] == written->weight[input(unseen[i])]);
}

static void test_who_comes_as_written_changes_little(void **state) {
    (void)state;
    struct lesson l;
    struct takeover_result r;
    lesson_of(&l, 2000, as_written);
    enum err e = learn(&l, written, &r, NULL); /* maybe a hair worse: there is nothing to learn */
    assert_true(e == OK || e == ERR_CONFLICT);
    for (int i = 0; i < HANDOVER_INPUTS; i++)
        assert_true(fabs(r.weights.weight[i] - written->weight[i]) < 0.6);
    assert_true(r.report.learned.calibration_error < 0.05);
}

static void test_the_same_lesson_gives_the_same_weights(void **state) {
    (void)state;
    struct lesson l;
    struct takeover_result one, two;
    lesson_of(&l, 400, impatient);
    assert_int_equal(learn(&l, written, &one, NULL), OK);
    assert_int_equal(learn(&l, written, &two, NULL), OK);
    assert_memory_equal(&one, &two, sizeof one);
}

static void test_too_few_takeovers_are_refused(void **state) {
    (void)state;
    struct lesson l;
    struct takeover_result r;
    struct why why = {{0}, {0}};
    lesson_of(&l, 30, impatient);
    assert_true(l.taken < TAKEOVER_MIN);
    assert_int_equal(learn(&l, written, &r, &why), ERR_CONFLICT);
    assert_non_null(strstr(why.text, "50 takeovers"));
    lesson_open(arena, &l);
    assert_int_equal(learn(&l, written, &r, &why), ERR_CONFLICT);
    assert_non_null(strstr(why.text, "0 were found"));
}

static void test_what_is_worse_than_the_weights_in_force_is_refused(void **state) {
    (void)state;
    struct lesson l;
    struct takeover_result r;
    struct why why = {{0}, {0}};
    lesson_of(&l, 2000, at_random);
    struct handover_weights knowing = {.due = 0.05, .bias = -log(4)};
    assert_int_equal(learn(&l, &knowing, &r, &why), ERR_CONFLICT);
    assert_non_null(strstr(why.text, "worse"));
}

static void test_it_renders_what_a_policy_takes(void **state) {
    (void)state;
    struct lesson l;
    struct takeover_result r;
    struct handover_weights w = {.due = 0};
    buf_auto b;
    buf_init(&b, 8192);
    lesson_of(&l, 600, impatient);
    assert_int_equal(learn(&l, written, &r, NULL), OK);
    takeover_render(&r, &b);
    json_auto j = json_loads(b.p, 0, NULL);
    assert_int_equal(handover_parse(j, "/handover", &w, NULL), OK);
    assert_memory_equal(&w, &r.weights, sizeof w);
    const json_t *report = json_object_get(j, "report");
    assert_int_equal(json_integer_value(json_object_get(report, "takeovers")), l.taken);
    assert_true(json_number_value(json_object_get(json_object_get(report, "learned"), "f1")) > 0.7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_learns_when_these_people_come),
        cmocka_unit_test(test_what_was_never_seen_keeps_its_weight),
        cmocka_unit_test(test_who_comes_as_written_changes_little),
        cmocka_unit_test(test_the_same_lesson_gives_the_same_weights),
        cmocka_unit_test(test_too_few_takeovers_are_refused),
        cmocka_unit_test(test_what_is_worse_than_the_weights_in_force_is_refused),
        cmocka_unit_test(test_it_renders_what_a_policy_takes),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
