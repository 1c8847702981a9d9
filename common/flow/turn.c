#include "turn.h"

#include <assert.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/metric.h"
#include "../model/identity.h"
#include "../store/conversations.h"
#include "../store/rosters.h"
#include "../store/sessions.h"
#include "commit.h"
#include "gather.h"
#include "join.h"

/* A turn that keeps losing races to other processes is told to come back, not kept for ever. */
#define TURN_ROUNDS_MAX 8
#define PATIENCE_SHARE 2 /* of the deadline of one database call */

/* ---- before any transaction ---- */

static enum err find_sender(const struct snapshot *s, struct arena *a, struct item *i) {
    const struct message *in = i->turn->inbound;
    const struct channel_account *ch = snapshot_channel(s, in->channel);
    if (!ch)
        return why_set(&i->turn->why, ERR_INVALID, "/channel", "no channel has this id");
    if (i->turn->sender) {
        i->sender = *i->turn->sender;
        return OK;
    }
    i->sender.kind =
        *ch->identity_kind ? ch->identity_kind : ARENA_JOIN(a, "channel:", in->channel);
    i->sender.trust = TRUST_VERIFIED;
    enum err e =
        identity_normalise(a, i->sender.kind, in->address, &i->sender.value, &i->turn->why);
    if (e != OK)
        why_set(&i->turn->why, e, "/from/address", "%s", arena_strdup(a, i->turn->why.text));
    return e;
}

static void prepare(const struct snapshot *s, struct arena *a, struct item *i, struct turn *t) {
    *i = (struct item){.turn = t};
    t->err = ERR_BUSY;
    if (run_arrives(t->kind)) {
        enum err e = run_by_sender(t->kind) ? find_sender(s, a, i) : OK;
        i->key = arrivals_key(a, ARENA_JOIN(a, "channel/", t->inbound->channel),
                              t->inbound->external_id);
        i->has_key = true;
        i->done = e != OK;
        t->err = e != OK ? e : ERR_BUSY;
    } else if (t->idempotency && *t->idempotency) {
        i->key = arrivals_key(a, "key", t->idempotency);
        i->has_key = true;
    }
}

static bool all_linked(const struct turn *t, const struct conversation *c) {
    for (int i = 0; i < t->n_identities; i++) {
        uint64_t hash = identity_hash(&t->identities[i]);
        bool there = false;
        for (int k = 0; k < c->n_linked; k++)
            there |= c->linked[k] == hash;
        if (!there)
            return false;
    }
    return true;
}

static void recall(struct world *w, struct arena *a, struct item *items, int n) {
    struct identity *ids = ARENA_ARRAY(a, struct identity, n);
    struct conversation **found = ARENA_ARRAY(a, struct conversation *, n);
    struct item **which = ARENA_ARRAY(a, struct item *, n);
    int used = 0;
    for (int i = 0; i < n; i++) {
        if (items[i].done || items[i].turn->kind != TURN_MESSAGE)
            continue;
        which[used] = &items[i];
        ids[used++] = items[i].sender;
    }
    if (!used)
        return;
    sessions_get(&(struct sessions){w->redis, a, w->sealing_key}, ids, used, found);
    for (int i = 0; i < used; i++)
        if (found[i] && all_linked(which[i]->turn, found[i]))
            which[i]->recalled = found[i];
}

/* ---- runs ---- */

/* The second of two items with one key waits: it will find the first one arrived. */
static bool key_taken(struct item **chosen, int n, const struct item *i) {
    for (int k = 0; k < n && i->has_key; k++)
        if (chosen[k]->has_key && uid_equal(chosen[k]->key.key, i->key.key))
            return true;
    return false;
}

typedef bool item_wanted(const struct item *);

static bool is_recalled(const struct item *i) { return i->recalled != NULL && !i->alone; }

static bool is_company(const struct item *i) { return !i->alone && !i->arrived; }

/* One commit for a batch is worth more than sparing some of it the load. */
static bool all_recalled(const struct item *items, int n) {
    for (int i = 0; i < n; i++)
        if (!items[i].done && !is_recalled(&items[i]))
            return false;
    return true;
}

