#include "../../common/nlu/cue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int with_arena(void **state) {
    *state = arena_new();
    return 0;
}

static int without_arena(void **state) {
    arena_free(*state);
    return 0;
}

static struct cue_source source_of(void **state, const char *text) {
    struct scan *s = ARENA_NEW(*state, struct scan);
    struct lexicon_hits *hits = ARENA_NEW(*state, struct lexicon_hits);
    scan_text(*state, text, s);
    lexicon_find(*state, s, lexicon_language("en"), hits);
    return (struct cue_source){s, hits};
}

static void test_weak_cues_add_up_below_one(void **state) {
    struct cue_source one = source_of(state, "quickly"), two = source_of(state, "quickly, today");
    double weak = cue_strength(one.hits, CUE_LABEL(URGENT));
    double both = cue_strength(two.hits, CUE_LABEL(URGENT));
    assert_true(weak > 0 && both > weak && both < 1);
    assert_true(cue_strength(one.hits, CUE_LABEL(FRAUD)) <= 0);
}

static void test_spans_are_code_points(void **state) {
    struct cue_source s = source_of(state, "äöü urgent");
    struct cues cues;
    cue_collect(*state, &s, CUE_LABEL(URGENT), &cues);
    assert_int_equal(cues.n, 1);
    assert_int_equal(cues.items[0].start, 4);
    assert_int_equal(cues.items[0].end, 10);
}

static void test_the_weightiest_are_kept_in_the_order_of_the_text(void **state) {
    struct cue_source s = source_of(
        state, "soon. today. soon. today. soon. today. soon. today. soon. urgent. soon. today");
    struct cues cues;
    cue_collect(*state, &s, CUE_LABEL(URGENT), &cues);
    assert_int_equal(cues.n, READING_CUES_MAX);
    bool strongest = false;
    for (int i = 0; i < cues.n; i++) {
        strongest |= strcmp(cues.items[i].text, "urgent") == 0;
        assert_true(i == 0 || cues.items[i].start > cues.items[i - 1].start);
    }
    assert_true(strongest);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_weak_cues_add_up_below_one, with_arena, without_arena),
        cmocka_unit_test_setup_teardown(test_spans_are_code_points, with_arena, without_arena),
        cmocka_unit_test_setup_teardown(test_the_weightiest_are_kept_in_the_order_of_the_text,
                                        with_arena, without_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
