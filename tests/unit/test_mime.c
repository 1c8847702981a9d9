#include "../../common/codec/mime.h"

#include <string.h>

#include "../../common/base/buf.h"
#include "../../common/codec/enc.h"
#include "../../common/codec/mime_text.h"
#include "cases.h"
#include "spent.h"

static bool same(const json_t *one, const char *name, const char *got) {
    const char *want = cases_text(one, name, NULL);
    bool ok = !want || !strcmp(want, got);
    if (!ok)
        print_error("%s: %s \"%s\"\n", cases_text(one, "name", "?"), name, got);
    return ok;
}

static bool same_part(const json_t *want, const struct mime_part *p) {
    const char *type = json_string_value(json_array_get(want, 0));
    const char *name = json_string_value(json_array_get(want, 1));
    bool ok = !strcmp(type, p->type) && !strcmp(name, p->name) &&
              json_is_true(json_array_get(want, 2)) == p->attachment;
    if (!ok)
        print_error("part %s \"%s\" %d\n", p->type, p->name, p->attachment);
    return ok;
}

static bool same_parts(const json_t *one, const struct mime_mail *m) {
    const json_t *parts = json_object_get(one, "parts"), *bytes = json_object_get(one, "bytes");
    bool ok = !parts || (int)json_array_size(parts) == m->n_parts;
    for (int i = 0; parts && ok && i < m->n_parts; i++) {
        const char *content = json_string_value(json_array_get(bytes, (size_t)i));
        ok &= same_part(json_array_get(parts, (size_t)i), &m->parts[i]);
        ok &= !content || span_is(m->parts[i].bytes, content);
    }
    if (!ok)
        print_error("%s: %d parts\n", cases_text(one, "name", "?"), m->n_parts);
    return ok;
}

static void test_cases(void **state) {
    struct arena *a = arena_new();
    json_t *all = cases_load("codec/mime"), *one;
    size_t i;
    int bad = 0;
    (void)state;
    json_array_foreach(all, i, one) {
        struct mime_mail m;
        struct span raw = span_of(cases_text(one, "raw", ""));
        const char *hex = cases_text(one, "hex", NULL);
        if (hex)
            assert_int_equal(enc_unhex(a, span_of(hex), &raw), OK);
        assert_int_equal(mime_parse(a, raw, &m), OK);
        bool ok = same(one, "text",
                       arena_strndup(a, span_trim(span_of(mime_text(a, &m))).p,
                                     span_trim(span_of(mime_text(a, &m))).n)) &&
                  same(one, "html", mime_text_html(a, &m)) && same(one, "type", m.type) &&
                  same(one, "report_type", m.report_type) && same_parts(one, &m);
        bad += !ok;
    }
    json_decref(all);
    arena_free(a);
    assert_int_equal(bad, 0);
}

/* A header, a piece so often, a tail. */
static const struct {
    const char *head, *piece, *tail;
    int times;
} monsters[] = {{"Content-Type: multipart/mixed; boundary=b\n\n",
                 "--b\nContent-Type: multipart/mixed; boundary=b\n\n", "deep", 20000},
                {"Content-Type: multipart/mixed; boundary=b\n\n", "--b\n\nx\n", "--b--\n", 100000},
                {"", "Content-Type: message/rfc822\n\n", "Subject: x\n\nhi", 20000},
                {"To: ", "a@example.com, ", "\n\nhi", 100000},
                {"Subject: ", "=?utf-8?q?=C3=A6?= ", "\n\nhi", 60000},
                {"Subject: ", "x\n ", "\n\nhi", 300000},
                {"", "X: y\n", "\nhi", 200000},
                {"Content-Type: text/plain", "; a*1*=\xe6; \xe6=\"\xff\"", "\n\nhi", 50000},
                {"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: image/png",
                 "; name*7*=\xe6%E6", "\n\nhi\n--b--", 20000},
                {"Content-Transfer-Encoding: base64\n\n", "SGVqIG1lZCBkaWcK\n", "", 1000000},
                {"Content-Type: text/html\n\n", "<div><b>", "", 500000}};

static void test_monsters_end_in_time_and_in_little_memory(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof monsters / sizeof *monsters; i++) {
        struct arena *a = arena_new();
        struct mime_mail m;
        struct buf b;
        buf_init(&b, MIME_BYTES_MAX);
        buf_adds(&b, monsters[i].head);
        for (int k = 0; k < monsters[i].times; k++)
            buf_adds(&b, monsters[i].piece);
        buf_adds(&b, monsters[i].tail);
        int64_t from = spent_ms();
        assert_int_equal(mime_parse(a, buf_span(&b), &m), OK);
        mime_text(a, &m);
        if (spent_ms() - from > SPENT_MAX_MS || m.n_parts > MIME_PARTS_MAX)
            fail_msg("%s: %d ms, %d parts", monsters[i].piece, (int)(spent_ms() - from), m.n_parts);
        buf_fini(&b);
        arena_free(a);
    }
}

static void test_more_bytes_than_the_limit_are_refused(void **state) {
    struct arena *a = arena_new();
    struct mime_mail m;
    (void)state;
    assert_int_equal(mime_parse(a, (struct span){"", MIME_BYTES_MAX + 1}, &m), ERR_TOO_LARGE);
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_monsters_end_in_time_and_in_little_memory),
        cmocka_unit_test(test_more_bytes_than_the_limit_are_refused),
    };
    mime_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
