#include "commands.h"

#include <stdlib.h>

#include "../../common/nlu/read.h"
#include "modelfile.h"
#include "options.h"
#include "textlines.h"

static void answer(struct arena *a, void *template, const char *text, struct buf *out) {
    struct read_input in = *(const struct read_input *)template;
    struct reading r;
    in.text = text;
    read_text(a, &in, &r);
    read_render(&r, out);
}

int analyze_cmd(int argc, char **argv) {
    const char *path = NULL, *locale = NULL;
    const struct options_row rows[] = {{"--model", &path, false}, {"--locale", &locale, false}};
    if (!options_parse(argc, argv, rows, 2))
        return 2;
    struct modelfile file = {0};
    if (path && !modelfile_open(path, &file))
        return EXIT_FAILURE;
    struct read_input in = {.locale = locale,
                            .earlier_language = "",
                            .channel_language = "",
                            .model = file.model,
                            .figures = true};
    int status = textlines_run(answer, &in);
    modelfile_close(&file);
    return status;
}
