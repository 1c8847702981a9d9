/*
 * policies: every policy there ever was, by version. The one activated last rules; if none was, the
 * built-in one does, which is version 0 and stands in no table: asking for it here is ERR_ABSENT.
 */
#pragma once
#include "statement.h"

#define POLICIES_BUILT_IN 0

struct policies_version {
    int version;
    const char *body; /* JSON text; NULL in lists */
    const char *note;
    int64_t created_ms, activated_ms; /* activated 0: never */
};

struct policies_page {
    struct policies_version *items;
    int n;
};

MUST_CHECK enum err policies_add(struct pg *c, struct arena *a, const char *body, const char *note,
                                 int *version);
MUST_CHECK enum err policies_load(struct pg *c, struct arena *a, int version,
                                  struct policies_version *out);
/* Those below `before`, newest first. */
MUST_CHECK enum err policies_load_page(struct pg *c, struct arena *a, int before, int limit,
                                       struct policies_page *out);
/* The one that rules; version POLICIES_BUILT_IN and no body if that is the built-in one. */
MUST_CHECK enum err policies_load_active(struct pg *c, struct arena *a,
                                         struct policies_version *out);
MUST_CHECK enum err policies_make_active(struct pg *c, struct arena *a, int version);
