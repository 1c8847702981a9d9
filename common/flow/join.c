#include "join.h"

#include <string.h>

#include "../base/clock.h"
#include "../codec/crypto.h"
#include "../codec/json.h"
#include "../decide/control.h"
#include "../model/identity.h"
#include "../store/conversations.h"
#include "../store/customers.h"
#include "../store/ledger.h"
#include "way.h"

/* Two processes that join the same strangers at once agree at the second try. */
#define JOIN_TRIES_MAX 4
#define OWNERS_MAX (MESSAGE_IDENTITIES_MAX + 1)

struct join {
    struct world *world;
    struct arena *arena;
    struct pg *pg;
    int64_t now_ms;
};

static struct uid new_id(const struct join *j, uint8_t bucket) {
    uint8_t random[UID_RANDOM_BYTES];
    crypto_random(random, sizeof random);
    return uid_make(j->now_ms, bucket, random);
}

static enum err simple(struct join *j, const struct pg_stmt *s) {
    return pg_run(j->pg, s, NULL, NULL);
}

/* ---- merging ---- */

static enum err lock_two(struct join *j, struct uid a, struct uid b, struct conversation *first,
                         struct conversation *second) {
    const struct uid ids[] = {a, b};
    struct pg_step step = conversations_lock_step(j->arena, ids, 2);
    pg_result_auto r = NULL;
    struct conversation got[2];
    TRY(pg_run(j->pg, step.stmt, step.args, &r));
    if (pg_rows(r) != 2)
        return ERR_ABSENT;
    TRY(conversations_row(j->arena, r, 0, 0, &got[0]));
    TRY(conversations_row(j->arena, r, 1, 0, &got[1]));
    bool in_order = uid_equal(got[0].id, a);
    *first = got[!in_order];
    *second = got[in_order];
    return OK;
}

static const char *merge_source(struct arena *a, struct uid merge_id) {
    char text[UID_TEXT_MAX];
    return arena_printf(a, "merge:%s", uid_text(merge_id, text));
}

/* The survivor knows what the other knew. Facts that come this way say so, and leave when the merge
 * is undone. */
static void inherit(struct join *j, struct conversation *to, const struct conversation *from,
                    struct uid merge_id) {
    for (int i = 0; i < from->n_facts; i++) {
        struct fact f = from->facts[i];
        if (conversation_fact(to, f.name, j->now_ms))
            continue;
        f.source = merge_source(j->arena, merge_id);
        conversation_learn(to, &f);
    }
    for (int i = 0; i < from->n_channels; i++)
        conversation_add_channel(to, from->channels[i]);
    if (from->last_in_seq > from->last_out_seq) {
        to->left_open.conversation = from->id;
        to->left_open.seq = from->last_in_seq;
    } else if (from->left_open.seq) {
        to->left_open = from->left_open;
    }
    if (from->updated_ms > to->updated_ms && *from->last_channel) {
        to->last_channel = from->last_channel;
        to->last_address = from->last_address;
    }
}

static void disinherit(struct join *j, struct conversation *c, struct uid merge_id) {
    const char *source = merge_source(j->arena, merge_id);
    int kept = 0;
    for (int i = 0; i < c->n_facts; i++)
        if (strcmp(c->facts[i].source, source) != 0)
            c->facts[kept++] = c->facts[i];
    c->n_facts = kept;
}

static enum err both_ways(struct join *j, const struct merge *m, struct messages_ways *ours,
                          struct messages_ways *theirs) {
    const struct way_owner us = {m->survivor_conversation, m->survivor_id};
    const struct way_owner them = {m->merged_conversation, m->merged_id};
    struct snapshot *s = world_snapshot(j->world);
    enum err e = way_list(j->pg, j->arena, s, &us, ours);
    if (e == OK)
        e = way_list(j->pg, j->arena, s, &them, theirs);
    snapshot_release(s);
    return e;
}

/* Where the survivor is answered, and by which channels they are found, once the other is gone. Who
 * has never written keeps the way they had, unless that is the other's. */
static enum err keep_own_ways(struct join *j, struct conversation *c, const struct merge *m) {
    struct messages_ways *ours = ARENA_NEW(j->arena, struct messages_ways);
    struct messages_ways *theirs = ARENA_NEW(j->arena, struct messages_ways);
    TRY(both_ways(j, m, ours, theirs));
    struct messages_heard way = {c->last_channel, c->last_address, 0};
    if (way_is_among(theirs, way.channel, way.address))
        way.channel = way.address = "";
    c->n_channels = 0;
    for (int i = ours->n - 1; i >= 0; i--) {
        if (way_is_among(theirs, ours->items[i].channel, ours->items[i].address))
            continue;
        way = ours->items[i];
        conversation_add_channel(c, way.channel);
    }
    if (*way.channel)
        conversation_add_channel(c, way.channel);
    c->last_channel = way.channel;
    c->last_address = way.address;
    return OK;
}

