/*
 * customers: people and their verified identities. A first contact is three rows in one call; two
 * routers that see the same stranger at once agree through the identity's primary key. A merge is a
 * redirect, no row moves.
 */
#pragma once
#include "../io/pg.h"
#include "../model/conversation.h"
#include "../model/message.h"
#include "arrivals.h"

struct newcomer {
    struct identity identity;
    struct uid customer_id, conversation_id; /* made by the caller, in the identity's bucket */
    const char *name;
    struct arrival_key arrival; /* of the first message; one that has arrived makes nobody */
    int64_t now_ms;
};
/* Creates customer, conversation (version 0) and identity for those that are still unknown: rows of
 * (conversation id) for each one created. The others were created by somebody else meanwhile. */
struct pg_step customers_first_contact_step(struct arena *a, const struct newcomer *newcomers,
                                            int n);

struct customer {
    struct uid id, conversation_id;
    const char *name, *tier, *preference;
    struct uid merged_into;
    int64_t created_ms;
};
/* ERR_ABSENT. The row as it is; follow merged_into for the survivor. */
MUST_CHECK enum err customers_find(struct pg *c, struct arena *a, struct uid id,
                                   struct customer *out);
/* The survivor: follows redirects. */
MUST_CHECK enum err customers_resolve(struct pg *c, struct arena *a, struct uid id,
                                      struct customer *out);
/* The owner of a verified identity, redirects followed. ERR_ABSENT. */
MUST_CHECK enum err customers_by_identity(struct pg *c, struct arena *a, const struct identity *i,
                                          struct customer *out);
/* Joins a verified identity to a customer, unless somebody has it: ERR_CONFLICT. Inside a
 * transaction. */
MUST_CHECK enum err customers_join(struct pg *c, struct arena *a, const struct customer *to,
                                   const struct identity *i);
/* Notes what a person claims to be. Never joins. */
MUST_CHECK enum err customers_claim(struct pg *c, struct arena *a, struct uid customer,
                                    const struct identity *i);
/* All identities: verified ones (redirects followed backwards) and claims. */
MUST_CHECK enum err customers_identities(struct pg *c, struct arena *a, struct uid customer,
                                         struct identity **items, int *n);

struct merge {
    struct uid id, survivor_id, merged_id, survivor_conversation, merged_conversation;
    const char *reason;
    int64_t created_ms, undone_ms;
};
/* Inside a transaction with both conversations locked. Bumps both versions, so that every cache is
 * stale. */
MUST_CHECK enum err customers_merge_rows(struct pg *c, struct arena *a, const struct merge *m);
MUST_CHECK enum err customers_unmerge_rows(struct pg *c, struct arena *a, const struct merge *m,
                                           int64_t now_ms);
MUST_CHECK enum err customers_find_merge(struct pg *c, struct arena *a, struct uid id,
                                         struct merge *out);
/* Conversations whose messages belong to this one: itself first, then those merged into it, at any
 * depth. */
MUST_CHECK enum err customers_parts(struct pg *c, struct arena *a, struct uid conversation,
                                    struct uid **parts, int *n);
