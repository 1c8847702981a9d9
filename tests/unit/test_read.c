#include "../../common/nlu/read.h"

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../common/codec/json.h"
#include "../../common/codec/utf8.h"
#include "apart.h"

#define CERTAIN 0.5 /* from here on a score says yes */
#define CASES_LEAST 60

static const char *fact_value(const struct reading *r, const char *name) {
    for (int i = 0; i < r->n_facts; i++)
        if (strcmp(r->facts[i].name, name) == 0)
            return r->facts[i].value;
    return "none";
}

static const char *yes_no(bool v) { return v ? "yes" : "no"; }

/* What a case calls by the name; NULL for a name that is not known. */
static const char *observed(const struct reading *r, const char *name) {
    const struct {
        const char *name, *value;
    } all[] = {
        {"language", r->language},
        {"emotion", emotion_label_text(r->emotion)},
        {"sign", r->valence < 0   ? "-"
                 : r->valence > 0 ? "+"
                                  : "0"},
        {"human", yes_no(r->wants_human >= CERTAIN)},
        {"urgent", yes_no(r->urgency >= CERTAIN)},
        {"deadline", yes_no(r->deadline)},
        {"stance", stance_text(r->stance)},
        {"subject", sensitive_subject_text(r->subject)},
        {"order", fact_value(r, "order_number")},
        {"phone", fact_value(r, "phone")},
        {"email", fact_value(r, "email")},
        {"news", yes_no(r->asks_news)},
        {"greeting", yes_no(r->greeting_only)},
        {"open", yes_no(r->unfinished)},
        {"complaint", yes_no(r->complaint_first)},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(all[i].name, name) == 0)
            return all[i].value;
    return NULL;
}

/* As in the built-in policy. */
static struct usage_norm norms[] = {{"da", 1.2}, {"zh", 1.2}, {"nl", 1.1}, {"de", 1.1}};
static const struct usage usage = {.norms = norms, .n_norms = 4};

static struct reading read_one(struct arena *a, const char *text, const char *locale) {
    struct reading r;
    struct read_input in = {.text = text,
                            .locale = locale,
                            .earlier_language = "",
                            .channel_language = "",
                            .usage = &usage,
                            .figures = true};
    read_text(a, &in, &r);
    return r;
}

/* "name=value name=value"; returns how many do not hold. */
static int check_case(const char *file, const char *text, char *wanted, const struct reading *r) {
    int wrong = 0;
    for (char *save, *one = strtok_r(wanted, " \n", &save); one;
         one = strtok_r(NULL, " \n", &save)) {
        char *value = strchr(one, '=');
        assert_non_null(value);
        *value++ = '\0';
        const char *seen = observed(r, one);
        assert_non_null(seen);
        if (strcmp(seen, value) == 0)
            continue;
        print_error("%s: \"%s\": %s is %s, not %s\n", file, text, one, seen, value);
        wrong++;
    }
    return wrong;
}

static void check_file(const char *language) {
    char path[64], line[1024];
    snprintf(path, sizeof path, "tests/cases/nlu/%s.tsv", language);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    struct arena *a = arena_new();
    int wrong = 0, cases = 0;
    while (fgets(line, sizeof line, f)) {
        char *wanted = strchr(line, '\t');
        assert_non_null(wanted);
        *wanted++ = '\0';
        bool tests_language = strstr(wanted, "language=") != NULL;
        struct reading r = read_one(a, line, tests_language ? NULL : language);
        wrong += check_case(language, line, wanted, &r);
        cases++;
        arena_reset(a);
    }
    fclose(f);
    arena_free(a);
    assert_true(cases >= CASES_LEAST);
    assert_int_equal(wrong, 0);
}

static void english_cases(void **state) {
    (void)state;
    check_file("en");
}
static void dutch_cases(void **state) {
    (void)state;
    check_file("nl");
}
static void danish_cases(void **state) {
    (void)state;
    check_file("da");
}
static void german_cases(void **state) {
    (void)state;
    check_file("de");
}
static void chinese_cases(void **state) {
    (void)state;
    check_file("zh");
}