static void tell(struct join *j, struct ledger *l, const struct merge *m, const char *what) {
    char id[UID_TEXT_MAX];
    buf_auto b;
    buf_init(&b, 4096);
    buf_addc(&b, '{');
    json_put_text(&b, "what", what);
    json_put_text(&b, "merge", uid_text(m->id, id));
    json_put_text(&b, "survivor", uid_text(m->survivor_id, id));
    json_put_text(&b, "merged", uid_text(m->merged_id, id));
    json_put_text(&b, "merged_conversation", uid_text(m->merged_conversation, id));
    json_put_text(&b, "reason", m->reason);
    buf_addc(&b, '}');
    const struct event e = {.kind = EVENT_MERGE,
                            .conversation_id = m->survivor_conversation,
                            .at_ms = j->now_ms,
                            .data = b.p};
    ledger_event(l, &e);
}

static enum err save(struct join *j, struct ledger *l) {
    struct pg_step steps[LEDGER_STEPS_MAX];
    struct pg_result *results[LEDGER_STEPS_MAX] = {0};
    int saved_at = 0;
    TRY(ledger_check(l));
    int n = ledger_steps(l, steps, &saved_at);
    enum err e = pg_run_batch(j->pg, steps, n, results);
    if (e == OK && pg_rows(results[saved_at]) == 0)
        e = ERR_CONFLICT;
    for (int i = 0; i < n; i++)
        pg_clear(results[i]);
    return e;
}

/* Whoever holds only the merged one holds the survivor from now on. */
static enum err inherit_holder(const struct join *j, struct ledger *l,
                               struct conversation *survivor, const struct conversation *merged) {
    if (!party_is_human(merged->holder))
        return OK;
    ledger_no_attention(l, merged->id, survivor->id);
    if (party_is_human(survivor->holder))
        return OK;
    TRY(control_take(survivor, merged->holder, j->now_ms));
    survivor->queue = merged->queue;
    survivor->mode = merged->mode;
    ledger_attention(l, survivor, survivor->id,
                     merged->holder.type == PARTY_AGENT ? merged->holder.id : "", j->now_ms);
    return OK;
}

static enum err merge_two(struct join *j, const struct customer *into, const struct customer *from,
                          const char *reason, struct uid *merge_id) {
    struct conversation survivor, merged;
    TRY(lock_two(j, into->conversation_id, from->conversation_id, &survivor, &merged));
    const struct merge m = {.id = new_id(j, uid_bucket(survivor.id)),
                            .survivor_id = into->id,
                            .merged_id = from->id,
                            .survivor_conversation = survivor.id,
                            .merged_conversation = merged.id,
                            .reason = reason,
                            .created_ms = j->now_ms};
    const int64_t version = survivor.version;
    struct ledger *l = ledger_open(j->arena);
    inherit(j, &survivor, &merged, m.id);
    enum err e = inherit_holder(j, l, &survivor, &merged);
    if (e == OK) {
        ledger_conversation(l, &survivor, version);
        tell(j, l, &m, "merged");
        e = save(j, l);
    }
    ledger_close(l);
    TRY(e);
    *merge_id = m.id;
    return customers_merge_rows(j->pg, j->arena, &m);
}

static bool older(const struct customer *a, const struct customer *b) {
    if (a->created_ms != b->created_ms)
        return a->created_ms < b->created_ms;
    return memcmp(a->id.b, b->id.b, sizeof a->id.b) < 0;
}

/* ---- identities of a message ---- */

struct owners {
    struct customer list[OWNERS_MAX];
    int n;
    struct identity missing[OWNERS_MAX];
    int n_missing;
};

static bool same_identity(const struct identity *a, const struct identity *b) {
    return strcmp(a->kind, b->kind) == 0 && strcmp(a->value, b->value) == 0;
}

/* One that a message names twice is missing once. */
static void miss(struct owners *o, const struct identity *i) {
    for (int k = 0; k < o->n_missing; k++)
        if (same_identity(&o->missing[k], i))
            return;
    o->missing[o->n_missing++] = *i;
}

