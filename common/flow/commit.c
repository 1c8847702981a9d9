#include "commit.h"

#include <string.h>

#include "../base/clock.h"
#include "../base/metric.h"
#include "../store/conversations.h"
#include "../store/rosters.h"

static step_function *const steps[TURN_COUNT_] = {
    [TURN_MESSAGE] = hear_message,
    [TURN_ANSWER] = speak_answer,
    [TURN_REPLY] = speak_reply,
    [TURN_NOTE] = speak_note,
    [TURN_TAKEOVER] = hold_takeover,
    [TURN_OFFER] = hold_offer,
    [TURN_ACCEPT] = hold_accept,
    [TURN_DECLINE] = hold_decline,
    [TURN_RELEASE] = hold_release,
    [TURN_RESOLVE] = hold_resolve,
    [TURN_PROMISE] = keep_promise,
    [TURN_PROMISE_KEPT] = keep_promise_kept,
    [TURN_PROMISE_DUE] = keep_promise_due,
    [TURN_OFFER_EXPIRED] = hold_offer_expired,
    [TURN_ASSIGN] = hold_assign,
    [TURN_ECHO] = overhear_echo,
    [TURN_AUTOMATIC] = overhear_automatic,
    [TURN_EDIT] = overhear_edit,
    [TURN_REVOKE] = overhear_revoke,
    [TURN_REACTION] = overhear_reaction,
    [TURN_MOVED] = overhear_move,
    [TURN_UNDELIVERED] = hold_undelivered,
};

static int64_t later(int64_t a, int64_t b) { return a > b ? a : b; }

/* It was read before its conversation was known, or before the message ahead of it in this chain
 * said which language is spoken. Read in another it may say something else, and no answer may
 * depend on what the cache remembered or on company in a batch. */
static const struct reading *reading_of(struct run *r, const struct chain *c, struct item *i) {
    if (!i->read_as)
        return NULL;
    if (strcmp(i->read_as, c->judged->language) != 0)
        run_read(r, i, c->judged->language);
    return &i->reading;
}

/* False: the chain has to be judged again, with the roster. */
static bool judge_one(struct run *r, struct chain *c, struct item *i) {
    struct conversation *copy = arena_copy(r->arena, c->judged, sizeof *copy);
    struct roster *people = r->roster ? r->roster : r->lately;
    struct step s = {.world = r->world,
                     .snapshot = r->snapshot,
                     .arena = r->arena,
                     .ledger = r->ledger,
                     .turn = i->turn,
                     .conversation = copy,
                     .reading = reading_of(r, c, i),
                     .key = i->has_key ? &i->key : NULL,
                     .roster = c->wants_roster ? people : NULL,
                     .roster_remembered = !r->roster,
                     .now_ms = later(r->now_ms, c->judged->updated_ms)};
    enum err e = steps[i->turn->kind](&s);
    if (s.wants_roster) {
        if (s.roster)
            r->lately = NULL;
        c->wants_roster = true;
        return false;
    }
    i->turn->err = e;
    if (e != OK)
        return true;
    c->judged = copy;
    c->kept++;
    i->turn->conversation = copy;
    return true;
}

/* The inbox has exactly the conversations that a person or a queue holds. */
static void keep_inbox(struct run *r, const struct conversation *before,
                       const struct conversation *c) {
    bool same = party_equal(before->holder, c->holder) && before->mode == c->mode &&
                before->priority == c->priority && strcmp(before->queue, c->queue) == 0;
    if (party_is_human(c->holder) && !same)
        ledger_attention(r->ledger, c, c->id, c->holder.type == PARTY_AGENT ? c->holder.id : "",
                         r->now_ms);
    if (!party_is_human(c->holder) && party_is_human(before->holder))
        ledger_no_attention(r->ledger, c->id, c->id);
}

/* False as judge_one. */
static bool judge_chain(struct run *r, struct chain *c) {
    c->judged = c->loaded;
    c->kept = 0;
    for (int i = 0; i < c->n; i++)
        if (!judge_one(r, c, c->items[i]))
            return false;
    if (!c->kept)
        return true;
    ledger_conversation(r->ledger, c->judged, c->loaded->version);
    keep_inbox(r, c->loaded, c->judged);
    return true;
}

static bool lacks_roster(const struct run *r) {
    bool wanted = false;
    for (int i = 0; i < r->n_chains; i++)
        wanted |= r->chains[i].wants_roster;
    return wanted && !r->roster && !r->lately;
}

/* Judging is cheap and has no effect but on the ledger. With the roster at hand a second round
 * finds all that want it. */