static uint64_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    return *state ^= *state << 17;
}

/* Valid UTF-8 out of pieces that the cues are made of and code points from everywhere. */
static const char *random_text(struct arena *a, uint64_t *seed) {
    static const char *const pieces[] = {"never ",    "ikke",      "!!!",    "???",   " + ",
                                         "#12345",    "@x.nl",     "kunde ", "你们",  "...",
                                         ":(",        "😡",         "nooooo", " und ", "'",
                                         "e\xCC\x81", "+45 12 34", "不",     "\n",    "a@b.co"};
    int parts = (int)(next_random(seed) % 60);
    char *out = arena_alloc(a, 16 * 60 + 1), *to = out;
    for (int i = 0; i < parts; i++) {
        uint64_t dice = next_random(seed);
        const char *piece = pieces[(dice >> 8) % (sizeof pieces / sizeof *pieces)];
        uint32_t cp = (uint32_t)(dice >> 20) % 0x110000;
        if (dice & 1)
            to = stpcpy(to, piece);
        else if (cp && (cp < 0xD800 || cp > 0xDFFF))
            to += utf8_put(cp, to);
    }
    return out;
}

static void check_spans(const struct cues *c, int length) {
    assert_in_range(c->n, 0, READING_CUES_MAX);
    for (int i = 0; i < c->n; i++) {
        assert_true(c->items[i].start >= 0 && c->items[i].start < c->items[i].end);
        assert_true(c->items[i].end <= length);
        assert_non_null(c->items[i].text);
    }
}

static void check_ranges(const struct reading *r, int length) {
    assert_true(r->intensity >= 0 && r->intensity <= 1);
    assert_true(r->valence >= -1 && r->valence <= 1);
    assert_true(r->urgency >= 0 && r->urgency <= 1);
    assert_true(r->wants_human >= 0 && r->wants_human <= 1);
    assert_true(r->language_confidence >= 0 && r->language_confidence <= 1);
    check_spans(&r->emotion_evidence, length);
    check_spans(&r->urgency_evidence, length);
    check_spans(&r->wants_human_evidence, length);
    check_spans(&r->stance_evidence, length);
    check_spans(&r->subject_evidence, length);
    for (int i = 0; i < r->n_facts; i++)
        assert_true(r->facts[i].start < r->facts[i].end && r->facts[i].end <= length);
}

static void any_text_is_read_within_range_and_the_same_each_time(void **state) {
    (void)state;
    struct arena *a = arena_new();
    uint64_t seed = 88172645463325252u;
    for (int i = 0; i < 3000; i++) {
        arena_reset(a);
        const char *text = random_text(a, &seed);
        struct reading first = read_one(a, text, NULL), again = read_one(a, text, NULL);
        check_ranges(&first, (int)utf8_count(text));
        buf_auto x;
        buf_auto y;
        buf_init(&x, 1 << 20);
        buf_init(&y, 1 << 20);
        read_render(&first, &x);
        read_render(&again, &y);
        assert_string_equal(x.p, y.p);
        json_auto parsed = NULL;
        assert_int_equal(json_load_span(buf_span(&x), &parsed, NULL), OK);
    }
    arena_free(a);
}

static uint64_t fingerprint(struct arena *a, const char *text) {
    return read_one(a, text, NULL).fingerprint;
}

static void fingerprints_forgive_form_and_tell_questions_apart(void **state) {
    (void)state;
    static const char *const same[] = {"  where IS my order -- 123!!!", "Where is my x order 123",
                                       "Ｗｈｅｒｅ is my order １２３", "Wheeere is my order 123"};
    static const char *const other[] = {"Where is my order 124?",
                                        "Where is my order 12 3?",
                                        "My order 123 is where?",
                                        "Where is my order?",
                                        "1",
                                        "包"};
    static const char *const none[] = {"", "?! 😀", "k"};
    struct arena *a = arena_new();
    uint64_t asked = fingerprint(a, "Where is my order 123?");
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        assert_true(fingerprint(a, same[i]) == asked);
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        assert_true(fingerprint(a, other[i]) != asked && fingerprint(a, other[i]) != 0);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_true(fingerprint(a, none[i]) == 0);
    arena_free(a);
}

