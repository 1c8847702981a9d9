#include "../../common/codec/html_out.h"

#include <string.h>

#include "cases.h"

static void test_boxes_deeper_than_the_limit_are_counted_not_kept(void **state) {
    struct arena *a = arena_new();
    struct html_out *o = html_out_new(a);
    (void)state;
    for (int i = 0; i < 2 * HTML_DEPTH_MAX; i++)
        html_out_open(o, HTML_BLOCKQUOTE, "blockquote");
    html_out_text(o, span_of("deep"));
    for (int i = 0; i < 2 * HTML_DEPTH_MAX; i++)
        html_out_close(o, "blockquote");
    html_out_text(o, span_of("out"));
    assert_string_equal(html_out_done(o), ">>>>>>>>>> deep\nout");
    arena_free(a);
}

static void test_what_is_closed_closes_what_stands_in_it(void **state) {
    struct arena *a = arena_new();
    struct html_out *o = html_out_new(a);
    (void)state;
    html_out_open(o, HTML_PLAIN, "div");
    html_out_open(o, HTML_HIDDEN, "span");
    html_out_text(o, span_of("hidden"));
    html_out_close(o, "nothing");
    html_out_close(o, "div");
    html_out_text(o, span_of("seen"));
    assert_string_equal(html_out_done(o), "seen");
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boxes_deeper_than_the_limit_are_counted_not_kept),
        cmocka_unit_test(test_what_is_closed_closes_what_stands_in_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
