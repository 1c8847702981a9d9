/*
 * read_cost: what reading a message costs, stage by stage.
 *
 *   read_cost [--model MODEL] < texts, one a line
 *
 * Prints JSON: microseconds a text, median and 99th of a hundred, of each stage and of the whole.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../common/nlu/emotion.h"
#include "../../common/nlu/fact.h"
#include "../../common/nlu/lang.h"
#include "../../common/nlu/read.h"
#include "../../common/nlu/tone.h"

#define TEXTS_MAX 100000
#define LINE_BYTES_MAX (128 * 1024)
#define MODEL_BYTES_MAX (64 << 20)

/* The whole comes first, so that it finds no text in the caches already. */
enum stage { WHOLE, SCAN, LANGUAGE, CUES, MOOD, TONE, FACTS, INTENT, STAGES };
static const char *const stage_names[STAGES] = {
    [WHOLE] = "whole", [SCAN] = "scan", [LANGUAGE] = "language", [CUES] = "cues",
    [MOOD] = "mood",   [TONE] = "tone", [FACTS] = "facts",       [INTENT] = "intent",
};

/* One text on its way through the stages. */
struct way {
    struct arena *arena;
    const struct intent_model *model;
    const char *text;
    struct scan scan;
    struct lexicon_hits hits;
    struct reading reading;
};

static void run_scan(struct way *w) { scan_text(w->arena, w->text, &w->scan); }

static void run_language(struct way *w) {
    struct lang_guess g;
    lang_guess(&w->scan, &(struct lang_hints){"", "", ""}, &g);
    w->reading = (struct reading){.language = g.code, .norm = 1, .intent = ""};
}

static void run_cues(struct way *w) {
    unsigned bit = lexicon_language(w->reading.language);
    lexicon_find(w->arena, &w->scan, bit ? bit : LEXICON_EVERY_LANGUAGE, &w->hits);
}

static void run_mood(struct way *w) {
    emotion_read(w->arena, &(struct cue_source){&w->scan, &w->hits}, &w->reading);
}

static void run_tone(struct way *w) {
    tone_read(w->arena, &(struct cue_source){&w->scan, &w->hits}, &w->reading);
}

static void run_facts(struct way *w) {
    fact_read(w->arena, w->text, &(struct cue_source){&w->scan, &w->hits}, NULL, &w->reading);
}

static void run_intent(struct way *w) {
    struct intent_guess g;
    if (w->model)
        intent_guess_scanned(w->arena, w->model, &w->scan, &g);
}

static void run_whole(struct way *w) {
    const struct read_input in = {
        .text = w->text, .earlier_language = "", .channel_language = "", .model = w->model};
    read_text(w->arena, &in, &w->reading);
}

static void (*const stages[STAGES])(struct way *) = {
    [WHOLE] = run_whole, [SCAN] = run_scan, [LANGUAGE] = run_language, [CUES] = run_cues,
    [MOOD] = run_mood,   [TONE] = run_tone, [FACTS] = run_facts,       [INTENT] = run_intent,
};

static double now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_size(const void *a, const void *b) {
    const float *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static const struct intent_model *open_model(struct arena *a, const char *path) {
    struct intent_model *model;
    FILE *f = fopen(path, "rb");
    char *bytes = arena_alloc(a, MODEL_BYTES_MAX);
    size_t n = f ? fread(bytes, 1, MODEL_BYTES_MAX, f) : 0;
    if (!f || intent_open((struct span){bytes, n}, &model) != OK) {
        fprintf(stderr, "read_cost: no model: %s\n", path);
        exit(1);
    }
    fclose(f);
    return model;
}

static int measure(struct way *w, float *took[STAGES]) {
    static char line[LINE_BYTES_MAX];
    int n = 0;
    for (; n < TEXTS_MAX && fgets(line, sizeof line, stdin); n++) {
        line[strcspn(line, "\n")] = '\0';
        w->text = line;
        for (int s = 0; s < STAGES; s++) {
            double began = now_us();
            stages[s](w);
            took[s][n] = (float)(now_us() - began);
        }
        arena_reset(w->arena);
    }
    return n;
}

int main(int argc, char **argv) {
    struct arena *a = arena_new();
    struct way w = {.arena = arena_new(), .text = "first use"};
    float *took[STAGES];
    for (int s = 0; s < STAGES; s++)
        took[s] = ARENA_ARRAY(a, float, TEXTS_MAX);
    if (argc == 3 && strcmp(argv[1], "--model") == 0)
        w.model = open_model(a, argv[2]);
    run_whole(&w);
    int n = measure(&w, took);
    for (int s = 0; s < STAGES && n; s++) {
        qsort(took[s], (size_t)n, sizeof *took[s], by_size);
        printf("%c\"%s\":{\"p50\":%.2f,\"p99\":%.2f}", s ? ',' : '{', stage_names[s],
               (double)took[s][n / 2], (double)took[s][n * 99 / 100]);
    }
    printf("}\n");
    arena_free(w.arena);
    return n ? 0 : 1;
}
