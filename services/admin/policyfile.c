#include "policyfile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../../common/flow/policy_load.h"
#include "examples.h"

struct policy *policyfile_open(const char *path) {
    struct arena *a = arena_new();
    struct span json = span_of("{}");
    struct policy *policy = NULL;
    struct why why = {{0}, {0}};
    enum err e = path ? examples_read_file(a, path, &json) : OK;
    if (e != OK)
        why_set(&why, e, "", "%s", e == ERR_ABSENT ? strerror(errno) : err_text(e));
    else
        e = policy_load(json, &policy, &why);
    if (e != OK)
        fprintf(stderr, "redthread: %s: %s%s%s\n", path ? path : "policy", why.pointer,
                *why.pointer ? ": " : "", why.text);
    arena_free(a);
    return e == OK ? policy : NULL;
}
