/* What must stay and what must move when a text is changed in a known way. */
#include <pthread.h>
#include <stdlib.h>

#include "../../common/codec/utf8.h"
#include "../../common/nlu/train.h"
#include "apart.h"

#define SAID 0.5
#define LONGEST 32000

/* ---- the same text set otherwise ---- */

static const char *upper(struct arena *a, const char *text) {
    char *out = arena_strdup(a, text);
    for (char *c = out; *c; c++)
        *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c;
    return out;
}

/* Between ideographs nobody sets spaces; between words twice as many say nothing. */
static const char *spaced(struct arena *a, const char *text) {
    char *out = arena_alloc(a, 3 * strlen(text) + 5), *to = stpcpy(out, "  ");
    for (; *text; text++)
        to = *text == ' ' ? stpcpy(to, " \t ") : (*to = *text, to + 1);
    strcpy(to, "  ");
    return out;
}

static const char *marked(struct arena *a, const char *text) {
    return arena_printf(a, "%s!", text);
}
static const char *smiling(struct arena *a, const char *text) {
    return arena_printf(a, "%s 🙂", text);
}

typedef const char *setting(struct arena *a, const char *text);
static setting *const settings[] = {upper, spaced, marked, smiling};
#define SETTINGS (sizeof settings / sizeof *settings)

static struct intent_model *learned(struct arena *a) {
    static const char *const matters[][4] = {
        {"refund", "I want my money back", "ik wil mijn geld terug",
         "jeg vil have mine penge igen"},
        {"refund", "please refund the order", "graag terugbetalen", "ich will mein Geld zurück"},
        {"refund", "refund me", "geld terug voor mijn bestelling", "我要退款"},
        {"parcel", "where is my parcel", "waar is mijn pakket", "hvor er min pakke"},
        {"parcel", "my delivery is late", "mijn levering is laat", "wo ist mein Paket"},
        {"parcel", "track the delivery", "volg mijn pakket", "我的包裹在哪里"},
        {"login", "I forgot my password", "wachtwoord vergeten", "jeg har glemt mit kodeord"},
        {"login", "I cannot log in", "ik kan niet inloggen", "ich kann mich nicht anmelden"},
        {"login", "reset my password", "nieuw wachtwoord", "密码忘了"},
    };
    struct example *all = ARENA_ARRAY(a, struct example, 27);
    struct intent_model *m;
    int n = 0;
    buf_auto model;
    buf_auto report;
    buf_init(&model, TRAIN_MODEL_BYTES_MAX);
    buf_init(&report, 1 << 20);
    for (size_t i = 0; i < sizeof matters / sizeof *matters; i++)
        for (int k = 1; k < 4; k++)
            all[n++] = (struct example){matters[i][0], matters[i][k], ""};
    struct train_options options = {.seed = 1};
    assert_int_equal(train_run(all, n, &options, &model, &report, NULL), OK);
    assert_int_equal(intent_open(buf_span(&model), &m), OK);
    return m;
}

static void test_the_intent_stays_however_the_text_is_set(void **state) {
    static const char *const asked[] = {"where is the parcel I ordered",
                                        "waar blijft mijn pakket",
                                        "hvor er pakken",
                                        "wo bleibt das Paket",
                                        "包裹在哪里",
                                        "money back please",
                                        "ik wil geld terug",
                                        "我要退款",
                                        "my password does not work",
                                        "wachtwoord kwijt"};
    (void)state;
    struct arena *a = arena_new();
    struct intent_model *m = learned(a);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        struct intent_guess plain, set;
        intent_guess(a, m, asked[i], &plain);
        for (size_t k = 0; k < SETTINGS; k++) {
            intent_guess(a, m, settings[k](a, asked[i]), &set);
            assert_string_equal(set.name, plain.name);
        }
    }
    intent_free(m);
    arena_free(a);
}

/* Capitals and marks may make a mood louder; what is asked for stays, in all but a few of a
 * thousand (a title in capitals can change the language that is guessed). */
