#include "../../common/codec/mime_guard.h"

#include <string.h>

#include "../../common/base/buf.h"
#include "cases.h"

static bool cut(const char *piece, int times) {
    struct arena *a = arena_new();
    struct mime_head head;
    struct buf b;
    bool truncated;
    buf_init(&b, 1 << 22);
    buf_adds(&b, "Content-Type: multipart/mixed; boundary=b\n\n");
    for (int i = 0; i < times; i++)
        buf_adds(&b, piece);
    mime_guard(a, buf_span(&b), &head, &truncated);
    buf_fini(&b);
    arena_free(a);
    return truncated;
}

static void test_only_real_boundaries_count(void **state) {
    (void)state;
    assert_false(cut("--b\n", MIME_PARTS_MAX));
    assert_true(cut("--b\r\n", MIME_PARTS_MAX + 1));
    assert_true(cut("--b--\n", MIME_PARTS_MAX + 1));
    assert_false(cut("--- a/file\n+++ b/file\n--x\n", 10 * MIME_PARTS_MAX));
    assert_true(cut("Content-Type: message/rfc822\n\n", MIME_PARTS_MAX + 1));
}

static void test_up_to_a_boundary(void **state) {
    static const char *const boundaries[] = {"out", "in"};
    struct span s = mime_guard_until(span_of("a\n--x\n--in\nb\n--out"), boundaries, 2);
    (void)state;
    assert_true(span_is(s, "a\n--x"));
    assert_true(span_is(mime_guard_until(span_of("a\n--x"), boundaries, 2), "a\n--x"));
    assert_true(span_is(mime_guard_until(span_of("a"), boundaries, 0), "a"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_real_boundaries_count),
        cmocka_unit_test(test_up_to_a_boundary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
