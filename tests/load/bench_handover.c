/*
 * bench_handover: can the turn at which a person should take over be learned from a few hundred
 * dialogues? The method of decide/takeover.c with words beside the course: hashed words and pairs
 * of this turn and of what stood before it, likeness to earlier turns, place, falling mood -> a
 * sparse logistic regression; its judgement of this turn and of those before it -> the dense one of
 * base/logistic. It sees nothing behind the turn it judges. Whole dialogues are left out in turn;
 * the second stage and the threshold are learned inside the training folds.
 *
 *   bench_handover < DIALOGUES      one a line: [{"role","w":[ids],"senti","label"}, ...]
 *
 * Prints JSON: F1, precision, recall, and how early, of customer turns and of all labelled turns.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/base/logistic.h"
#include "../../common/codec/json.h"

#define PLACES (1 << 18)
#define LINE_MAX (1 << 20)
#define DIALOGUES_MAX 4096
#define WORDS_MAX 512
#define SPOTS_MAX 2048
#define FOLDS 10
#define INNER_FOLDS 4 /* the second stage learns from what the first says of dialogues unseen */
#define SHUFFLES 3    /* how dialogues fall into folds is chance: the mean of so many */
#define EPOCHS 8
#define STEP 0.15
#define DECAY 1e-3
#define COURSE_VALUE 0.5f /* of what is no word */
#define QUIET (-2.0)      /* what is assumed of turns there never were */
#define SAME 0.6
#define INPUTS 9

struct spot {
    int at;
    float value;
};
struct turn {
    bool bot, should;
    int *words, n_words;   /* as they stand */
    int *distinct, n_kind; /* in order, each once */
    double mood, z;        /* z: log odds by the first stage */
    struct spot *spots;
    int n_spots;
};
struct dialogue {
    struct turn *turns;
    int n, fold;
};

static struct arena *arena;
static struct dialogue dialogues[DIALOGUES_MAX];
static int n_dialogues;
static bool customers_only;
static float weights[PLACES], slopes[PLACES];
static double constant, constant_slope;

/* ---- reading ---- */

static int by_number(const void *a, const void *b) {
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

static void read_words(const json_t *list, struct turn *t) {
    size_t n = json_array_size(list) < WORDS_MAX ? json_array_size(list) : WORDS_MAX;
    t->words = ARENA_ARRAY(arena, int, n + 1);
    t->distinct = ARENA_ARRAY(arena, int, n + 1);
    for (size_t i = 0; i < n; i++)
        t->words[i] = (int)json_integer_value(json_array_get(list, i));
    t->n_words = (int)n;
    int *sorted = arena_copy(arena, t->words, sizeof(int) * (n + 1));
    qsort(sorted, n, sizeof *sorted, by_number);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || sorted[i] != sorted[i - 1])
            t->distinct[t->n_kind++] = sorted[i];
}

static void read_dialogue(const char *line) {
    json_auto j = json_loads(line, 0, NULL);
    struct dialogue *d = &dialogues[n_dialogues++];
    d->n = (int)json_array_size(j);
    d->turns = ARENA_ARRAY(arena, struct turn, d->n + 1);
    for (int i = 0; i < d->n; i++) {
        const json_t *one = json_array_get(j, (size_t)i);
        const char *role = json_string_value(json_object_get(one, "role"));
        d->turns[i].bot = role && strcmp(role, "bot") == 0;
        d->turns[i].should = json_integer_value(json_object_get(one, "label")) > 0;
        d->turns[i].mood = json_number_value(json_object_get(one, "senti"));
        read_words(json_object_get(one, "w"), &d->turns[i]);
    }
}

/* ---- what is seen at a turn ---- */

