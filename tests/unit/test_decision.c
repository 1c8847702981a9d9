#include "../../common/model/decision.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../common/codec/json.h"
#include "random_signals.h"

static const char *pick(struct chance *c) { return random_texts[chance_below(c, 10)]; }

static struct party random_party(struct chance *c) {
    enum party_type type = (enum party_type)chance_below(c, party_type_count_);
    return party_of(type, type == PARTY_NONE ? "" : pick(c));
}

static double maybe_signal(struct chance *c, const struct signals *s, enum signal_number n) {
    return (double)(chance_below(c, 2) ? s->number[n] : (float)chance_real(c));
}

static struct decision random_decision(struct chance *c, struct cue cues[8]) {
    struct decision d = {
        .mode = (enum mode)chance_below(c, mode_count_),
        .handler = random_party(c),
        .backup = random_party(c),
        .review = (enum review)chance_below(c, review_count_),
        .queue = pick(c),
        .priority = 1 + chance_below(c, 5),
        .policy_version = chance_below(c, 1000),
        .model_version = chance_below(c, 1000000),
        .experiment = pick(c),
        .continues = chance_below(c, 2),
        .intent = pick(c),
        .in_scope = chance_below(c, 2),
        .language = pick(c),
        .emotion = (enum emotion_label)chance_below(c, emotion_label_count_),
        .evidence = {cues, chance_below(c, 9)},
        .signals = random_signals(c),
    };
    d.confidence = maybe_signal(c, &d.signals, SIGNAL_confidence);
    d.intensity = maybe_signal(c, &d.signals, SIGNAL_emotion_intensity);
    d.valence = maybe_signal(c, &d.signals, SIGNAL_valence);
    for (int i = 0; i < d.evidence.n; i++)
        cues[i] = (struct cue){chance_below(c, 30000), chance_below(c, 30000), pick(c)};
    int n = chance_below(c, REASONS_MAX + 3);
    for (int i = 0; i < n; i++)
        decision_reason(&d, (enum reason_code)chance_below(c, REASON_COUNT_), chance_real(c),
                        chance_below(c, 3) ? pick(c) : NULL);
    return d;
}

static void assert_party(struct party a, struct party b) { assert_true(party_equal(a, b)); }

static void assert_reasons(const struct decision *a, const struct decision *b) {
    assert_int_equal(a->n_reasons, b->n_reasons);
    for (int i = 0; i < a->n_reasons; i++) {
        assert_int_equal(a->reasons[i].code, b->reasons[i].code);
        assert_memory_equal(&a->reasons[i].weight, &b->reasons[i].weight, sizeof(float));
        assert_string_equal(a->reasons[i].detail, b->reasons[i].detail);
    }
}

static void assert_evidence(const struct decision *a, const struct decision *b) {
    assert_int_equal(a->evidence.n, b->evidence.n);
    for (int i = 0; i < a->evidence.n; i++) {
        assert_int_equal(a->evidence.items[i].start, b->evidence.items[i].start);
        assert_int_equal(a->evidence.items[i].end, b->evidence.items[i].end);
        assert_string_equal(a->evidence.items[i].text, b->evidence.items[i].text);
    }
}

static void assert_same(const struct decision *a, const struct decision *b) {
    assert_int_equal(a->mode, b->mode);
    assert_party(a->handler, b->handler);
    assert_party(a->backup, b->backup);
    assert_int_equal(a->review, b->review);
    assert_string_equal(a->queue, b->queue);
    assert_int_equal(a->priority, b->priority);
    assert_int_equal(a->policy_version, b->policy_version);
    assert_int_equal(a->model_version, b->model_version);
    assert_string_equal(a->experiment, b->experiment);
    assert_int_equal(a->continues, b->continues);
    assert_int_equal(a->in_scope, b->in_scope);
    assert_string_equal(a->intent, b->intent);
    assert_string_equal(a->language, b->language);
    assert_int_equal(a->emotion, b->emotion);
    assert_memory_equal(&a->confidence, &b->confidence, sizeof(double));
    assert_memory_equal(&a->intensity, &b->intensity, sizeof(double));
    assert_memory_equal(&a->valence, &b->valence, sizeof(double));
    assert_memory_equal(a->signals.number, b->signals.number, sizeof a->signals.number);
    assert_reasons(a, b);
    assert_evidence(a, b);
}

static void test_any_decision_reads_back(void **state) {
    (void)state;
    struct arena *a = arena_new();
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        struct chance c = chance_of(seed);
        struct cue cues[8];
        struct decision d = random_decision(&c, cues), back;
        buf_auto b;
        buf_init(&b, 8192);
        decision_pack(&d, &b);
        assert_int_equal(decision_unpack(a, buf_span(&b), &back), OK);
        assert_same(&d, &back);
        arena_reset(a);
    }
    arena_free(a);
}

