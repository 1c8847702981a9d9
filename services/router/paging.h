/*
 * paging: `limit` and `cursor` of a list. A cursor is a place in an order, not a count, written so
 * that nobody is tempted to make one up: what an answer did not give is refused.
 */
#pragma once
#include "../../common/store/listings.h"
#include "request.h"

#define PAGING_LIMIT 50
#define PAGING_LIMIT_MAX 200

MUST_CHECK enum err paging_limit(struct request *r, int *limit);
/* What the cursor says; NULL: from the start. ERR_INVALID names it. */
MUST_CHECK enum err paging_cursor(struct request *r, const char **said);
enum err paging_refuse(struct request *r);
/* The cursor that says this. */
const char *paging_seal(struct arena *a, const char *says);

/* Places as a cursor says them, one after the other. */
const char *paging_place(struct arena *a, const struct listings_place *p);
/* Takes one off; false if there is none. */
bool paging_take_place(const char **said, struct listings_place *out);