static enum err look(struct join *j, const struct identity *i, struct owners *o) {
    struct customer found;
    enum err e = customers_by_identity(j->pg, j->arena, i, &found);
    if (e == ERR_ABSENT) {
        miss(o, i);
        return OK;
    }
    TRY(e);
    for (int k = 0; k < o->n; k++)
        if (uid_equal(o->list[k].id, found.id))
            return OK;
    o->list[o->n++] = found;
    return OK;
}

static enum err first_contact(struct join *j, const struct turn *t, const struct identity *sender,
                              const struct arrival_key *key, struct customer *out) {
    uint8_t bucket = identity_bucket(sender->kind, sender->value);
    const struct newcomer n = {.identity = *sender,
                               .customer_id = new_id(j, bucket),
                               .conversation_id = new_id(j, bucket),
                               .name = t->inbound->author_name,
                               .arrival = *key,
                               .now_ms = j->now_ms};
    struct pg_step step = customers_first_contact_step(j->arena, &n, 1);
    pg_result_auto r = NULL;
    TRY(pg_run(j->pg, step.stmt, step.args, &r));
    if (!pg_rows(r))
        return ERR_CONFLICT;
    *out = (struct customer){
        .id = n.customer_id, .conversation_id = n.conversation_id, .created_ms = j->now_ms};
    return OK;
}

static enum err one_of(struct join *j, struct owners *o, struct customer *out) {
    *out = o->list[0];
    for (int i = 1; i < o->n; i++)
        if (older(&o->list[i], out))
            *out = o->list[i];
    for (int i = 0; i < o->n; i++) {
        struct uid merge_id;
        if (!uid_equal(o->list[i].id, out->id))
            TRY(merge_two(j, out, &o->list[i], "verified identity in common", &merge_id));
    }
    return OK;
}

static enum err claim_all(struct join *j, const struct turn *t, const struct customer *c) {
    for (int i = 0; i < t->n_identities; i++)
        if (t->identities[i].trust == TRUST_CLAIMED)
            TRY(customers_claim(j->pg, j->arena, c->id, &t->identities[i]));
    return OK;
}

static enum err find_owners(struct join *j, const struct turn *t, const struct identity *sender,
                            struct owners *o) {
    TRY(look(j, sender, o));
    for (int i = 0; i < t->n_identities; i++)
        if (t->identities[i].trust == TRUST_VERIFIED)
            TRY(look(j, &t->identities[i], o));
    return OK;
}

static enum err join_once(struct join *j, const struct turn *t, const struct identity *sender,
                          const struct arrival_key *key) {
    struct owners o = {.n = 0};
    struct customer c;
    TRY(find_owners(j, t, sender, &o));
    TRY(o.n ? one_of(j, &o, &c) : first_contact(j, t, sender, key, &c));
    for (int i = 0; i < o.n_missing; i++)
        if (o.n || !same_identity(&o.missing[i], sender))
            TRY(customers_join(j->pg, j->arena, &c, &o.missing[i]));
    return claim_all(j, t, &c);
}

static enum err has_arrived(struct join *j, const struct arrival_key *key, bool *arrived) {
    struct pg_step step = arrivals_find_step(j->arena, key, 1);
    pg_result_auto r = NULL;
    TRY(pg_run(j->pg, step.stmt, step.args, &r));
    *arrived = pg_rows(r) > 0;
    return OK;
}

static enum err join_and_commit(struct join *j, const struct turn *t, const struct identity *sender,
                                const struct arrival_key *key) {
    bool arrived = false;
    TRY(has_arrived(j, key, &arrived));
    if (!arrived)
        TRY(join_once(j, t, sender, key));
    return simple(j, &pg_commit);
}

enum err join_identities(struct world *w, struct arena *a, struct turn *t,
                         const struct identity *sender, const struct arrival_key *key) {
    pg_lease_auto pg = NULL;
    TRY(pg_lease(w->turns, &pg));
    struct join j = {w, a, pg, clock_wall_ms()};
    enum err e = ERR_CONFLICT;
    for (int i = 0; i < JOIN_TRIES_MAX && (e == ERR_CONFLICT || e == ERR_BUSY); i++) {
        TRY(simple(&j, &pg_begin));
        e = join_and_commit(&j, t, sender, key);
        if (e != OK && pg_in_transaction(pg))
            TRY(simple(&j, &pg_rollback));
    }
    return e == ERR_CONFLICT ? ERR_BUSY : e;
}

