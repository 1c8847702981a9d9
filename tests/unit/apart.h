/* apart: the messages of tests/cases/nlu/heldout_*.tsv, "language<TAB>label<TAB>text" a line, that
 * the lexicons were not written from. Run from the top of the tree, as tests/run does. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../common/nlu/read.h"

#define APART_LINE 1024

struct apart {
    const char *language, *label, *text;
};
struct apart_list {
    struct apart items[1024];
    int n;
};

/* heldout_language.tsv has no label: there the language is the label too. */
static inline void apart_load(struct arena *a, const char *kind, struct apart_list *out) {
    char path[96], line[APART_LINE];
    snprintf(path, sizeof path, "tests/cases/nlu/heldout_%s.tsv", kind);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    out->n = 0;
    while (fgets(line, sizeof line, f)) {
        char *rest = arena_strdup(a, line);
        rest[strcspn(rest, "\n")] = '\0';
        const char *language = strsep(&rest, "\t");
        const char *label = strchr(rest, '\t') ? strsep(&rest, "\t") : language;
        assert_true(out->n < (int)(sizeof out->items / sizeof *out->items));
        out->items[out->n++] = (struct apart){language, label, rest};
    }
    fclose(f);
}

static inline struct reading apart_read(struct arena *a, const char *text) {
    struct reading r;
    read_text(a, &(struct read_input){.text = text}, &r);
    return r;
}

static const char *const apart_languages[] = {"en", "nl", "da", "de", "zh"};
#define APART_LANGUAGES (sizeof apart_languages / sizeof *apart_languages)

static inline double apart_f1(const struct apart_list *all, const char *language,
                              bool (*says)(const struct reading *)) {
    int both = 0, either = 0;
    struct arena *a = arena_new();
    for (int i = 0; i < all->n; i++) {
        if (strcmp(all->items[i].language, language) != 0)
            continue;
        arena_reset(a);
        struct reading r = apart_read(a, all->items[i].text);
        bool is = strcmp(all->items[i].label, "yes") == 0, said = says(&r);
        both += is && said;
        either += is + said;
    }
    arena_free(a);
    return either ? 2.0 * both / either : 0;
}

static inline void apart_check_f1(const char *kind, bool (*says)(const struct reading *),
                                  double least) {
    struct arena *a = arena_new();
    struct apart_list *all = ARENA_ARRAY(a, struct apart_list, 1);
    apart_load(a, kind, all);
    for (size_t i = 0; i < APART_LANGUAGES; i++) {
        double value = apart_f1(all, apart_languages[i], says);
        if (value < least)
            fail_msg("%s, %s: F1 %.3f, least %.2f", kind, apart_languages[i], value, least);
    }
    arena_free(a);
}

static inline double apart_accuracy(const struct apart_list *all, const char *language,
                                    const char *(*says)(const struct reading *)) {
    int right = 0, n = 0;
    struct arena *a = arena_new();
    for (int i = 0; i < all->n; i++) {
        if (strcmp(all->items[i].language, language) != 0)
            continue;
        arena_reset(a);
        struct reading r = apart_read(a, all->items[i].text);
        right += strcmp(says(&r), all->items[i].label) == 0;
        n++;
    }
    arena_free(a);
    return n ? (double)right / n : 0;
}
