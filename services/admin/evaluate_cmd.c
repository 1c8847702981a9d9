#include "commands.h"

#include <stdio.h>
#include <stdlib.h>

#include "../../common/base/clock.h"
#include "../../common/nlu/train.h"
#include "examples.h"
#include "modelfile.h"
#include "options.h"

#define REPORT_BYTES_MAX (16 << 20)

int evaluate_cmd(int argc, char **argv) {
    const char *path = NULL, *examples_path = NULL;
    const struct options_row rows[] = {{"--model", &path, true},
                                       {"--examples", &examples_path, true}};
    if (!options_parse(argc, argv, rows, 2))
        return 2;
    struct modelfile file;
    if (!modelfile_open(path, &file))
        return EXIT_FAILURE;
    struct arena *a = arena_new();
    struct example *examples;
    int n, status = EXIT_FAILURE;
    buf_auto report;
    buf_init(&report, REPORT_BYTES_MAX);
    if (examples_load(a, examples_path, &examples, &n) &&
        train_evaluate(file.model, examples, n, clock_monotonic_us, &report) == OK) {
        puts(report.p);
        status = EXIT_SUCCESS;
    }
    arena_free(a);
    modelfile_close(&file);
    return status;
}
