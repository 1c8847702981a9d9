/* modelfile: a trained intent model as a file. Says on stderr why it cannot be read. */
#pragma once
#include "../../common/nlu/intent.h"

struct intent_model *modelfile_open(const char *path); /* NULL: told why; else intent_free */
