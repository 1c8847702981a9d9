/* cases: the data a unit test runs over, tests/cases/NAME.json: an array with one object a case.
 * Run from the top of the tree, as tests/run does. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../../common/codec/json.h"

/* The caller's to json_decref. No file or no case is a failed test. */
static inline json_t *cases_load(const char *name) {
    char path[256];
    json_error_t error = {.line = 0};
    snprintf(path, sizeof path, "tests/cases/%s.json", name);
    json_t *all = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_array(all) || json_array_size(all) == 0)
        fail_msg("%s: %s (line %d)", path, error.text, error.line);
    return all;
}

static inline const char *cases_text(const json_t *one, const char *name, const char *otherwise) {
    const char *text = json_string_value(json_object_get(one, name));
    return text ? text : otherwise;
}

static inline int cases_number(const json_t *one, const char *name, int otherwise) {
    const json_t *j = json_object_get(one, name);
    return json_is_integer(j) ? (int)json_integer_value(j) : otherwise;
}