static void nothing_is_read_from_nothing(void **state) {
    (void)state;
    struct arena *a = arena_new();
    struct reading r = read_one(a, "", NULL);
    assert_string_equal(r.language, "und");
    assert_string_equal(r.intent, "");
    assert_int_equal(r.n_facts, 0);
    assert_true(r.fingerprint == 0);
    arena_free(a);
}

static void evidence_covers_the_words_it_names(void **state) {
    (void)state;
    struct arena *a = arena_new();
    struct reading r = read_one(a, "å, I am so furious!", NULL);
    assert_int_equal(r.emotion, EMOTION_ANGER);
    assert_int_equal(r.emotion_evidence.n, 1);
    assert_int_equal(r.emotion_evidence.items[0].start, 11);
    assert_int_equal(r.emotion_evidence.items[0].end, 18);
    assert_string_equal(r.emotion_evidence.items[0].text, "furious");
    arena_free(a);
}

static void restraint_makes_the_same_words_weigh_more(void **state) {
    (void)state;
    struct arena *a = arena_new();
    struct reading r = read_one(a, "Jeg er lidt skuffet over leveringen", "da");
    struct reading other = read_one(a, "I am a bit disappointed in the delivery", "en");
    assert_true(r.intensity > other.intensity);
    assert_true(r.norm == 1.2 && other.norm == 1);
    struct reading plain = r;
    const struct read_input in = {.text = "Jeg er lidt skuffet over leveringen",
                                  .locale = "da",
                                  .earlier_language = "",
                                  .channel_language = ""};
    read_text(a, &in, &plain);
    assert_true(fabs(plain.intensity * 1.2 - r.intensity) < 1e-9 && plain.norm == 1);
    arena_free(a);
}

/* Said louder, wider or with a smile it is still the same wish. */
static void wish_for_a_person_survives_how_it_is_set(void **state) {
    static const char *const wishes[] = {
        "I want to talk to a person", "Ik wil een medewerker spreken",
        "Jeg vil tale med et menneske", "Ich möchte mit einem Menschen sprechen", "转人工"};
    static const char *const around[][2] = {{"", ""},      {"", "!"},  {"  ", "  "},
                                            {"", " 🙂"}, {"", "\n"}, {"... ", " ..."}};
    struct arena *a = arena_new();
    (void)state;
    for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++)
        for (size_t k = 0; k < sizeof around / sizeof *around; k++) {
            const char *text = arena_printf(a, "%s%s%s", around[k][0], wishes[i], around[k][1]);
            assert_true(read_one(a, text, "").wants_human >= CERTAIN);
        }
    arena_free(a);
}

static void test_figures_are_read_only_where_they_are_shown(void **state) {
    struct arena *a = arena_new();
    struct reading r;
    const struct read_input in = {
        .text = "I paid 24.50 EUR on 24 December", .earlier_language = "", .channel_language = ""};
    (void)state;
    read_text(a, &in, &r);
    assert_int_equal(r.n_facts, 0);
    r = read_one(a, in.text, NULL);
    assert_true(r.n_facts >= 2);
    arena_free(a);
}

#define LONGEST 32000

static void a_text_may_be_empty_or_very_long(void **state) {
    static const char *const pieces[] = {"a",        "I want a human! ",
                                         "geen ",    "ikke glad, ",
                                         "我要退款", "😡",
                                         "not ",     " ",
                                         "\n",       "1",
                                         "-",        "é"};
    (void)state;
    struct arena *a = arena_new();
    struct reading r = apart_read(a, "");
    check_ranges(&r, 0);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        arena_reset(a);
        int each = (int)utf8_count(pieces[i]), times = LONGEST / each;
        char *text = arena_alloc(a, strlen(pieces[i]) * (size_t)times + 1), *to = text;
        for (int k = 0; k < times; k++)
            to = stpcpy(to, pieces[i]);
        r = apart_read(a, text);
        check_ranges(&r, times * each);
    }
    arena_free(a);
}

