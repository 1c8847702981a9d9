/* modelfile: a trained intent model as a file, mapped and used where it lies. Says on stderr why it
 * cannot be read. */
#pragma once
#include "../../common/nlu/intent.h"

struct modelfile {
    struct intent_model *model;
    void *map;
    size_t bytes;
};
bool modelfile_open(const char *path, struct modelfile *out); /* false: told why; else close it */
void modelfile_close(struct modelfile *f);                    /* accepts one never opened */
