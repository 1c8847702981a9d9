/*
 * searches: the index that finds messages by their words. Filled by a consumer of the events, never
 * inside a turn; asked by listings.
 */
#pragma once
#include "../io/pg.h"
#include "messages.h"

#define SEARCHES_TERMS_MAX 2000     /* of one message; words past it do not find it */
#define SEARCHES_TERM_BYTES_MAX 200 /* nor do longer words: an index entry has its limit, too */

/* texts[i] is NULL where there is no such message (any more). */
MUST_CHECK enum err searches_texts(struct pg *c, struct arena *a, const struct message_ref *refs,
                                   int n, const char **texts);

struct searches_entry {
    struct message_ref ref;
    const char *const *terms;
    int n_terms;
};
/* Adds them, in place of what stood there. One message once. */
MUST_CHECK enum err searches_add(struct pg *c, struct arena *a,
                                 const struct searches_entry *entries, int n);