static void test_wish_and_urgency_stay_however_the_text_is_set(void **state) {
    (void)state;
    struct arena *a = arena_new(), *scratch = arena_new();
    struct apart_list *all = ARENA_ARRAY(a, struct apart_list, 1);
    int changed = 0, n = 0;
    apart_load(a, "wish", all);
    for (int i = 0; i < all->n; i++)
        for (size_t k = 0; k < SETTINGS; k++) {
            const char *text = all->items[i].text;
            arena_reset(scratch);
            struct reading r = apart_read(scratch, text);
            struct reading s = apart_read(scratch, settings[k](scratch, text));
            changed += (r.wants_human >= SAID) != (s.wants_human >= SAID);
            changed += (r.urgency >= SAID) != (s.urgency >= SAID);
            n += 2;
        }
    if (changed * 200 > n)
        fail_msg("%d of %d changed", changed, n);
    arena_free(scratch);
    arena_free(a);
}

/* ---- negation ---- */

static void test_negation_moves_the_mood(void **state) {
    static const char *const pairs[][2] = {
        {"I am happy with the bike", "I am not happy with the bike"},
        {"This works well", "This does not work well"},
        {"I am angry", "I'm not angry at all"},
        {"I was disappointed", "I was never disappointed"},
        {"Ik ben blij met de fiets", "Ik ben niet blij met de fiets"},
        {"Het werkt goed", "Het werkt niet goed"},
        {"Ik ben boos", "Ik ben helemaal niet boos"},
        {"Ik was teleurgesteld", "Ik was niet teleurgesteld"},
        {"Jeg er glad for cyklen", "Jeg er ikke glad for cyklen"},
        {"Det er godt", "Det er ikke godt"},
        {"Jeg er vred", "Jeg er slet ikke vred"},
        {"Jeg var skuffet", "Jeg var ikke skuffet"},
        {"Ich bin zufrieden mit dem Rad", "Ich bin nicht zufrieden mit dem Rad"},
        {"Das ist gut", "Das ist nicht gut"},
        {"Ich bin wütend", "Ich bin gar nicht wütend"},
        {"Ich war enttäuscht", "Ich war nicht enttäuscht"},
        {"我很满意", "我不满意"},
        {"质量好", "质量不好"},
        {"我很生气", "我没有生气"},
        {"我很失望", "我不失望"},
    };
    (void)state;
    struct arena *a = arena_new();
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct reading plain = apart_read(a, pairs[i][0]), negated = apart_read(a, pairs[i][1]);
        bool was_good = plain.valence > 0;
        if (plain.valence == 0 ||
            (was_good ? negated.valence >= 0 : negated.valence <= plain.valence))
            fail_msg("%s %.2f, %s %.2f", pairs[i][0], plain.valence, pairs[i][1], negated.valence);
    }
    arena_free(a);
}

/* ---- size, dirt, threads ---- */

static void check_ranges(const struct reading *r, int length) {
    const struct cues *all[] = {&r->emotion_evidence, &r->urgency_evidence,
                                &r->wants_human_evidence, &r->stance_evidence,
                                &r->subject_evidence};
    assert_true(r->intensity >= 0 && r->intensity <= 1 && r->valence >= -1 && r->valence <= 1);
    assert_true(r->urgency >= 0 && r->urgency <= 1);
    assert_true(r->wants_human >= 0 && r->wants_human <= 1);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        for (int k = 0; k < all[i]->n; k++)
            assert_true(all[i]->items[k].start >= 0 && all[i]->items[k].end <= length &&
                        all[i]->items[k].start < all[i]->items[k].end);
}

static void test_a_text_may_be_empty_or_very_long(void **state) {
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

static void test_garbled_and_mixed_scripts_are_read_within_range(void **state) {
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

static void test_every_thread_reads_the_same(void **state) {
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
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_thread_reads_the_same),
        cmocka_unit_test(test_the_intent_stays_however_the_text_is_set),
        cmocka_unit_test(test_wish_and_urgency_stay_however_the_text_is_set),
        cmocka_unit_test(test_negation_moves_the_mood),
        cmocka_unit_test(test_a_text_may_be_empty_or_very_long),
        cmocka_unit_test(test_garbled_and_mixed_scripts_are_read_within_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
