#include "commands.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../common/nlu/train.h"
#include "examples.h"
#include "options.h"

#define REPORT_BYTES_MAX (16 << 20)
#define FOLDS_MAX 100

/* Beside the target first, then in its place: a reader never sees half a model. */
static bool write_file(const char *path, struct span bytes) {
    struct arena *a = arena_new();
    const char *fresh = arena_printf(a, "%s.new", path);
    FILE *f = fopen(fresh, "wb");
    bool written = f && fwrite(bytes.p, 1, bytes.n, f) == bytes.n;
    if (f && fclose(f) != 0)
        written = false;
    written = written && rename(fresh, path) == 0;
    if (!written)
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
    arena_free(a);
    return written;
}

/* One line that is written over, for whoever waits at a terminal. */
static void show_progress(void *ctx, int done, int of) {
    (void)ctx;
    fprintf(stderr, "\rlearning: %d of %d%s", done, of, done == of ? "\n" : "");
}

static int learn(struct arena *a, const char *examples_path, const char *out,
                 const struct train_options *options) {
    struct example *examples;
    int n;
    struct why why = {{0}, {0}};
    buf_auto model;
    buf_auto report;
    buf_init(&model, TRAIN_MODEL_BYTES_MAX);
    buf_init(&report, REPORT_BYTES_MAX);
    if (!examples_load(a, examples_path, &examples, &n))
        return EXIT_FAILURE;
    enum err e = train_run(examples, n, options, &model, &report, &why);
    if (e != OK) {
        fprintf(stderr, "%s: %s\n", examples_path, why.text[0] ? why.text : err_text(e));
        return EXIT_FAILURE;
    }
    if (!write_file(out, buf_span(&model)))
        return EXIT_FAILURE;
    puts(report.p);
    return EXIT_SUCCESS;
}

int train_cmd(int argc, char **argv) {
    const char *examples = NULL, *out = NULL, *seed = "1", *folds = "0";
    const struct options_row rows[] = {{"--examples", &examples, true},
                                       {"--out", &out, true},
                                       {"--seed", &seed, false},
                                       {"--folds", &folds, false}};
    int seeded = 0, folded = 0;
    if (!options_parse(argc, argv, rows, sizeof rows / sizeof *rows) ||
        !options_number(argv[0], &rows[2], INT_MAX, &seeded) ||
        !options_number(argv[0], &rows[3], FOLDS_MAX, &folded))
        return 2;
    struct train_options options = {folded, (unsigned)seeded,
                                    isatty(STDERR_FILENO) ? show_progress : NULL, NULL};
    struct arena *a = arena_new();
    int status = learn(a, examples, out, &options);
    arena_free(a);
    return status;
}
