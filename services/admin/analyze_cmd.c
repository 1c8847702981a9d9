#include "commands.h"

#include <stdlib.h>

#include "../../common/nlu/read.h"
#include "modelfile.h"
#include "options.h"
#include "policyfile.h"
#include "textlines.h"

static void answer(struct arena *a, void *template, const char *text, struct buf *out) {
    struct read_input in = *(const struct read_input *)template;
    struct reading r;
    in.text = text;
    read_text(a, &in, &r);
    read_render(&r, out);
}

static int run(struct read_input *in, const char *path, const struct policy *policy) {
    struct modelfile file = {0};
    if (path && !modelfile_open(path, &file))
        return EXIT_FAILURE;
    in->model = file.model;
    in->usage = policy_usage(policy);
    int status = textlines_run(answer, in);
    modelfile_close(&file);
    return status;
}

int analyze_cmd(int argc, char **argv) {
    const char *path = NULL, *locale = NULL, *rules = NULL;
    const struct options_row rows[] = {
        {"--model", &path, false}, {"--locale", &locale, false}, {"--policy", &rules, false}};
    if (!options_parse(argc, argv, rows, 3))
        return 2;
    struct policy *policy = policyfile_open(rules);
    if (!policy)
        return EXIT_FAILURE;
    struct read_input in = {
        .locale = locale, .earlier_language = "", .channel_language = "", .figures = true};
    int status = run(&in, path, policy);
    policy_free(policy);
    return status;
}
