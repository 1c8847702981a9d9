/* vectors: public signature vectors, which stand beside the repository and not in it: in
 * $REDTHREAD_SHARED_DATA, or ../shared/data from the top of the tree. */
#pragma once
#include <stdlib.h>
#include <string.h>

#include "cases.h"

/* Those of one scheme, the caller's to json_decref; NULL: none are here, and the test is skipped.
 */
static inline json_t *vectors_load(const char *scheme) {
    const char *top = getenv("REDTHREAD_SHARED_DATA");
    char path[512];
    json_error_t error;
    snprintf(path, sizeof path, "%s/signatures/vectors.json", top ? top : "../shared/data");
    json_auto all = json_load_file(path, 0, &error);
    json_t *found = json_array();
    for (size_t i = 0; i < json_array_size(all); i++) {
        json_t *one = json_array_get(all, i);
        if (strcmp(cases_text(one, "scheme", ""), scheme) == 0)
            json_array_append(found, one);
    }
    if (json_array_size(found))
        return found;
    json_decref(found);
    print_message("no signature vectors in %s\n", path);
    return NULL;
}