/* ---- by hand ---- */

static enum err finish(struct join *j, enum err e) {
    if (e == OK)
        return simple(j, &pg_commit);
    if (pg_in_transaction(j->pg))
        TRY(simple(j, &pg_rollback));
    return e;
}

static enum err add_in(struct join *j, struct uid customer, const struct identity *i,
                       struct why *why) {
    struct customer c, owner;
    TRY(customers_resolve(j->pg, j->arena, customer, &c));
    if (i->trust == TRUST_CLAIMED)
        return customers_claim(j->pg, j->arena, c.id, i);
    enum err e = customers_by_identity(j->pg, j->arena, i, &owner);
    if (e == ERR_ABSENT)
        return customers_join(j->pg, j->arena, &c, i);
    TRY(e);
    if (uid_equal(owner.id, c.id))
        return OK;
    return why_set(why, ERR_CONFLICT, "/value", "belongs to another customer; merge them instead");
}

enum err join_add(struct world *w, struct arena *a, struct uid customer, const struct identity *i,
                  struct why *why) {
    pg_lease_auto pg = NULL;
    TRY(pg_lease(w->turns, &pg));
    struct join j = {w, a, pg, clock_wall_ms()};
    TRY(simple(&j, &pg_begin));
    return finish(&j, add_in(&j, customer, i, why));
}

static enum err merge_in(struct join *j, const struct join_pair *pair, struct uid *merge_id,
                         struct why *why) {
    struct customer a, b;
    TRY(customers_find(j->pg, j->arena, pair->into, &a));
    TRY(customers_find(j->pg, j->arena, pair->from, &b));
    if (uid_equal(a.id, b.id))
        return why_set(why, ERR_CONFLICT, "/from", "is the same customer");
    if (!uid_is_nil(a.merged_into) || !uid_is_nil(b.merged_into))
        return why_set(why, ERR_CONFLICT, "/from", "one of the two has been merged already");
    return merge_two(j, &a, &b, "by hand", merge_id);
}

enum err join_merge(struct world *w, struct arena *a, const struct join_pair *pair,
                    struct uid *merge_id, struct why *why) {
    pg_lease_auto pg = NULL;
    TRY(pg_lease(w->turns, &pg));
    struct join j = {w, a, pg, clock_wall_ms()};
    TRY(simple(&j, &pg_begin));
    return finish(&j, merge_in(&j, pair, merge_id, why));
}

/* Both are locked, then told apart, then read as they stand for themselves. */
static enum err part(struct join *j, const struct merge *m, struct conversation *survivor,
                     struct conversation *merged, struct why *why) {
    TRY(lock_two(j, m->survivor_conversation, m->merged_conversation, survivor, merged));
    if (!uid_is_nil(survivor->merged_into))
        return why_set(why, ERR_CONFLICT, "", "the survivor was merged later; undo that first");
    TRY(customers_unmerge_rows(j->pg, j->arena, m, j->now_ms));
    TRY(lock_two(j, m->survivor_conversation, m->merged_conversation, survivor, merged));
    disinherit(j, survivor, m->id);
    if (uid_equal(survivor->left_open.conversation, merged->id) ||
        uid_equal(survivor->left_open.conversation, merged->left_open.conversation))
        survivor->left_open.seq = 0;
    return keep_own_ways(j, survivor, m);
}

static enum err undo_in(struct join *j, struct uid merge_id, struct why *why) {
    struct merge m;
    struct conversation survivor, merged;
    TRY(customers_find_merge(j->pg, j->arena, merge_id, &m));
    if (m.undone_ms)
        return why_set(why, ERR_CONFLICT, "", "this merge has been undone already");
    TRY(part(j, &m, &survivor, &merged, why));
    struct ledger *l = ledger_open(j->arena);
    if (party_is_human(merged.holder))
        ledger_attention(l, &merged, survivor.id,
                         merged.holder.type == PARTY_AGENT ? merged.holder.id : "", j->now_ms);
    ledger_conversation(l, &survivor, survivor.version);
    tell(j, l, &m, "undone");
    enum err e = save(j, l);
    ledger_close(l);
    return e;
}

enum err join_undo(struct world *w, struct arena *a, struct uid merge_id, struct why *why) {
    pg_lease_auto pg = NULL;
    TRY(pg_lease(w->turns, &pg));
    struct join j = {w, a, pg, clock_wall_ms()};
    TRY(simple(&j, &pg_begin));
    return finish(&j, undo_in(&j, merge_id, why));
}