static void
test_bytes_that_are_cut_changed_or_longer_are_never_misread_out_of_bounds(void **state) {
    (void)state;
    struct arena *a = arena_new();
    struct chance c = chance_of(3);
    struct cue cues[8];
    struct decision d = random_decision(&c, cues), back;
    buf_auto b;
    buf_init(&b, 8192);
    decision_pack(&d, &b);
    for (size_t n = 0; n < b.len; n++) {
        char *cut = malloc(n + 1);
        memcpy(cut, b.p, n);
        assert_int_equal(decision_unpack(a, (struct span){cut, n}, &back), ERR_MALFORMED);
        free(cut);
    }
    for (int i = 0; i < 20000; i++) {
        char *changed = malloc(b.len);
        memcpy(changed, b.p, b.len);
        changed[chance_below(&c, (int)b.len)] = (char)chance_below(&c, 256);
        (void)!decision_unpack(a, (struct span){changed, b.len}, &back);
        free(changed);
        arena_reset(a);
    }
    buf_addc(&b, 'x');
    assert_int_equal(decision_unpack(a, buf_span(&b), &back), ERR_MALFORMED);
    arena_free(a);
}

static void test_reasons_past_the_maximum_are_left_out(void **state) {
    (void)state;
    struct decision d = {.mode = MODE_HUMAN};
    for (int i = 0; i < REASONS_MAX + 5; i++)
        decision_reason(&d, REASON_queued, i, NULL);
    assert_int_equal(d.n_reasons, REASONS_MAX);
    assert_string_equal(d.reasons[0].detail, "");
}

static struct decision greeting(void) {
    struct decision d = {.mode = MODE_HUMAN_BACKUP,
                         .handler = {PARTY_BOT, "faq"},
                         .backup = {PARTY_AGENT, "anna"},
                         .review = REVIEW_AFTER,
                         .queue = "",
                         .priority = 3,
                         .policy_version = 3,
                         .model_version = 7,
                         .experiment = "",
                         .continues = true,
                         .intent = "where_is_my_order",
                         .confidence = 0.94,
                         .in_scope = true,
                         .language = "da"};
    decision_reason(&d, REASON_intent_confident, 0.94, "where_is_my_order");
    decision_reason(&d, REASON_small_talk, 1, NULL);
    return d;
}

static void test_render_is_the_contracts_object(void **state) {
    (void)state;
    struct decision d = greeting();
    struct cue cue = {4, 11, "never"};
    d.evidence = (struct cues){&cue, 1};
    buf_auto b;
    buf_init(&b, 8192);
    buf_addc(&b, '{');
    decision_render(&d, &b);
    buf_addc(&b, '}');
    assert_string_equal(
        b.p, "{\"mode\":\"human_backup\",\"handler\":{\"type\":\"bot\",\"id\":\"faq\"},"
             "\"backup\":{\"type\":\"agent\",\"id\":\"anna\"},\"review\":\"after\",\"queue\":null,"
             "\"priority\":3,\"intent\":{\"name\":\"where_is_my_order\",\"confidence\":0.94,"
             "\"in_scope\":true},\"language\":\"da\",\"emotion\":{\"label\":\"neutral\","
             "\"intensity\":0,\"valence\":0,\"evidence\":[{\"start\":4,\"end\":11,"
             "\"cue\":\"never\"}]},\"reasons\":[{\"code\":\"intent_confident\",\"detail\":"
             "\"the matter is recognised with confidence: where_is_my_order\",\"weight\":0.94},"
             "{\"code\":\"small_talk\",\"detail\":\"a greeting or thanks, nothing to solve\","
             "\"weight\":1}],\"policy_version\":3,\"model_version\":7,\"experiment\":null,"
             "\"continues\":true}");
}

static void test_first_answer_and_stored_answer_are_the_same_bytes(void **state) {
    (void)state;
    struct arena *a = arena_new();
    struct decision d = greeting(), back;
    d.confidence = 0.9432169795036316;
    d.intensity = 1.0 / 3;
    buf_auto packed, first, later;
    buf_init(&packed, 8192), buf_init(&first, 8192), buf_init(&later, 8192);
    decision_pack(&d, &packed);
    assert_int_equal(decision_unpack(a, buf_span(&packed), &back), OK);
    decision_render(&d, &first);
    decision_render(&back, &later);
    assert_string_equal(first.p, later.p);
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_decision_reads_back),
        cmocka_unit_test(test_bytes_that_are_cut_changed_or_longer_are_never_misread_out_of_bounds),
        cmocka_unit_test(test_reasons_past_the_maximum_are_left_out),
        cmocka_unit_test(test_render_is_the_contracts_object),
        cmocka_unit_test(test_first_answer_and_stored_answer_are_the_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
