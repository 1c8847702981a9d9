#include "../../common/nlu/fact_own.h"

#include <string.h>

#include "cases.h"

/* The order number of a shop, its customers', and a bare invoice number. */
static const char usage_json[] =
    "[{\"name\":\"order_number\",\"pattern\":\"DK~#{5,8}\",\"separator\":\"-\"},"
    "{\"name\":\"customer_number\",\"pattern\":\"K#{6}\"},"
    "{\"name\":\"invoice_number\",\"pattern\":\"#{9}\"}]";

struct desk {
    struct arena *arena;
    struct usage usage;
};

static int open_desk(void **state) {
    static struct desk d;
    json_auto list = NULL;
    d = (struct desk){.arena = arena_new()};
    *state = &d;
    return json_load_span(span_of(usage_json), &list, NULL) != OK ||
           usage_parse_facts(d.arena, list, "", &d.usage, NULL) != OK;
}

static int close_desk(void **state) {
    arena_free(((struct desk *)*state)->arena);
    return 0;
}

static void test_each_pattern_finds_its_own(void **state) {
    struct desk *d = *state;
    struct fact_own found[FACT_OWN_MAX];
    int n = fact_own_find(d->arena, "K123456 here: ærlig talt, dk 10023 og 123456789!", &d->usage,
                          found, NULL);
    assert_int_equal(n, 3);
    assert_string_equal(found[0].fact.name, "order_number");
    assert_string_equal(found[0].fact.value, "DK-10023");
    assert_int_equal(found[0].fact.start, 26);
    assert_int_equal(found[0].fact.end, 34);
    assert_true(found[0].fact.confidence == FACT_OWN_SURE && !found[0].bare);
    assert_string_equal(found[1].fact.value, "K123456");
    assert_string_equal(found[2].fact.name, "invoice_number");
    assert_true(found[2].fact.confidence == FACT_OWN_BARE && found[2].bare);
}

static void test_the_earlier_pattern_wins(void **state) {
    struct desk *d = *state;
    struct fact_own found[FACT_OWN_MAX];
    json_auto list = json_pack("[{s:s,s:s},{s:s,s:s}]", "name", "first", "pattern", "#{5}", "name",
                               "second", "pattern", "[0-9]{5}");
    struct usage u;
    assert_int_equal(usage_parse_facts(d->arena, list, "", &u, NULL), OK);
    assert_int_equal(fact_own_find(d->arena, "12345", &u, found, NULL), 1);
    assert_string_equal(found[0].fact.name, "first");
}

static void test_no_more_than_there_is_room_for(void **state) {
    struct desk *d = *state;
    struct fact_own found[FACT_OWN_MAX];
    const char *text = "DK10001 DK10002 DK10003 DK10004 DK10005 K100001 K100002 K100003 K100004";
    int n = fact_own_find(d->arena, text, &d->usage, found, NULL);
    assert_int_equal(n, FACT_OWN_MAX);
    assert_string_equal(found[FACT_OWN_EACH_MAX - 1].fact.value, "DK-10004");
    assert_string_equal(found[FACT_OWN_EACH_MAX].fact.value, "K100001");
}

static void test_nothing_named_costs_nothing(void **state) {
    struct desk *d = *state;
    struct fact_own found[FACT_OWN_MAX];
    const struct usage none = {.n_facts = 0};
    int64_t steps = -1;
    assert_int_equal(fact_own_find(d->arena, "DK-10023", &none, found, &steps), 0);
    assert_int_equal(fact_own_find(d->arena, "DK-10023", NULL, found, NULL), 0);
    assert_int_equal(fact_own_find(d->arena, "", &d->usage, found, NULL), 0);
    assert_int_equal(steps, 0);
}

/* Sixteen patterns that may match nearly anything, over the longest text. */
static void test_the_longest_text_takes_few_steps(void **state) {
    struct desk *d = *state;
    struct fact_own found[FACT_OWN_MAX];
    struct usage_fact facts[USAGE_FACTS_MAX];
    char *text = arena_alloc(d->arena, 32001);
    for (int i = 0; i < USAGE_FACTS_MAX; i++) {
        facts[i] = (struct usage_fact){.name = "x"};
        assert_int_equal(pattern_compile("&{0,20}#?~#?~&{0,20}###", "", &facts[i].pattern, NULL),
                         OK);
    }
    const struct usage u = {.facts = facts, .n_facts = USAGE_FACTS_MAX};
    for (int kind = 0; kind < 3; kind++) {
        int64_t steps = 0;
        for (int i = 0; i < 32000; i++)
            text[i] = kind == 0 ? 'a' : kind == 1 ? "a0 "[i % 3] : "1-"[i % 2];
        fact_own_find(d->arena, text, &u, found, &steps);
        int64_t finds = USAGE_FACTS_MAX * FACT_OWN_EACH_MAX;
        assert_true(steps <= USAGE_FACTS_MAX * INT64_C(32000) +
                                 finds * PATTERN_POSITIONS_MAX * (PATTERN_POSITIONS_MAX + 1));
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_desk, close_desk)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_each_pattern_finds_its_own),       TEST(test_the_earlier_pattern_wins),
        TEST(test_no_more_than_there_is_room_for),   TEST(test_nothing_named_costs_nothing),
        TEST(test_the_longest_text_takes_few_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
