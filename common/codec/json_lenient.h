/*
 * json_lenient: reads the JSON that providers really send and that a strict reader refuses: a byte
 * order mark, duplicate names (the last counts), \u0000 and raw control characters, lone
 * surrogates, invalid UTF-8, whole numbers beyond 64 bits (they come as text: they are ids). Every
 * text that comes out is valid UTF-8 without NUL. Not for our own API, which refuses such things.
 * Depth and nodes are limited as everywhere.
 */
#pragma once
#include "json.h"

#define JSON_LENIENT_DEPTH_MAX 100
#define JSON_LENIENT_NODES_MAX 400000 /* names count; 1000 updates of a call have some 60 000 */

/* ERR_MALFORMED: not JSON even so. ERR_TOO_LARGE: beyond the limits. */
MUST_CHECK enum err json_lenient(struct span raw, json_t **out);
