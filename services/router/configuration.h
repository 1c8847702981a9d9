/*
 * configuration: what every handler of configuration does: reads what is configured as it is now,
 * tells all processes that it changed, checks the id in the path, and pages a list. Knows no kind
 * of it.
 */
#pragma once
#include "request.h"

static inline void configuration_release_(struct snapshot **s) { snapshot_release(*s); }
/* Held until the end of the scope. */
#define snapshot_auto __attribute__((cleanup(configuration_release_))) struct snapshot *

/* The configuration as the database has it now, whoever changed it. */
MUST_CHECK enum err configuration_now(struct request *r, struct snapshot **out);
/* After a change was committed: this process takes it in, the others hear of it. c may be in no
 * transaction. */
void configuration_changed(struct request *r, struct pg *c);
/* Path parameter 0 as the id of something to be made: ERR_INVALID unless it is one, or if the body
 * has another `id`. The same one is taken out of the body. */
MUST_CHECK enum err configuration_id(struct request *r, const char **id);
/* Path parameter 0 as the number of a version; ERR_ABSENT if it is not one. */
MUST_CHECK enum err configuration_version(struct request *r, int *version);

#define CONFIGURATION_LIMIT 50
#define CONFIGURATION_LIMIT_MAX 200

/* limit and cursor of a list by id: cursor is the last id of the page before, "" at the start. */
MUST_CHECK enum err configuration_list(struct request *r, int *limit, const char **after);
/* The same for versions, newest first: below is the last version of the page before. */
MUST_CHECK enum err configuration_versions(struct request *r, int *limit, int *below);

/* One page of records that begin with their id and stand in byte order of it. */
struct configuration_page {
    const void *records;
    size_t size;
    int n;
    void (*render)(const void *record, struct buf *out); /* one item */
};
MUST_CHECK enum err configuration_reply_page(struct request *r,
                                             const struct configuration_page *page,
                                             struct reply *out);