static void garbled_and_mixed_scripts_are_read_within_range(void **state) {
    static const char *const texts[] = {
        "Ik wil een 人工 please, tak!",
        "Где мой human? أريد agent",
        "w̷h̷e̷r̷e̷ ̷i̷s̷ ̷m̷y̷ ̷p̷a̷r̷c̷e̷l̷",
        "\xE2\x80\x8Bhu\xE2\x80\x8Bman\xE2\x80\x8B",
        "ＡＧＥＮＴ ＰＬＥＡＳＥ",
        "â€œwo ist mein Paketâ€\x9D Ã¼ber",
        "𝕀 𝕨𝕒𝕟𝕥 𝕒 𝕙𝕦𝕞𝕒𝕟",
        "asdfjkl;qwer!!!1!1 ??? ...",
        "👨‍👩‍👧‍👦🏳️‍🌈🇩🇰🇳🇱",
        "‮txet desrever‬",
        "転人工 전화해 주세요 call me",
    };
    (void)state;
    struct arena *a = arena_new();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        size_t n = strlen(texts[i]);
        for (size_t cut = 0; cut <= n; cut++) {
            if (cut < n && ((unsigned char)texts[i][cut] & 0xC0) == 0x80)
                continue;
            arena_reset(a);
            const char *text = arena_strndup(a, texts[i], cut);
            if (!utf8_valid(text, cut))
                continue;
            struct reading r = apart_read(a, text);
            check_ranges(&r, (int)utf8_count(text));
        }
    }
    arena_free(a);
}

struct reader {
    const struct apart_list *all;
    struct buf out;
};

static void *read_all(void *ctx) {
    struct reader *w = ctx;
    struct arena *a = arena_new();
    for (int i = 0; i < w->all->n; i++) {
        arena_reset(a);
        struct reading r = apart_read(a, w->all->items[i].text);
        read_render(&r, &w->out);
    }
    arena_free(a);
    return NULL;
}

static void every_thread_reads_the_same(void **state) {
    enum { THREADS = 4 };
    (void)state;
    struct arena *a = arena_new();
    struct apart_list *all = ARENA_ARRAY(a, struct apart_list, 1);
    struct reader readers[THREADS];
    pthread_t threads[THREADS];
    apart_load(a, "mood", all);
    for (int i = 0; i < THREADS; i++) {
        readers[i].all = all;
        buf_init(&readers[i].out, 1 << 24);
        assert_int_equal(pthread_create(&threads[i], NULL, read_all, &readers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 1; i < THREADS; i++)
        assert_true(readers[i].out.len == readers[0].out.len &&
                    memcmp(readers[i].out.p, readers[0].out.p, readers[0].out.len) == 0);
    for (int i = 0; i < THREADS; i++)
        buf_fini(&readers[i].out);
    arena_free(a);
}

int main(void) {
    json_setup();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_figures_are_read_only_where_they_are_shown),
        cmocka_unit_test(english_cases),
        cmocka_unit_test(dutch_cases),
        cmocka_unit_test(danish_cases),
        cmocka_unit_test(german_cases),
        cmocka_unit_test(chinese_cases),
        cmocka_unit_test(any_text_is_read_within_range_and_the_same_each_time),
        cmocka_unit_test(nothing_is_read_from_nothing),
        cmocka_unit_test(fingerprints_forgive_form_and_tell_questions_apart),
        cmocka_unit_test(evidence_covers_the_words_it_names),
        cmocka_unit_test(restraint_makes_the_same_words_weigh_more),
        cmocka_unit_test(wish_for_a_person_survives_how_it_is_set),
        cmocka_unit_test(every_thread_reads_the_same),
        cmocka_unit_test(a_text_may_be_empty_or_very_long),
        cmocka_unit_test(garbled_and_mixed_scripts_are_read_within_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