static void forget(struct item *items, int n) {
    for (int i = 0; i < n; i++)
        items[i].recalled = NULL;
}

static bool has_arrived(const struct item *i) { return i->arrived; }

static int choose(struct item *items, int n, item_wanted *wanted, struct item **chosen) {
    int used = 0;
    for (int i = 0; i < n; i++) {
        bool waits = !items[i].arrived && key_taken(chosen, used, &items[i]);
        if (!items[i].done && wanted(&items[i]) && !waits)
            chosen[used++] = &items[i];
    }
    return used;
}

/* Those that waited for the first with their key have now arrived, where it stands. */
static void spread_arrivals(struct item *items, int n) {
    for (int i = 0; i < n; i++) {
        const struct message *m = &items[i].turn->message;
        if (!items[i].done || items[i].turn->err != OK || !items[i].has_key)
            continue;
        for (int k = i + 1; k < n; k++) {
            if (items[k].done || !uid_equal(items[k].key.key, items[i].key.key))
                continue;
            items[k].arrived = true;
            items[k].place = (struct message_place){m->conversation_id, m->seq};
        }
    }
}

static void fail_all(struct item **items, int n, enum err e) {
    for (int i = 0; i < n; i++) {
        items[i]->turn->err = e;
        items[i]->done = true;
    }
}

static bool has_time(const struct run *shared) { return clock_monotonic_ms() < shared->until_ms; }

/* The database's trouble is everybody's; a lost race is run again; who waits for a conversation
 * that somebody holds has waited for all; anything else is one item's fault, found by running each
 * alone. */
static void take_apart(struct run *shared, struct item **items, int n, enum err e) {
    bool everybodys = e == ERR_STORE || (e == ERR_TIMEOUT && !has_time(shared));
    if (everybodys || (n == 1 && e != ERR_BUSY)) {
        fail_all(items, n, e);
        return;
    }
    if (e == ERR_TIMEOUT && !shared->waited) {
        shared->waited = true;
        return;
    }
    for (int i = 0; i < n; i++)
        items[i]->alone = true;
}

/* Not saved, and not because one of its messages is known already. */
static bool was_stale(const struct chain *c) {
    bool known = false;
    for (int i = 0; i < c->n; i++)
        known |= c->items[i]->arrived;
    return c->kept && !c->saved && !known;
}

/* What the cache remembers is judged before the database is asked; Postgres checks the version as
 * it saves. */
static enum err run_remembered(struct run *r, struct item **items, int n) {
    enum err e = OK;
    for (int i = 0; i < n; i++)
        run_add(r, items[i]->recalled, items[i]);
    bool enough = commit_judge(r);
    if (!enough)
        e = commit_begin_with_roster(r);
    if (!enough && e == OK)
        commit_judge(r);
    if (e == OK)
        e = commit_save(r, enough);
    for (int i = 0; i < r->n_chains && e == OK; i++)
        metric_add(METRIC_turns_stale, was_stale(&r->chains[i]));
    return e == ERR_STORE || e == ERR_TIMEOUT ? e : OK; /* what else it is the load will tell */
}

static enum err load_judge_save(struct run *r, struct item **items, int n) {
    TRY(gather(r, items, n));
    if (!commit_judge(r)) {
        TRY(commit_lock_roster(r));
        commit_judge(r);
    }
    return commit_save(r, false);
}

enum how { REMEMBERED, LOADED, DUPLICATES };

static void run_items(struct run *shared, struct item **items, int n, enum how how) {
    struct run r;
    enum err e = OK;
    if (!n)
        return;
    run_open(&r, shared->world, shared->snapshot, shared->arena, n);
    pg_lease_auto pg = NULL;
    e = pg_lease(r.world->turns, &pg);
    r.pg = pg;
    r.waited = shared->waited;
    if (e != OK)
        fail_all(items, n, e);
    else if (how == REMEMBERED)
        e = run_remembered(&r, items, n);
    else if (how == DUPLICATES)
        e = gather_duplicates(pg, r.arena, items, n);
    else
        e = load_judge_save(&r, items, n);
    if (e != OK)
        take_apart(shared, items, n, e);
    ledger_close(r.ledger);
}