static uint64_t mix(uint64_t x) {
    x = (x ^ x >> 33) * UINT64_C(0xff51afd7ed558ccd);
    x = (x ^ x >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return x ^ x >> 33;
}

static void see(struct turn *t, int kind, uint64_t what, float value) {
    if (t->n_spots < SPOTS_MAX)
        t->spots[t->n_spots++] =
            (struct spot){(int)(mix(mix((uint64_t)kind) + what) % PLACES), value};
}

/* A figure of the course, by who speaks. */
static void see_figure(struct turn *t, int kind, int figure) {
    see(t, kind, (uint64_t)(figure * 2 + t->bot), COURSE_VALUE);
}

static void see_words(struct turn *t, int kind, const struct turn *of, float loud) {
    float each = loud / sqrtf((float)(of->n_kind ? of->n_kind : 1));
    for (int i = 0; i < of->n_kind; i++)
        see(t, kind, (uint64_t)of->distinct[i], each);
}

/* With the ends of the text, each pair is a feature. */
static void see_pairs(struct turn *t, int kind) {
    float each = 1 / sqrtf((float)(t->n_words + 1));
    for (int i = 0; i <= t->n_words; i++) {
        uint64_t left = i ? (uint64_t)t->words[i - 1] + 1 : 0;
        uint64_t right = i < t->n_words ? (uint64_t)t->words[i] + 1 : 0;
        see(t, kind, left << 32 | right, each);
    }
}

static double likeness(const struct turn *a, const struct turn *b) {
    int both = 0;
    for (int i = 0, k = 0; i < a->n_kind && k < b->n_kind;) {
        int x = a->distinct[i], y = b->distinct[k];
        both += x == y;
        i += x <= y;
        k += y <= x;
    }
    int either = a->n_kind + b->n_kind - both;
    return either ? (double)both / either : 0;
}

/* The newest turn of that side before this one; NULL: none. */
static const struct turn *before(const struct dialogue *d, int i, bool bot) {
    while (--i >= 0)
        if (d->turns[i].bot == bot)
            return &d->turns[i];
    return NULL;
}

/* How much the newest turn of a side, up to this one, says what that side has said before. */
static double repetition(const struct dialogue *d, int upto, bool bot) {
    const struct turn *newest = before(d, upto + 1, bot);
    double most = 0;
    for (int i = 0; newest && &d->turns[i] < newest; i++)
        if (d->turns[i].bot == bot)
            most = fmax(most, likeness(newest, &d->turns[i]));
    return most;
}

static int fifths(double share) { return (int)(share * 5); }
static int doublings(int n) { return (int)fmin(log2(1 + n), 8); }
static int at_most(int n, int most) { return n < most ? n : most; }

static void see_course(const struct dialogue *d, int i) {
    struct turn *t = &d->turns[i];
    double of_other = 0, lowest = 0;
    int same = 0, bots = 0, in_a_row = 0;
    for (int k = 0; k < i; k++) {
        const struct turn *u = &d->turns[k];
        double like = likeness(t, u);
        same += u->bot == t->bot && like > SAME;
        of_other = u->bot != t->bot ? fmax(of_other, like) : of_other;
        lowest = fmin(lowest, u->mood);
        bots += u->bot;
        in_a_row = u->bot == t->bot ? in_a_row + 1 : 0;
    }
    see_figure(t, 1, at_most(i, 15));
    see_figure(t, 2, doublings(t->n_words));
    see_figure(t, 3, 0);
    see_figure(t, 4, at_most(in_a_row, 4));
    see_figure(t, 5, at_most(same, 4));
    see_figure(t, 6, fifths(of_other));
    see_figure(t, 7, t->mood < -0.3 ? 0 : t->mood < -0.05 ? 1 : t->mood <= 0.05 ? 2 : 3);
    see_figure(t, 8, t->mood < lowest - 0.1);
    see_figure(t, 9, at_most(bots + t->bot, 8));
    see_figure(t, 10, fifths(repetition(d, i, true)));
    see_figure(t, 11, fifths(repetition(d, i, false)));
}

static void see_turn(const struct dialogue *d, int i) {
    struct turn *t = &d->turns[i];
    const struct turn *mine = before(d, i, t->bot), *theirs = before(d, i, !t->bot);
    t->spots = ARENA_ARRAY(arena, struct spot, SPOTS_MAX);
    see_course(d, i);
    see_words(t, 20 + t->bot, t, 0.7f);
    see_pairs(t, 22 + t->bot);
    if (i > 0)
        see_words(t, 24 + 2 * t->bot + d->turns[i - 1].bot, &d->turns[i - 1], 0.4f);
    if (mine && mine != &d->turns[i - 1])
        see_words(t, 30 + t->bot, mine, 0.3f);
    if (!theirs)
        return;
    if (theirs != &d->turns[i - 1])
        see_words(t, 32 + t->bot, theirs, 0.3f);
    see_figure(t, 12, fifths(likeness(t, theirs)));
    see_figure(t, 13, doublings(theirs->n_words));
}

/* ---- first stage: words and course -> log odds of each turn ---- */

static double log_odds(const struct turn *t) {
    double z = constant;
    for (int i = 0; i < t->n_spots; i++)
        z += (double)(weights[t->spots[i].at] * t->spots[i].value);
    return z;
}

/* A step down the slope, smaller where the way has been long (AdaGrad). */
static void learn_turn(const struct turn *t) {
    float off = (float)(logistic_sigmoid(log_odds(t)) - t->should);
    for (int i = 0; i < t->n_spots; i++) {
        int at = t->spots[i].at;
        float slope = off * t->spots[i].value + (float)DECAY * weights[at];
        slopes[at] += slope * slope;
        weights[at] -= (float)STEP * slope / sqrtf(slopes[at]);
    }
    constant_slope += (double)(off * off);
    constant -= STEP * (double)off / sqrt(constant_slope);
}

static void learn_words(const struct turn **turns, int n) {
    memset(weights, 0, sizeof weights);
    for (int i = 0; i < PLACES; i++)
        slopes[i] = 1e-6f;
    constant = 0, constant_slope = 1e-6;
    uint64_t chance = 7;
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        for (int i = n - 1; i > 0; i--) {
            chance = mix(chance + (uint64_t)i);
            int k = (int)(chance % (uint64_t)(i + 1));
            const struct turn *swap = turns[i];
            turns[i] = turns[k];
            turns[k] = swap;
        }
        for (int i = 0; i < n; i++)
            learn_turn(turns[i]);
    }
}