bool commit_judge(struct run *r) {
    bool complete = false;
    while (!complete && !lacks_roster(r)) {
        ledger_close(r->ledger);
        r->ledger = ledger_open(r->arena);
        complete = true;
        for (int i = 0; i < r->n_chains; i++)
            complete &= judge_chain(r, &r->chains[i]);
    }
    return complete;
}

/* Conversations before agents, in whatever way a turn runs: so no circle of waiting can close. */
static enum err lock_roster(struct run *r, const struct rosters_lead *lead) {
    const struct staff staff = snapshot_staff(r->snapshot);
    int64_t at_ms = clock_monotonic_ms();
    r->roster = ARENA_NEW(r->arena, struct roster);
    TRY(rosters_lock(r->pg, r->arena, &staff, lead, r->roster));
    roster_memory_keep(r->world->people, r->snapshot, r->roster, at_ms);
    return OK;
}

enum err commit_lock_roster(struct run *r) { return lock_roster(r, NULL); }

enum err commit_begin_with_roster(struct run *r) {
    struct uid *ids = ARENA_ARRAY(r->arena, struct uid, r->n_chains);
    for (int i = 0; i < r->n_chains; i++)
        ids[i] = r->chains[i].id;
    const struct rosters_lead lead = {
        {{&pg_begin, NULL}, conversations_fence_step(r->arena, ids, r->n_chains)}, 2};
    return lock_roster(r, &lead);
}

static int live_ids(const struct run *r, struct uid *ids) {
    int n = 0;
    for (int i = 0; i < r->n_chains; i++)
        if (r->chains[i].kept)
            ids[n++] = r->chains[i].id;
    return n;
}

static void mark_saved(struct run *r, struct uid conversation) {
    for (int i = 0; i < r->n_chains; i++)
        if (uid_equal(r->chains[i].id, conversation))
            r->chains[i].saved = true;
}

static void mark_known(struct run *r, const struct pg_result *known, int row) {
    for (int i = 0; i < r->n_chains; i++)
        run_mark_arrived(r->chains[i].items, r->chains[i].n, known, row);
}

static void read_saved(struct run *r, const struct pg_result *saved) {
    for (int row = 0; row < pg_rows(saved); row++) {
        if (pg_is_null(saved, row, 0))
            mark_saved(r, pg_uid(saved, row, 1));
        else
            mark_known(r, saved, row);
    }
}

static bool gave_room(const struct chain *c) {
    return c->saved && c->loaded->holder.type == PARTY_AGENT &&
           !party_equal(c->loaded->holder, c->judged->holder);
}

/* What a step refused needs no save; what it accepted is done when its conversation was saved. */
static void settle(struct run *r) {
    for (int i = 0; i < r->n_chains; i++) {
        struct chain *c = &r->chains[i];
        bool final = c->saved || c->kept == 0;
        if (c->saved)
            version_memory_keep(r->world->versions, c->id, c->loaded->version + 1);
        if (gave_room(c))
            roster_memory_drop(r->world->people);
        for (int k = 0; k < c->n && final; k++) {
            struct item *item = c->items[k];
            item->done = true;
            if (item->turn->err != OK)
                continue;
            item->turn->conversation->version = c->loaded->version + 1;
            metric_add(METRIC_turns_run, 1);
            if (item->turn->kind == TURN_MESSAGE)
                metric_add(METRIC_messages_stored, 1);
        }
    }
}

enum err commit_save(struct run *r, bool begins) {
    struct pg_step batch[LEDGER_STEPS_MAX + 3];
    struct pg_result *results[LEDGER_STEPS_MAX + 3] = {0};
    struct uid *ids = ARENA_ARRAY(r->arena, struct uid, r->n_chains + 1);
    int n = 0, saved_at = 0, n_ids = live_ids(r, ids);
    TRY(ledger_check(r->ledger));
    if (begins) {
        if (!n_ids)
            return OK;
        batch[n++] = (struct pg_step){&pg_begin, NULL};
        batch[n++] = conversations_fence_step(r->arena, ids, n_ids);
    }
    int first = n;
    if (n_ids)
        n += ledger_steps(r->ledger, batch + n, &saved_at);
    batch[n++] = (struct pg_step){&pg_commit, NULL};
    enum err e = pg_run_batch(r->pg, batch, n, results);
    if (e == OK && n_ids)
        read_saved(r, results[first + saved_at]);
    for (int i = 0; i < n; i++)
        pg_clear(results[i]);
    if (e == OK) {
        metric_add(METRIC_turn_batches, 1);
        settle(r);
    }
    return e;
}