static void run_chosen(struct run *shared, struct item *all, int n, item_wanted *wanted,
                       enum how how) {
    struct item **items = ARENA_ARRAY(shared->arena, struct item *, n);
    run_items(shared, items, choose(all, n, wanted, items), how);
}

static void run_each_alone(struct run *shared, struct item *all, int n) {
    for (int i = 0; i < n; i++) {
        struct item *one = &all[i];
        if (!one->done && one->alone && !one->arrived && has_time(shared))
            run_items(shared, &one, 1, LOADED);
    }
}

/* Judged they may have been, and accepted; saved they were not. */
static void give_up(struct item *items, int n) {
    for (int i = 0; i < n; i++) {
        if (items[i].done)
            continue;
        items[i].turn->err = ERR_BUSY;
        items[i].turn->why = (struct why){0};
    }
}

static bool any_left(const struct item *items, int n) {
    for (int i = 0; i < n; i++)
        if (!items[i].done)
            return true;
    return false;
}

/* ---- after the commit ---- */

static void remember(struct world *w, struct arena *a, struct item *items, int n) {
    struct identity *ids = ARENA_ARRAY(a, struct identity, n);
    const struct conversation **to = ARENA_ARRAY(a, const struct conversation *, n);
    int used = 0;
    bool jobs = false;
    for (int i = n - 1; i >= 0; i--) {
        struct turn *t = items[i].turn;
        if (t->err != OK || t->duplicate)
            continue;
        jobs = true;
        bool newer = false;
        for (int k = 0; k < used && !newer; k++)
            newer = uid_equal(to[k]->id, t->conversation->id);
        if (t->kind != TURN_MESSAGE || newer)
            continue;
        ids[used] = items[i].sender;
        to[used++] = t->conversation;
    }
    if (jobs)
        sessions_put(&(struct sessions){w->redis, a, w->sealing_key}, ids, to, used);
}

static void join_strangers(struct world *w, struct arena *a, struct item *items, int n) {
    for (int i = 0; i < n; i++) {
        if (items[i].done || items[i].recalled || !items[i].turn->n_identities)
            continue;
        enum err e = join_identities(w, a, items[i].turn, &items[i].sender, &items[i].key);
        if (e == OK)
            continue;
        items[i].turn->err = e;
        items[i].done = true;
    }
}

struct turn_batch {
    struct run shared;
    struct world_held held; /* the snapshots that its turns were prepared with */
    struct item *items;
    int n, room;
};

struct turn_batch *turn_batch_open(struct world *w, struct arena *a, int room) {
    struct turn_batch *b = ARENA_NEW(a, struct turn_batch);
    b->shared = (struct run){.world = w, .arena = a};
    b->items = ARENA_ROOM(a, struct item, room);
    b->room = room;
    return b;
}

void turn_batch_add(struct turn_batch *b, struct turn **turns, int n) {
    struct run *r = &b->shared;
    struct item *items = b->items + b->n;
    assert(b->n + n <= b->room);
    b->n += n;
    world_hold(r->world, r->arena, &b->held);
    r->snapshot = b->held.newest;
    for (int i = 0; i < n; i++)
        prepare(r->snapshot, r->arena, &items[i], turns[i]);
    recall(r->world, r->arena, items, n);
    for (int i = 0; i < n; i++)
        if (!items[i].done && turns[i]->inbound && run_is_judged(turns[i]->kind))
            run_read(r, &items[i], items[i].recalled ? items[i].recalled->language : "");
}

/* Saved since the cache was asked, or before it was told. */
static void forget_old(struct version_memory *m, struct item *items, int n) {
    for (int i = 0; i < n; i++)
        if (items[i].recalled && version_memory_is_old(m, items[i].recalled))
            items[i].recalled = NULL;
}

static void refuse_late(struct item *items, int n) {
    int64_t now_ms = clock_monotonic_ms();
    for (int i = 0; i < n; i++) {
        int64_t by_ms = items[i].turn->begin_by_ms;
        items[i].done |= by_ms && by_ms < now_ms;
    }
}

