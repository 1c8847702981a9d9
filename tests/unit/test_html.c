#include "../../common/codec/html.h"

#include <string.h>

#include "../../common/base/buf.h"
#include "cases.h"
#include "spent.h"

static void test_cases(void **state) {
    struct arena *a = arena_new();
    json_t *all = cases_load("codec/html"), *one;
    size_t i;
    (void)state;
    json_array_foreach(all, i, one) {
        const char *text = html_text(a, span_of(cases_text(one, "html", "")));
        if (strcmp(text, cases_text(one, "text", "")) != 0)
            fail_msg("%s: \"%s\"", cases_text(one, "name", "?"), text);
    }
    json_decref(all);
    arena_free(a);
}

/* What would be quadratic in a careless reader. */
static void test_time_is_linear(void **state) {
    static const char *const pieces[] = {"<div>",
                                         "<!--",
                                         "<a ",
                                         "<a b=\"",
                                         "<a b='x\"",
                                         "</div>",
                                         "<blockquote>",
                                         "<script>",
                                         "&",
                                         "&#x",
                                         "<br>a",
                                         "<li>a",
                                         "<span style=\"display:none\">",
                                         "<",
                                         "</b",
                                         "<a href=x>y"};
    (void)state;
    for (size_t k = 0; k < sizeof pieces / sizeof *pieces; k++) {
        struct arena *a = arena_new();
        struct buf b;
        buf_init(&b, 1 << 22);
        while (b.len < (1 << 21))
            buf_adds(&b, pieces[k]);
        int64_t from = spent_ms();
        html_text(a, buf_span(&b));
        if (spent_ms() - from > SPENT_MAX_MS)
            fail_msg("%s takes %d ms", pieces[k], (int)(spent_ms() - from));
        buf_fini(&b);
        arena_free(a);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_time_is_linear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
