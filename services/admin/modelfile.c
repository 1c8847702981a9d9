#include "modelfile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "examples.h"

struct intent_model *modelfile_open(const char *path) {
    struct arena *a = arena_new();
    struct span bytes;
    struct intent_model *model = NULL;
    enum err e = examples_read_file(a, path, &bytes);
    if (e == ERR_ABSENT)
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
    else if (e != OK || intent_open(bytes, &model) != OK)
        fprintf(stderr, "%s: not a model of this version, or damaged\n", path);
    arena_free(a);
    return model;
}
