/*
 * objects: attachments in an S3-compatible store, if one is configured. Bytes arrive in the
 * database, with their message; the worker moves them afterwards, so that no message waits for the
 * store and none is lost with it.
 */
#pragma once
#include "world.h"

#define OBJECTS_BYTES_MAX (32 * 1024 * 1024)

/* Moves some, deletes those of erased people. Nothing to do, or a store that does not answer, is no
 * error: *more says whether to come again at once. */
void objects_move(struct world *w, struct arena *a, struct fetch *f, bool *more);
/* The bytes of an attachment that was moved. */
MUST_CHECK enum err objects_get(struct world *w, struct arena *a, struct uid id,
                                struct span *bytes);
