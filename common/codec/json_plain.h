/*
 * json_plain: a quick reader for the JSON that nearly everybody sends: whole numbers, strings
 * without escapes, short names. It never judges: whatever it does not know, and whatever is wrong,
 * it leaves to the full reader, which also has the words for it.
 */
#pragma once
#include "json.h"

/* What the full reader would give, the caller's to json_decref; NULL: ask the full reader. */
json_t *json_plain(struct span raw, int64_t nodes_max);

/* An object of texts, of which one member may be another such object: what messages look like. */
struct json_plain_shape {
    const struct json_field *rows; /* at most 32; JSON_KIND_TEXT, ID and TIME are read */
    int n_rows;
    void *target;
    const char *inner_name; /* NULL: none. Its row is of JSON_KIND_OBJECT, its target untouched. */
    const struct json_plain_shape *inner;
};
/* Fills the targets as the full reader and json_fill would have, without a tree in between; texts
 * are copied. false: not all of it was plain and right, the targets mean nothing, ask the full
 * reader. */
bool json_plain_fill(struct arena *a, struct span raw, const struct json_plain_shape *shape);
