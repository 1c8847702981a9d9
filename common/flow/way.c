#include "way.h"

#include <string.h>

#include "../model/identity.h"
#include "../store/customers.h"

struct look {
    struct pg *pg;
    struct arena *arena;
    const struct snapshot *snapshot;
    struct uid customer;
};

/* An address that is no such identity says nothing. */
static enum err check_owner(const struct look *l, struct identity i, bool *others) {
    struct customer owner;
    if (identity_normalise(l->arena, i.kind, i.value, &i.value, NULL) != OK)
        return OK;
    enum err e = customers_by_identity(l->pg, l->arena, &i, &owner);
    if (e == OK)
        *others = *others || !uid_equal(owner.id, l->customer);
    return e == ERR_ABSENT ? OK : e;
}

/* Providers write numbers without their plus. */
static enum err is_others(const struct look *l, const struct messages_heard *way, bool *others) {
    const struct channel_account *ch = snapshot_channel(l->snapshot, way->channel);
    const char *kind = ch ? account_address_kind(ch) : "";
    const struct identity stands_for[] = {
        {ARENA_JOIN(l->arena, "channel:", way->channel), way->address, TRUST_VERIFIED},
        {kind, way->address, TRUST_VERIFIED},
        {kind, ARENA_JOIN(l->arena, "+", way->address), TRUST_VERIFIED}};
    *others = false;
    for (int i = 0; i < (*kind ? 3 : 1) && !*others; i++)
        TRY(check_owner(l, stands_for[i], others));
    return OK;
}

static void insert(struct messages_ways *w, const struct messages_heard *way) {
    int at = w->n < MESSAGES_WAYS_MAX ? w->n++ : MESSAGES_WAYS_MAX - 1;
    for (; at > 0 && w->items[at - 1].at_ms < way->at_ms; at--)
        w->items[at] = w->items[at - 1];
    w->items[at] = *way;
}

static enum err add_part(const struct look *l, struct uid part, struct messages_ways *out) {
    struct messages_ways *found = ARENA_NEW(l->arena, struct messages_ways);
    TRY(messages_ways(l->pg, l->arena, part, found));
    for (int i = 0; i < found->n; i++) {
        bool others;
        TRY(is_others(l, &found->items[i], &others));
        if (!others)
            insert(out, &found->items[i]);
    }
    return OK;
}

enum err way_list(struct pg *c, struct arena *a, const struct snapshot *s,
                  const struct way_owner *of, struct messages_ways *out) {
    struct customer owner;
    struct uid *parts;
    int n;
    out->n = 0;
    TRY(customers_resolve(c, a, of->customer_id, &owner));
    TRY(customers_parts(c, a, of->conversation_id, &parts, &n));
    const struct look l = {c, a, s, owner.id};
    for (int i = 0; i < n; i++)
        TRY(add_part(&l, parts[i], out));
    return OK;
}

const struct messages_heard *way_on(const struct messages_ways *w, const char *channel) {
    for (int i = 0; i < w->n; i++)
        if (strcmp(w->items[i].channel, channel) == 0)
            return &w->items[i];
    return NULL;
}

bool way_is_among(const struct messages_ways *w, const char *channel, const char *address) {
    for (int i = 0; i < w->n; i++)
        if (strcmp(w->items[i].channel, channel) == 0 && strcmp(w->items[i].address, address) == 0)
            return true;
    return false;
}
