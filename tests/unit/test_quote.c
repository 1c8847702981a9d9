#include "../../common/codec/quote.h"

#include <stdlib.h>
#include <string.h>

#include "../../common/base/buf.h"
#include "../../common/codec/charset.h"
#include "cases.h"
#include "spent.h"

#define TEXT_BYTES (1 << 20)

static bool is(struct span got, const json_t *one, const char *name, const char *otherwise) {
    const char *want = cases_text(one, name, otherwise);
    if (!span_is(got, want))
        print_error("%s: %s \"%.*s\"\n", cases_text(one, "name", "?"), name, (int)got.n, got.p);
    return span_is(got, want);
}

static void test_cases(void **state) {
    struct arena *a = arena_new();
    json_t *all = cases_load("codec/quote"), *one;
    size_t i;
    int bad = 0;
    (void)state;
    json_array_foreach(all, i, one) {
        struct quote q = quote_read(a, cases_text(one, "text", ""),
                                    json_is_true(json_object_get(one, "forwarded")));
        bool ok = is(q.now, one, "now", "") && is(q.signature, one, "signature", "") &&
                  q.forwards == json_is_true(json_object_get(one, "forwards"));
        bad += !ok;
    }
    json_decref(all);
    arena_free(a);
    assert_int_equal(bad, 0);
}

/* Of every case: what is left of what is left. */
static void test_a_text_that_was_cut_is_not_cut_again(void **state) {
    struct arena *a = arena_new();
    json_t *all = cases_load("codec/quote"), *one;
    size_t i;
    (void)state;
    json_array_foreach(all, i, one) {
        struct quote q = quote_read(a, cases_text(one, "text", ""), false);
        struct quote again = quote_read(a, arena_strndup(a, q.now.p, q.now.n), false);
        if (!span_equal(q.now, again.now))
            fail_msg("%s: \"%.*s\"", cases_text(one, "name", "?"), (int)again.now.n, again.now.p);
    }
    json_decref(all);
    arena_free(a);
}

static void test_time_is_linear(void **state) {
    static const char *const pieces[] = {"On ",
                                         "On 3 June\n",
                                         "> \n",
                                         "--\n",
                                         "-- \n",
                                         "From: a\n",
                                         "a@b 12:00\n",
                                         "\n",
                                         ">\nx\n",
                                         "wrote ",
                                         "____\n",
                                         "On 3 June 2024\n<a@b\n",
                                         "Sent from my \n",
                                         "\xc2\xa0",
                                         "--\n\n\n",
                                         ":\n"};
    (void)state;
    for (size_t k = 0; k < sizeof pieces / sizeof *pieces; k++) {
        struct arena *a = arena_new();
        struct buf b;
        buf_init(&b, 2 * TEXT_BYTES);
        while (b.len < TEXT_BYTES)
            buf_adds(&b, pieces[k]);
        int64_t from = spent_ms();
        quote_read(a, b.p, false);
        if (spent_ms() - from > SPENT_MAX_MS)
            fail_msg("%s takes %d ms", pieces[k], (int)(spent_ms() - from));
        buf_fini(&b);
        arena_free(a);
    }
}

/* ---- bodies of other people, where they lie beside the checkout ---- */

static const char *folder(void) {
    const char *set = getenv("SHARED_DATA");
    return set ? set : "../shared/data";
}

static char *body(struct arena *a, const char *file) {
    FILE *f = fopen(arena_printf(a, "%s/email-replies/%s", folder(), file), "rb");
    char *bytes = arena_alloc(a, TEXT_BYTES);
    assert_non_null(f);
    size_t n = fread(bytes, 1, TEXT_BYTES, f);
    fclose(f);
    return charset_guess(a, (struct span){bytes, n});
}

/* Lines without the space at their ends. */
static char *bare(struct arena *a, struct span s) {
    char *out = arena_alloc(a, s.n + 1), *at = out;
    for (size_t i = 0; i < s.n; i++) {
        while (s.p[i] == '\n' && at > out && strchr(" \t\r", at[-1]))
            at--;
        *at++ = s.p[i];
    }
    *at = '\0';
    struct span all = span_trim(span_of(out));
    return arena_strndup(a, all.p, all.n);
}

static bool as_expected(struct arena *a, const json_t *want, const char *text) {
    const char *now = bare(a, quote_read(a, text, false).now);
    const char *all = cases_text(want, "reply_text", NULL);
    const char *start = cases_text(want, "reply_text_startswith", "");
    const json_t *parts = json_object_get(want, "reply_text_contains"), *part;
    size_t i;
    bool ok = !strncmp(now, start, strlen(start));
    if (json_is_true(json_object_get(want, "nothing_cut")))
        all = bare(a, span_of(text));
    if (all)
        ok &= !strcmp(now, bare(a, span_of(all)));
    json_array_foreach(parts, i, part) ok &= strstr(now, json_string_value(part)) != NULL;
    return ok;
}

static void test_real_replies(void **state) {
    struct arena *a = arena_new();
    json_t *all =
        json_load_file(arena_printf(a, "%s/email-replies/expected.json", folder()), 0, NULL);
    const json_t *list = json_object_get(all, "cases");
    json_t *one;
    size_t i;
    int bad = 0;
    (void)state;
    if (!all) {
        arena_free(a);
        skip();
    }
    json_array_foreach(list, i, one) {
        const char *file = cases_text(one, "file", "");
        if (!as_expected(a, json_object_get(one, "expect"), body(a, file)))
            print_error("%s: not as expected (%d)\n", file, ++bad);
    }
    bool enough = bad * 20 <= (int)json_array_size(list);
    json_decref(all);
    arena_free(a);
    assert_true(enough);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_a_text_that_was_cut_is_not_cut_again),
        cmocka_unit_test(test_time_is_linear),
        cmocka_unit_test(test_real_replies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
