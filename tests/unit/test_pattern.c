#include "../../common/codec/pattern.h"

#include <string.h>

#include "../../common/codec/utf8.h"
#include "cases.h"
#include "chance.h"

#define FINDS_MAX 64

static int with_arena(void **state) {
    *state = arena_new();
    return 0;
}

static int without_arena(void **state) {
    arena_free(*state);
    return 0;
}

static int find_all(const struct pattern *p, struct pattern_text *t,
                    struct pattern_match out[FINDS_MAX]) {
    int n = 0;
    struct pattern_match m = {0, 0};
    while (n < FINDS_MAX && pattern_find(p, t, m.end, &m))
        out[n++] = m;
    return n;
}

static void check_finds(struct arena *a, const struct pattern *p, const json_t *one) {
    const char *text = cases_text(one, "text", "");
    const json_t *finds = json_object_get(one, "finds"), *spans = json_object_get(one, "spans");
    struct pattern_text t;
    struct pattern_match found[FINDS_MAX];
    pattern_open(a, text, (int)utf8_count(text), &t);
    int n = find_all(p, &t, found);
    if (n != (int)json_array_size(finds))
        fail_msg("%s: %d finds", text, n);
    for (int i = 0; i < n; i++) {
        char value[PATTERN_VALUE_MAX];
        pattern_value(p, &t, found[i], *cases_text(one, "separator", ""), value);
        assert_string_equal(value, json_string_value(json_array_get(finds, (size_t)i)));
    }
    if (spans) {
        assert_int_equal(found[0].start, json_integer_value(json_array_get(spans, 0)));
        assert_int_equal(found[0].end, json_integer_value(json_array_get(spans, 1)));
    }
}

static void test_cases(void **state) {
    json_auto all = cases_load("codec/pattern");
    size_t i;
    json_t *one;
    json_array_foreach(all, i, one) {
        struct pattern p;
        struct why why = {{0}, {0}};
        const char *refused = cases_text(one, "refused", NULL);
        enum err e = pattern_compile(cases_text(one, "pattern", ""), "/here", &p, &why);
        if ((e != OK) != (refused != NULL))
            fail_msg("%s: %s", cases_text(one, "pattern", ""), why.text);
        if (!refused) {
            check_finds(*state, &p, one);
            continue;
        }
        assert_int_equal(e, ERR_INVALID);
        assert_string_equal(why.pointer, "/here");
        if (strncmp(why.text, refused, strlen(refused)) != 0)
            fail_msg("%s: %s", cases_text(one, "pattern", ""), why.text);
    }
}

static void test_a_pattern_too_long_is_refused(void **state) {
    char long_one[PATTERN_CHARS_MAX + 2];
    struct pattern p;
    struct why why;
    (void)state;
    memset(long_one, '#', sizeof long_one - 1);
    long_one[sizeof long_one - 1] = '\0';
    assert_int_equal(pattern_compile(long_one, "", &p, &why), ERR_INVALID);
}

static void test_digits_alone_are_told_from_the_rest(void **state) {
    struct pattern p;
    (void)state;
    assert_int_equal(pattern_compile("#{4}~[0-4]{2}", "", &p, NULL), OK);
    assert_true(p.digits_only);
    assert_int_equal(pattern_compile("#{4}-#", "", &p, NULL), OK);
    assert_false(p.digits_only);
}

/* ---- against a slow reader ---- */

struct place {
    char takes; /* '#', '@', 'a', 'b' or '-' */
    bool optional;
};

static bool fits(char takes, uint32_t cp) {
    if (takes == '#')
        return cp >= '0' && cp <= '9';
    return takes == '@' ? cp >= 'a' && cp <= 'z' : cp == (uint32_t)takes;
}

static bool matches(const struct place *p, int n, const uint32_t *s, int left) {
    if (n == 0)
        return left == 0;
    if (p->optional && matches(p + 1, n - 1, s, left))
        return true;
    return left > 0 && fits(p->takes, *s) && matches(p + 1, n - 1, s + 1, left - 1);
}

