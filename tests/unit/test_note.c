#include "../../common/channel/note.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
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

static void test_what_says_nothing_is_left_out(void **state) {
    note_auto n;
    note_open(&n);
    note_text(&n, "a", "");
    note_text(&n, "b", NULL);
    note_flag(&n, "c", false);
    note_json(&n, *state, "d", NULL);
    note_cut(&n, false);
    assert_null(note_done(&n, *state));
}

static void test_members_are_kept_as_they_came(void **state) {
    static const char *const names[] = {"y", "z", "none", NULL};
    note_auto n;
    json_auto j = json_pack("{s[i]sn}", "y", 1, "z");
    note_open(&n);
    note_text(&n, "a", "x\"");
    note_text(&n, "a", "second");
    note_flag(&n, "b", true);
    note_members(&n, *state, j, names);
    note_cut(&n, true);
    assert_string_equal(note_done(&n, *state),
                        "{\"a\":\"x\\\"\",\"b\":true,\"y\":[1],\"truncated\":true}");
}

static void test_it_never_grows_beyond_its_maximum(void **state) {
    note_auto n;
    char *large = arena_alloc(*state, NOTE_BYTES_MAX * 2);
    memset(large, 'x', NOTE_BYTES_MAX * 2 - 1);
    json_auto whole = json_string(large);
    note_open(&n);
    note_text(&n, "a", "1");
    note_text(&n, "b", large);
    note_json(&n, *state, "c", whole);
    large[NOTE_BYTES_MAX - 100] = '\0';
    note_text(&n, "d", large);
    note_text(&n, "e", large);
    note_text(&n, "f", "2");
    const char *text = note_done(&n, *state);
    json_auto j = json_loads(text, 0, NULL);
    assert_true(strlen(text) <= NOTE_BYTES_MAX);
    assert_int_equal(json_object_size(j), 4);
    assert_true(json_is_true(json_object_get(j, "truncated")));
    assert_string_equal(json_string_value(json_object_get(j, "f")), "2");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_says_nothing_is_left_out),
        cmocka_unit_test(test_members_are_kept_as_they_came),
        cmocka_unit_test(test_it_never_grows_beyond_its_maximum),
    };
    return cmocka_run_group_tests(tests, with_arena, without_arena);
}
