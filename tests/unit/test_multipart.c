#include "../../common/codec/multipart.h"

#include <string.h>

#include "../../common/base/buf.h"
#include "cases.h"

static void same(const json_t *want, const struct multipart_part *part, const char *name) {
    const json_t *file = json_array_get(want, 1), *bytes = json_array_get(want, 3);
    assert_string_equal(part->name, json_string_value(json_array_get(want, 0)));
    assert_string_equal(part->content_type, json_string_value(json_array_get(want, 2)));
    assert_int_equal(json_is_null(file), part->filename == NULL);
    if (part->filename)
        assert_string_equal(part->filename, json_string_value(file));
    if (!span_is(part->bytes, json_string_value(bytes)))
        fail_msg("%s: \"%.*s\"", name, (int)part->bytes.n, part->bytes.p);
}

static void one_case(struct arena *a, const json_t *one) {
    struct multipart_part *parts = NULL;
    const json_t *want = json_object_get(one, "parts");
    int n = 0;
    enum err e = multipart_parse(a, cases_text(one, "type", NULL),
                                 span_of(cases_text(one, "body", "")), &parts, &n);
    if (strcmp(err_name(e), cases_text(one, "error", "OK")) != 0)
        fail_msg("%s: %s", cases_text(one, "name", "?"), err_name(e));
    if (e != OK)
        return;
    assert_int_equal(n, json_array_size(want));
    for (int i = 0; i < n; i++)
        same(json_array_get(want, (size_t)i), &parts[i], cases_text(one, "name", "?"));
}

static void test_cases(void **state) {
    struct arena *a = arena_new();
    json_t *all = cases_load("codec/multipart"), *one;
    size_t i;
    (void)state;
    json_array_foreach(all, i, one) one_case(a, one);
    json_decref(all);
    arena_free(a);
}

static enum err many(struct arena *a, int parts, int header_bytes) {
    struct multipart_part *out;
    struct buf b;
    int n;
    buf_init(&b, 1 << 22);
    for (int i = 0; i < parts; i++) {
        buf_adds(&b, "--b\r\nContent-Disposition: form-data; name=\"a\"\r\nX: ");
        for (int k = 0; k < header_bytes; k++)
            buf_addc(&b, 'x');
        buf_adds(&b, "\r\n\r\n1\r\n");
    }
    buf_adds(&b, "--b--\r\n");
    assert_int_equal(buf_done(&b), OK);
    enum err e = multipart_parse(a, "multipart/form-data; boundary=b", buf_span(&b), &out, &n);
    buf_fini(&b);
    return e;
}

static void test_limits(void **state) {
    struct arena *a = arena_new();
    (void)state;
    assert_int_equal(many(a, MULTIPART_PARTS_MAX, 1), OK);
    assert_int_equal(many(a, MULTIPART_PARTS_MAX + 1, 1), ERR_TOO_LARGE);
    assert_int_equal(many(a, 1, MULTIPART_HEADER_BYTES_MAX), ERR_TOO_LARGE);
    arena_free(a);
}

static void test_raw_bytes_stay_as_they_are(void **state) {
    struct arena *a = arena_new();
    struct multipart_part *parts;
    const char body[] =
        "--b\r\nContent-Disposition: form-data; name=\"t\xe6\"\r\n\r\n\xe6\0\xff\r\n--b--";
    int n;
    (void)state;
    assert_int_equal(multipart_parse(a, "multipart/form-data; boundary=b",
                                     (struct span){body, sizeof body - 1}, &parts, &n),
                     OK);
    assert_int_equal(n, 1);
    assert_string_equal(parts[0].name, "t\xc3\xa6");
    assert_true(span_equal(parts[0].bytes, (struct span){"\xe6\0\xff", 3}));
    assert_ptr_equal(multipart_find(parts, n, "t\xc3\xa6"), &parts[0]);
    assert_null(multipart_find(parts, n, "t"));
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_raw_bytes_stay_as_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