void turn_batch_run(struct turn_batch *b) {
    struct run *r = &b->shared;
    struct item *items = b->items;
    int n = b->n;
    refuse_late(items, n);
    forget_old(r->world->versions, items, n);
    join_strangers(r->world, r->arena, items, n);
    r->until_ms = clock_monotonic_ms() + r->world->cfg->database_timeout_ms / PATIENCE_SHARE;
    if (all_recalled(items, n))
        run_chosen(r, items, n, is_recalled, REMEMBERED);
    spread_arrivals(items, n);
    forget(items, n);
    for (int round = 0; round < TURN_ROUNDS_MAX && any_left(items, n); round++) {
        if (round && !has_time(r))
            break;
        run_chosen(r, items, n, is_company, LOADED);
        run_each_alone(r, items, n);
        spread_arrivals(items, n);
        run_chosen(r, items, n, has_arrived, DUPLICATES);
    }
    give_up(items, n);
}

void turn_batch_close(struct turn_batch *b) {
    remember(b->shared.world, b->shared.arena, b->items, b->n);
    world_let_go(&b->held);
}

void turn_run(struct world *w, struct arena *a, struct turn **turns, int n) {
    struct turn_batch *b = turn_batch_open(w, a, n);
    turn_batch_add(b, turns, n);
    turn_batch_run(b);
    turn_batch_close(b);
}

/* ---- without saving ---- */

static enum err look_up(struct pg *c, struct arena *a, struct turn *t, struct conversation *out) {
    if (!uid_is_nil(t->conversation_id))
        return conversations_find(c, a, t->conversation_id, out);
    *out = (struct conversation){.priority = 3,
                                 .holder = {PARTY_NONE, ""},
                                 .offered_to = {PARTY_NONE, ""},
                                 .backup = {PARTY_NONE, ""},
                                 .queue = "",
                                 .language = "",
                                 .topic = "",
                                 .episode = {.topic = "", .outcome = ""},
                                 .last_channel = "",
                                 .last_address = "",
                                 .last_agent = "",
                                 .customer_name = "",
                                 .tier = "",
                                 .preference = ""};
    return OK;
}

enum err turn_preview(struct world *w, struct arena *a, struct turn *t) {
    struct snapshot *s = world_snapshot(w);
    const struct staff staff = snapshot_staff(s);
    struct item item = {.turn = t};
    struct conversation *c = ARENA_NEW(a, struct conversation);
    struct roster roster = {0};
    pg_lease_auto pg = NULL;
    enum err e = pg_lease(w->reads, &pg);
    if (e == OK)
        e = look_up(pg, a, t, c);
    if (e == OK)
        e = rosters_look(pg, a, &staff, &roster);
    if (e == OK) {
        run_read(&(struct run){.snapshot = s, .arena = a}, &item, c->language);
        struct ledger *l = ledger_open(a);
        struct step step = {.world = w,
                            .snapshot = s,
                            .arena = a,
                            .ledger = l,
                            .turn = t,
                            .conversation = c,
                            .reading = &item.reading,
                            .roster = &roster,
                            .now_ms = clock_wall_ms()};
        e = hear_message(&step);
        ledger_close(l);
    }
    t->conversation = c;
    snapshot_release(s);
    return e;
}

int turn_assign_waiting(struct world *w, struct arena *a, const char *agent) {
    struct snapshot *s = world_snapshot(w);
    const struct agent *who = snapshot_agent(s, agent);
    struct rosters_waiting waiting = {.n = 0};
    int assigned = 0;
    {
        pg_lease_auto pg = NULL;
        if (who && pg_lease(w->turns, &pg) == OK &&
            rosters_waiting(pg, a, who->queues, who->n_queues, &waiting) != OK)
            waiting.n = 0;
    }
    for (int i = 0; i < waiting.n; i++) {
        struct turn t = {.kind = TURN_ASSIGN,
                         .conversation_id = waiting.conversations[i],
                         .actor = {PARTY_SYSTEM, ""},
                         .target = party_of(PARTY_AGENT, agent),
                         .epoch = -1};
        struct turn *one = &t;
        turn_run(w, a, &one, 1);
        if (t.err == ERR_LIMIT)
            break;
        assigned += t.err == OK;
    }
    snapshot_release(s);
    return assigned;
}
