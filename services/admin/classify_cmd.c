#include "commands.h"

#include <stdlib.h>

#include "../../common/codec/json.h"
#include "modelfile.h"
#include "options.h"
#include "textlines.h"

static void answer(struct arena *a, void *model, const char *text, struct buf *out) {
    struct intent_guess g;
    intent_guess(a, model, text, &g);
    buf_adds(out, "{\"intent\":{");
    json_put_text(out, "name", g.name);
    json_put_double(out, "confidence", g.confidence);
    json_put_flag(out, "in_scope", g.in_scope);
    json_put_double(out, "in_scope_probability", g.in_scope_probability);
    buf_adds(out, "}}");
}

int classify_cmd(int argc, char **argv) {
    const char *path = NULL;
    const struct options_row rows[] = {{"--model", &path, true}};
    if (!options_parse(argc, argv, rows, 1))
        return 2;
    struct modelfile file;
    if (!modelfile_open(path, &file))
        return EXIT_FAILURE;
    int status = textlines_run(answer, file.model);
    modelfile_close(&file);
    return status;
}
