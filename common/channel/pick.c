#include "pick.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../codec/utf8.h"

#define NAME_MAX_BYTES 63
#define NUMBER_LIMIT 9e18 /* of what fits into 64 bits */
#define MS_PER_S INT64_C(1000)
#define SECONDS_MAX INT64_C(99999999999)          /* year 5138; what is more is milliseconds */
#define MILLISECONDS_MAX INT64_C(253402300799999) /* the last of year 9999 */

const json_t *pick(const json_t *from, const char *path) {
    struct span rest = span_of(path), part;
    char name[NAME_MAX_BYTES + 1];
    while (from && span_split(&rest, '.', &part)) {
        if (part.n > NAME_MAX_BYTES)
            return NULL;
        memcpy(name, part.p, part.n);
        name[part.n] = '\0';
        from = json_object_get(from, name);
    }
    return json_is_null(from) ? NULL : from;
}

const char *pick_text(struct arena *a, const json_t *from, const char *path) {
    const json_t *v = pick(from, path);
    const char *text = json_string_value(v);
    if (text)
        return arena_strndup(a, text, utf8_truncate(text, MESSAGE_TEXT_MAX));
    if (json_is_number(v) || json_is_boolean(v))
        return json_text(a, v);
    return "";
}

bool pick_is_long(const json_t *from, const char *path) {
    const char *text = json_string_value(pick(from, path));
    return text && text[utf8_truncate(text, MESSAGE_TEXT_MAX)];
}

const char *pick_id(struct arena *a, const json_t *from, const char *path) {
    const char *text = pick_text(a, from, path);
    return utf8_count(text) <= PICK_ID_MAX ? text : "";
}

static int64_t whole(double v) { return fabs(v) < NUMBER_LIMIT ? (int64_t)v : 0; }

int64_t pick_number(const json_t *from, const char *path) {
    const json_t *v = pick(from, path);
    if (json_is_integer(v))
        return json_integer_value(v);
    if (json_is_real(v))
        return whole(json_real_value(v));
    return json_is_string(v) ? strtoll(json_string_value(v), NULL, 10) : json_is_true(v);
}

int64_t pick_time_ms(const json_t *from, const char *path) {
    int64_t t = pick_number(from, path);
    if (t < 0 || t > MILLISECONDS_MAX)
        return 0;
    return t > SECONDS_MAX ? t : t * MS_PER_S;
}

bool pick_flag(const json_t *from, const char *path) {
    const json_t *v = pick(from, path);
    if (json_is_string(v))
        return strcmp(json_string_value(v), "true") == 0 || strcmp(json_string_value(v), "1") == 0;
    return json_is_true(v) || (json_is_integer(v) && json_integer_value(v) != 0);
}

int pick_count(const json_t *list) {
    if (json_is_array(list))
        return (int)json_array_size(list);
    return json_is_object(list);
}

const json_t *pick_item(const json_t *list, int i) {
    return json_is_array(list) ? json_array_get(list, (size_t)i) : list;
}
