/*
 * examples: a file of labelled texts, `intent<TAB>text` a line, UTF-8. Refuses what is not that and
 * says which line; blank lines and a byte order mark are passed over.
 */
#pragma once
#include "../../common/base/arena.h"
#include "../../common/base/span.h"
#include "../../common/model/knowledge.h"

/* The whole file, NUL-terminated, in the arena; "-" is standard input. ERR_ABSENT, ERR_TOO_LARGE.
 */
MUST_CHECK enum err examples_read_file(struct arena *a, const char *path, struct span *out);
MUST_CHECK enum err examples_parse(struct arena *a, struct span text, struct example **out, int *n,
                                   struct why *why);
/* Both, telling people on standard error what is wrong; true when there are examples. */
bool examples_load(struct arena *a, const char *path, struct example **out, int *n);
