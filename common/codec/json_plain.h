/*
 * json_plain: a quick reader for the JSON that nearly everybody sends: whole numbers, strings
 * without escapes, short names. It never judges: whatever it does not know, and whatever is wrong,
 * it leaves to the full reader, which also has the words for it.
 */
#pragma once
#include "json.h"

/* What the full reader would give, the caller's to json_decref; NULL: ask the full reader. */
json_t *json_plain(struct span raw, int64_t nodes_max);
