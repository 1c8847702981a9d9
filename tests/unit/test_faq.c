#include "../../common/bot/faq.h"

#include "library.h"

static struct faq_index *index_;
static struct arena *arena;

static int open_all(void **state) {
    (void)state;
    index_ = library_open();
    arena = arena_new();
    return 0;
}

static int close_all(void **state) {
    (void)state;
    faq_free(index_);
    arena_free(arena);
    return 0;
}

static void test_the_right_entry_comes_first(void **state) {
    json_auto all = cases_load("bot/search");
    (void)state;
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *one = json_array_get(all, i);
        struct knowledge_hit hit;
        print_message("%s\n", cases_text(one, "query", ""));
        assert_int_equal(faq_search(index_, arena, cases_text(one, "query", ""), "", &hit, 1), 1);
        assert_string_equal(hit.entry->id, cases_text(one, "id", ""));
    }
}

static void test_hits_are_in_order_and_within_the_limit(void **state) {
    struct knowledge_hit hits[6], few[2];
    (void)state;
    int n = faq_search(index_, arena, "my parcel, my invoice, my password", "", hits, 6);
    assert_true(n >= 3);
    for (int i = 1; i < n; i++)
        assert_true(hits[i - 1].score >= hits[i].score);
    assert_int_equal(faq_search(index_, arena, "my parcel, my invoice, my password", "", few, 2),
                     2);
    assert_ptr_equal(few[0].entry, hits[0].entry);
    assert_ptr_equal(few[1].entry, hits[1].entry);
    assert_int_equal(faq_search(index_, arena, "parcel", "", NULL, 0), 0);
}

static void test_a_language_leaves_out_what_has_no_answer_in_it(void **state) {
    struct knowledge_hit hits[6];
    (void)state;
    int n = faq_search(index_, arena, "invoice parcel password", "nl", hits, 6);
    assert_true(n > 0);
    for (int i = 0; i < n; i++)
        assert_string_not_equal(hits[i].entry->id, "invoice");
}

static void test_nothing_in_common_is_no_hit(void **state) {
    struct knowledge_hit hits[6];
    (void)state;
    assert_int_equal(faq_search(index_, arena, "", "", hits, 6), 0);
    assert_int_equal(faq_search(index_, arena, "\xF0\x9F\x98\x80 !!", "", hits, 6), 0);
}

static void test_the_entry_of_an_intent(void **state) {
    (void)state;
    assert_string_equal(faq_for_intent(index_, "return_item")->id, "return");
    assert_null(faq_for_intent(index_, "unheard_of"));
    assert_null(faq_for_intent(index_, ""));
    assert_null(faq_for_intent(index_, NULL));
}

static void test_an_empty_index_answers_everything_with_nothing(void **state) {
    struct faq_index *empty = faq_open(NULL, 0);
    struct knowledge_hit hit;
    (void)state;
    assert_int_equal(faq_search(empty, arena, "where is my parcel", "", &hit, 1), 0);
    assert_null(faq_for_intent(empty, "return_item"));
    faq_free(empty);
    faq_free(NULL);
}

static void test_entries_are_copied(void **state) {
    char id[] = "one", question[] = "How high is the moon?";
    const char *questions[] = {question};
    struct knowledge k = {.id = id, .intent = NULL, .questions = questions, .n_questions = 1};
    struct faq_index *f = faq_open(&k, 1);
    struct knowledge_hit hit;
    (void)state;
    id[0] = question[0] = '!';
    assert_int_equal(faq_search(f, arena, "high moon", "", &hit, 1), 1);
    assert_string_equal(hit.entry->id, "one");
    assert_string_equal(hit.entry->questions[0], "How high is the moon?");
    assert_string_equal(hit.entry->intent, "");
    faq_free(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_right_entry_comes_first),
        cmocka_unit_test(test_hits_are_in_order_and_within_the_limit),
        cmocka_unit_test(test_a_language_leaves_out_what_has_no_answer_in_it),
        cmocka_unit_test(test_nothing_in_common_is_no_hit),
        cmocka_unit_test(test_the_entry_of_an_intent),
        cmocka_unit_test(test_an_empty_index_answers_everything_with_nothing),
        cmocka_unit_test(test_entries_are_copied),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
