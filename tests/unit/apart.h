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
