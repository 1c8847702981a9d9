#include "../../common/model/inbound_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../common/codec/json.h"

static struct inbound *sample(struct arena *a, struct inbound_list *list) {
    struct inbound *i = inbound_add(a, list, INBOUND_MESSAGE);
    i->external_id = "m-1";
    i->address = "mette@example.dk";
    i->name = "Mette";
    i->content = "mail";
    i->text = "Hvor er den?";
    i->subject = "Min \"pakke\"";
    i->mail = "{\"auto\":\"none\"}";
    inbound_identify(a, i, "email", "mette@example.dk", TRUST_VERIFIED);
    struct inbound_attachment *one = inbound_attach(a, i);
    one->name = "a.png";
    one->size = 3;
    one->bytes = span_of("abc");
    one = inbound_attach(a, i);
    one->url = "https://a.example/b";
    return i;
}

static void test_extra_holds_what_is_there_and_no_more(void **state) {
    struct arena *a = arena_new();
    struct inbound_list list = {0};
    const struct inbound *i = sample(a, &list);
    const struct uid ids[2] = {{{1, 2, 3}}, {{0}}};
    (void)state;
    assert_string_equal(
        inbound_json_extra(a, i, ids),
        "{\"content\":\"mail\",\"identities\":[{\"kind\":\"email\",\"value\":\"mette@example.dk\","
        "\"verified\":true}],\"subject\":\"Min "
        "\\\"pakke\\\"\",\"attachments\":[{\"name\":\"a.png\","
        "\"content_type\":null,\"size\":3,\"url\":\"/v1/attachments/"
        "01020300-0000-0000-0000-000000000000\"},{\"name\":null,\"content_type\":null,"
        "\"url\":\"https://a.example/b\"}],\"mail\":{\"auto\":\"none\"}}");
    assert_null(inbound_json_extra(a, inbound_add(a, &list, INBOUND_MESSAGE), NULL));
    arena_free(a);
}

static json_t *event(const struct inbound *i, const struct inbound_outcome *o) {
    buf_auto b;
    buf_init(&b, 65536);
    inbound_json_event(i, o, &b);
    json_t *j = json_loads(b.p, 0, NULL);
    assert_non_null(j);
    return j;
}

static const char *member(const json_t *j, const char *name) {
    return json_string_value(json_object_get(j, name));
}

static void test_an_event_says_what_became_of_it(void **state) {
    struct arena *a = arena_new();
    struct inbound_list list = {0};
    const struct inbound_outcome o = {
        .type = INBOUND_DUPLICATE, .conversation_id = {{9}}, .why = "seen before"};
    (void)state;
    json_auto j = event(sample(a, &list), &o);
    assert_string_equal(member(j, "type"), "duplicate");
    assert_string_equal(member(j, "external_id"), "m-1");
    assert_string_equal(member(j, "text"), "Hvor er den?");
    assert_string_equal(member(json_object_get(j, "from"), "address"), "mette@example.dk");
    assert_string_equal(member(json_object_get(j, "mail"), "auto"), "none");
    assert_string_equal(member(j, "why"), "seen before");
    assert_non_null(member(j, "conversation_id"));
    assert_null(member(j, "message_id"));
    arena_free(a);
}

static void test_a_status_is_named_in_our_words_or_else_in_the_provider_s(void **state) {
    struct arena *a = arena_new();
    struct inbound_list list = {0};
    struct inbound *i = inbound_add(a, &list, INBOUND_STATUS);
    const struct inbound_outcome o = {.type = INBOUND_STATUS, .why = ""};
    (void)state;
    i->status = DELIVERY_FAILED;
    i->status_text = "undelivered";
    i->error_code = "30003";
    json_auto failed = event(i, &o);
    assert_string_equal(member(failed, "status"), "failed");
    assert_string_equal(member(failed, "error_code"), "30003");
    i->status = DELIVERY_NONE;
    i->status_text = "played";
    json_auto played = event(i, &o);
    assert_string_equal(member(played, "status"), "played");
    arena_free(a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_extra_holds_what_is_there_and_no_more),
        cmocka_unit_test(test_an_event_says_what_became_of_it),
        cmocka_unit_test(test_a_status_is_named_in_our_words_or_else_in_the_provider_s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