/* Is this dialogue left out by the n-th part of the training folds? part INNER_FOLDS: none is. */
static bool left_out(int dialogue, int part) { return dialogue % INNER_FOLDS == part; }

/* Log odds of every turn from weights that have not seen its dialogue. */
static void judge_unseen(const struct turn **turns, int fold) {
    for (int part = 0; part <= INNER_FOLDS; part++) {
        int n = 0;
        for (int d = 0; d < n_dialogues; d++)
            for (int i = 0; dialogues[d].fold != fold && !left_out(d, part) && i < dialogues[d].n;
                 i++)
                turns[n++] = &dialogues[d].turns[i];
        learn_words(turns, n);
        for (int d = 0; d < n_dialogues; d++) {
            bool now = dialogues[d].fold == fold ? part == INNER_FOLDS : left_out(d, part);
            for (int i = 0; now && i < dialogues[d].n; i++)
                dialogues[d].turns[i].z = log_odds(&dialogues[d].turns[i]);
        }
    }
}

/* ---- second stage: this turn's odds among those before it ---- */

static bool counts(const struct turn *t) { return !customers_only || !t->bot; }

static void look_back(const struct dialogue *d, int i, struct logistic_case *out) {
    const struct turn *t = &d->turns[i], *bot = before(d, i, true), *customer = before(d, i, false);
    double most = 2 * QUIET, sum = 0;
    for (int k = 0; k < i; k++) {
        most = fmax(most, d->turns[k].z);
        sum += d->turns[k].z;
    }
    *out =
        (struct logistic_case){.x = {t->z, i > 0 ? t[-1].z : QUIET, i > 1 ? t[-2].z : QUIET, most,
                                     i ? sum / i : QUIET, t->bot, t->bot ? t->z : 0,
                                     bot ? bot->z : 2 * QUIET, customer ? customer->z : 2 * QUIET},
                               .weight = 1,
                               .yes = t->should};
}

struct judged {
    double p;
    bool should;
};

static int likeliest_first(const void *a, const void *b) {
    double x = ((const struct judged *)a)->p, y = ((const struct judged *)b)->p;
    return (x < y) - (x > y);
}

static double best_threshold(struct judged *all, int n) {
    int yes = 0, hits = 0;
    double best = 0, threshold = 0.5;
    qsort(all, (size_t)n, sizeof *all, likeliest_first);
    for (int i = 0; i < n; i++)
        yes += all[i].should;
    for (int i = 0; i < n; i++) {
        hits += all[i].should;
        double f1 = 2.0 * hits / (i + 1 + yes);
        if (f1 <= best)
            continue;
        best = f1;
        threshold = i + 1 < n ? (all[i].p + all[i + 1].p) / 2 : all[i].p;
    }
    return threshold;
}