/* The first end, of those the first start, of those the last end. */
static bool slow_find(const struct place *p, int n, const struct pattern_text *t, int from,
                      struct pattern_match *out) {
    for (int end = from + 1; end <= t->n; end++)
        for (int start = from; start < end; start++) {
            if (!(t->edges[start] & 1) || !(t->edges[end] & 2) ||
                !matches(p, n, t->folded + start, end - start))
                continue;
            *out = (struct pattern_match){start, end};
            for (int later = end + 1; later <= t->n; later++)
                if (t->edges[later] & 2 && matches(p, n, t->folded + start, later - start))
                    out->end = later;
            return true;
        }
    return false;
}

struct trial {
    struct place places[8];
    int n;
    char pattern[32], text[25];
};

static void invent(struct chance *c, struct trial *t) {
    *t = (struct trial){.n = 3 + chance_below(c, 6)};
    char *to = t->pattern;
    for (int i = 0; i < t->n; i++) {
        t->places[i] = (struct place){"##@ab-"[chance_below(c, 6)], chance_below(c, 3) == 0};
        *to++ = t->places[i].takes;
        if (t->places[i].optional)
            *to++ = '?';
    }
    for (size_t i = 0; i < sizeof t->text - 1; i++)
        t->text[i] = "01 01 ab-"[chance_below(c, 9)];
}

/* Returns how many it found. */
static int compare(struct arena *a, const struct trial *trial) {
    struct pattern p;
    struct pattern_text t;
    struct pattern_match quick = {0, 0}, slow = {0, 0};
    int n = 0;
    if (pattern_compile(trial->pattern, "", &p, NULL) != OK)
        return 0;
    pattern_open(a, trial->text, 24, &t);
    for (bool more = true; more; n += more) {
        int from = quick.end;
        more = pattern_find(&p, &t, from, &quick);
        if (more != slow_find(trial->places, trial->n, &t, from, &slow) ||
            (more && (quick.start != slow.start || quick.end != slow.end)))
            fail_msg("%s in %s from %d: %d-%d, not %d-%d", trial->pattern, trial->text, from,
                     quick.start, quick.end, slow.start, slow.end);
    }
    return n;
}

static void test_it_finds_what_a_slow_reader_finds(void **state) {
    struct chance c = chance_of(7);
    struct trial trial;
    int found = 0;
    for (int i = 0; i < 200000; i++) {
        invent(&c, &trial);
        found += compare(*state, &trial);
        if (i % 1000 == 0)
            arena_reset(*state);
    }
    assert_true(found > 1000);
}

/* ---- cost ---- */

static void check_cost(struct arena *a, const char *pattern, const char *unit) {
    struct pattern p;
    struct pattern_text t;
    struct pattern_match found[FINDS_MAX];
    size_t length = strlen(unit), n = 32000;
    char *text = arena_alloc(a, n + 1);
    for (size_t i = 0; i < n; i++)
        text[i] = unit[i % length];
    assert_int_equal(pattern_compile(pattern, "", &p, NULL), OK);
    pattern_open(a, text, (int)n, &t);
    int finds = find_all(&p, &t, found);
    int64_t most =
        (int64_t)n + (int64_t)finds * PATTERN_POSITIONS_MAX * (PATTERN_POSITIONS_MAX + 1);
    if (t.steps > most)
        fail_msg("%s in %s...: %lld steps", pattern, unit, (long long)t.steps);
}

static void test_no_text_makes_it_slow(void **state) {
    static const char *const patterns[] = {
        "#?#?#?#?#?#?#?#?#?#?#?#?#?#?#?#?#?#?#?#?###",
        "[0a]{0,30}[0a]{0,15}[0-9]{3}",
        "#~#~#~#~#~#~#~#~#~#~#~#~#~#~#~#~#~#~#~#~#X",
        "@{0,20}@{0,20}#@{1,4}##",
        "&{0,45}###",
    };
    static const char *const texts[] = {
        "0", "a", "0a", "0 ", "a ", "0-", "aaaaaaaaaaaaaaaa000 ", "00000000000000000000000a"};
    for (size_t p = 0; p < sizeof patterns / sizeof *patterns; p++)
        for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
            check_cost(*state, patterns[p], texts[t]);
            arena_reset(*state);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_cases, with_arena, without_arena),
        cmocka_unit_test(test_a_pattern_too_long_is_refused),
        cmocka_unit_test(test_digits_alone_are_told_from_the_rest),
        cmocka_unit_test_setup_teardown(test_it_finds_what_a_slow_reader_finds, with_arena,
                                        without_arena),
        cmocka_unit_test_setup_teardown(test_no_text_makes_it_slow, with_arena, without_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
