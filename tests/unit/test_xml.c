#include "../../common/codec/xml.h"

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

static void test_fields_are_read_with_their_texts(void **state) {
    struct xml_fields f;
    const char *raw = "<?xml version=\"1.0\"?><xml a=\"1\">\n <A><![CDATA[<b>&]]></A>"
                      "<B>x &lt;&#228; y</B><C/><D><E>1</E><F>2</F></D><A>second</A></xml>";
    assert_int_equal(xml_parse(*state, span_of(raw), &f), OK);
    assert_int_equal(f.n, 6);
    assert_string_equal(xml_text(&f, "A"), "<b>&");
    assert_string_equal(xml_text(&f, "B"), "x <\xC3\xA4 y");
    assert_string_equal(xml_text(&f, "C"), "");
    assert_string_equal(xml_text(&f, "E"), "1");
    assert_string_equal(xml_text(&f, "F"), "2");
    assert_string_equal(xml_text(&f, "D"), "");
}

static void test_what_is_no_flat_xml_is_refused(void **state) {
    static const char *const bad[] = {
        "",
        "x",
        "<xml>",
        "<xml></x>",
        "<xml/>x",
        "<xml>&e;</xml>",
        "<xml>\x01</xml>",
        "<xml>\xFF</xml>",
        "<!DOCTYPE x><xml/>",
        "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><xml><A>&e;</A></xml>",
        "<!DOCTYPE x [<!ENTITY a \"aa\"><!ENTITY b \"&a;&a;\">]><xml><A>&b;</A></xml>",
        "<?xml version=\"1.0\" encoding=\"x-nothing\"?><xml/>"};
    struct xml_fields f;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (xml_parse(*state, span_of(bad[i]), &f) != ERR_MALFORMED)
            fail_msg("%s", bad[i]);
}

static void test_fields_and_levels_are_limited(void **state) {
    struct xml_fields f;
    const char *many = "<xml>", *deep = "";
    for (int i = 0; i <= XML_FIELDS_MAX; i++)
        many = arena_printf(*state, "%s<A>1</A>", many);
    for (int i = 0; i <= XML_DEPTH_MAX; i++)
        deep = arena_printf(*state, "<a>%s", deep);
    assert_int_equal(xml_parse(*state, span_of(many), &f), ERR_TOO_LARGE);
    assert_int_equal(xml_parse(*state, span_of(deep), &f), ERR_TOO_LARGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_are_read_with_their_texts),
        cmocka_unit_test(test_what_is_no_flat_xml_is_refused),
        cmocka_unit_test(test_fields_and_levels_are_limited),
    };
    return cmocka_run_group_tests(tests, with_arena, without_arena);
}