struct second {
    struct logistic_case *cases;
    struct judged *judged;
    struct logistic fitted;
    double threshold;
};

static void learn_course(struct second *s, int fold) {
    int n = 0;
    for (int d = 0; d < n_dialogues; d++)
        for (int i = 0; dialogues[d].fold != fold && i < dialogues[d].n; i++)
            if (counts(&dialogues[d].turns[i]))
                look_back(&dialogues[d], i, &s->cases[n++]);
    logistic_fit(s->cases, n, INPUTS, &s->fitted);
    for (int i = 0; i < n; i++)
        s->judged[i] = (struct judged){logistic_apply(&s->fitted, s->cases[i].x), s->cases[i].yes};
    s->threshold = best_threshold(s->judged, n);
}

/* ---- what it is worth ---- */

struct tally {
    int hits, called, should; /* turns */
    int early, marked;        /* dialogues: called at or before the first marked turn; of so many */
};

static void try_dialogue(const struct second *s, const struct dialogue *d, struct tally *out) {
    bool called = false, marked = false;
    for (int i = 0; i < d->n; i++) {
        struct logistic_case c;
        if (!counts(&d->turns[i]))
            continue;
        look_back(d, i, &c);
        bool calls = logistic_apply(&s->fitted, c.x) >= s->threshold;
        called |= calls;
        out->hits += calls && d->turns[i].should;
        out->called += calls;
        out->should += d->turns[i].should;
        out->early += d->turns[i].should && !marked && called;
        marked |= d->turns[i].should;
    }
    out->marked += marked;
}

static void deal(int shuffle) {
    static int order[DIALOGUES_MAX];
    uint64_t chance = (uint64_t)shuffle + 1;
    for (int i = 0; i < n_dialogues; i++)
        order[i] = i;
    for (int i = n_dialogues - 1; i > 0; i--) {
        chance = mix(chance + (uint64_t)i);
        int k = (int)(chance % (uint64_t)(i + 1)), swap = order[i];
        order[i] = order[k];
        order[k] = swap;
    }
    for (int i = 0; i < n_dialogues; i++)
        dialogues[order[i]].fold = i % FOLDS;
}

static void cross_validate(const struct turn **turns, struct second *s, struct tally out[2]) {
    for (int fold = 0; fold < FOLDS; fold++) {
        judge_unseen(turns, fold);
        for (int only = 0; only < 2; only++) {
            customers_only = only;
            learn_course(s, fold);
            for (int d = 0; d < n_dialogues; d++)
                if (dialogues[d].fold == fold)
                    try_dialogue(s, &dialogues[d], &out[only]);
        }
    }
}

static void say(const char *name, const struct tally *t, const char *end) {
    printf("\"%s\":{\"f1\":%.4f,\"precision\":%.4f,\"recall\":%.4f,\"early\":%.4f}%s", name,
           2.0 * t->hits / (t->called + t->should), (double)t->hits / t->called,
           (double)t->hits / t->should, (double)t->early / t->marked, end);
}

int main(void) {
    static char line[LINE_MAX];
    struct tally tallies[2] = {{0, 0, 0, 0, 0}, {0, 0, 0, 0, 0}};
    int n = 0;
    arena = arena_new();
    while (n_dialogues < DIALOGUES_MAX && fgets(line, sizeof line, stdin))
        read_dialogue(line);
    for (int d = 0; d < n_dialogues; d++)
        for (int i = 0; i < dialogues[d].n; i++, n++)
            see_turn(&dialogues[d], i);
    if (n == 0)
        return EXIT_FAILURE;
    struct second s = {.cases = ARENA_ARRAY(arena, struct logistic_case, n),
                       .judged = ARENA_ARRAY(arena, struct judged, n)};
    for (int shuffle = 0; shuffle < SHUFFLES; shuffle++) {
        deal(shuffle);
        cross_validate(ARENA_ARRAY(arena, const struct turn *, n), &s, tallies);
    }
    printf("{\"dialogues\":%d,\"turns\":%d,", n_dialogues, n);
    say("all", &tallies[0], ",");
    say("customer", &tallies[1], "}\n");
    arena_free(arena);
    return EXIT_SUCCESS;
}
