/*
 * conversation_record: a whole conversation as a few hundred bytes, for caches. Written and read
 * with every message, so it is a tenth of the work of its JSON. It is not for keeping: the format
 * changes with the program, and a record of another one is refused. merged_into is left out: only
 * living conversations are cached.
 */
#pragma once
#include "conversation.h"

void conversation_record_write(const struct conversation *c, struct buf *out);
/* ERR_MALFORMED: not a record of this format. Texts live in the arena. */
MUST_CHECK enum err conversation_record_read(struct arena *a, struct span in,
                                             struct conversation *c);
