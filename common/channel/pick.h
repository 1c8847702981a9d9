/*
 * pick: takes values out of JSON that others wrote, where ids come as text or as numbers, times in
 * seconds or milliseconds, lists as a single item, and anything may be missing. Never fails: what
 * is not there is "", 0 or NULL. Texts are copied into the arena. A path is names with dots
 * between. Not for our own API, whose bodies have a shape (json_fill).
 */
#pragma once
#include "../codec/json.h"
#include "../model/message.h"

#define PICK_ID_MAX 512 /* code points; Meta's longest ids have about 250 */

const json_t *pick(const json_t *from, const char *path); /* NULL: absent or null */
/* Numbers are written out. The first MESSAGE_TEXT_MAX code points. */
const char *pick_text(struct arena *a, const json_t *from, const char *path);
/* Is there more of it than pick_text gives? */
bool pick_is_long(const json_t *from, const char *path);
/* The same for ids: "" if it is longer than any. */
const char *pick_id(struct arena *a, const json_t *from, const char *path);
int64_t pick_number(const json_t *from, const char *path);  /* also written as text */
int64_t pick_time_ms(const json_t *from, const char *path); /* of Unix seconds or milliseconds */
bool pick_flag(const json_t *from, const char *path);       /* true, "true", 1 */
/* Items of a list; a lone object is a list of one. */
int pick_count(const json_t *list);
const json_t *pick_item(const json_t *list, int i);
