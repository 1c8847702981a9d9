#include "gather.h"

#include <string.h>

#include "../base/metric.h"
#include "../codec/crypto.h"
#include "../model/identity.h"
#include "../store/conversations.h"
#include "../store/customers.h"
#include "../store/jobs.h"
#include "../store/messages.h"
#include "../store/rosters.h"

struct found {
    struct conversation conversation;
    const char *kind, *value; /* NULL: found by id */
};

/* ---- which rows ---- */

/* Who writes is found by identity, once; a merged conversation's redirect names the survivor by id.
 */
static bool by_identity(const struct item *i) {
    return run_by_sender(i->turn->kind) && uid_is_nil(i->turn->conversation_id);
}

static bool same_identity(const struct item *i, const char *kind, const char *value) {
    return by_identity(i) && kind && strcmp(i->sender.kind, kind) == 0 &&
           strcmp(i->sender.value, value) == 0;
}

struct wanted {
    struct newcomer *senders;
    struct uid *ids;
    struct arrival_key *keys;
    int n_senders, n_ids, n_keys;
};

/* Who writes may be a stranger: these ids are theirs if so, and forgotten if not. */
static struct newcomer sender(const struct run *r, const struct item *i) {
    uint8_t random[2][UID_RANDOM_BYTES];
    uint8_t bucket = identity_bucket(i->sender.kind, i->sender.value);
    crypto_random(random, sizeof random);
    return (struct newcomer){.identity = i->sender,
                             .customer_id = uid_make(r->now_ms, bucket, random[0]),
                             .conversation_id = uid_make(r->now_ms, bucket, random[1]),
                             .name = i->turn->inbound->author_name,
                             .arrival = i->key,
                             .now_ms = r->now_ms};
}

static struct wanted what_is_wanted(const struct run *r, struct item **items, int n) {
    struct wanted w = {ARENA_ARRAY(r->arena, struct newcomer, n),
                       ARENA_ARRAY(r->arena, struct uid, n),
                       ARENA_ARRAY(r->arena, struct arrival_key, n),
                       0,
                       0,
                       0};
    for (int i = 0; i < n; i++) {
        bool again = false;
        for (int k = 0; k < i && !again; k++)
            again =
                by_identity(items[i])
                    ? same_identity(items[k], items[i]->sender.kind, items[i]->sender.value)
                    : uid_equal(items[k]->turn->conversation_id, items[i]->turn->conversation_id);
        if (!again && by_identity(items[i]))
            w.senders[w.n_senders++] = sender(r, items[i]);
        if (!again && !by_identity(items[i]))
            w.ids[w.n_ids++] = items[i]->turn->conversation_id;
        if (items[i]->has_key)
            w.keys[w.n_keys++] = items[i]->key;
    }
    return w;
}

/* ---- what came back ---- */

static enum err read_found(struct arena *a, const struct pg_result *r, bool identity,
                           struct found *found, int *n) {
    int skip = identity ? CONVERSATIONS_BY_IDENTITY_COLUMNS : 0;
    for (int i = 0; i < pg_rows(r); i++) {
        struct found *f = &found[(*n)++];
        f->kind = identity ? pg_text(a, r, i, 0) : NULL;
        f->value = identity ? pg_text(a, r, i, 1) : NULL;
        TRY(conversations_row(a, r, i, skip, &f->conversation));
    }
    return OK;
}

static const struct found *find(const struct found *found, int n, const struct item *i) {
    for (int k = 0; k < n; k++) {
        bool hit = by_identity(i) ? same_identity(i, found[k].kind, found[k].value)
                                  : uid_equal(found[k].conversation.id, i->turn->conversation_id);
        if (hit)
            return &found[k];
    }
    return NULL;
}

/* ---- the load ---- */

static void sort_out(struct run *r, struct item **items, int n, const struct found *found,
                     int n_found) {
    for (int i = 0; i < n; i++) {
        const struct found *f = find(found, n_found, items[i]);
        if (items[i]->arrived || items[i]->done)
            continue;
        if (f && !uid_is_nil(f->conversation.merged_into)) /* its turns are the survivor's */
            items[i]->turn->conversation_id = f->conversation.merged_into;
        else if (f)
            run_add(r, &f->conversation, items[i]);
        else if (r->waited || !by_identity(items[i])) {
            items[i]->done = true;
            items[i]->turn->err = r->waited ? ERR_TIMEOUT : ERR_ABSENT;
        }
    }
}

/* A duplicate must be looked for under the conversation's lock: before it, two can both find
 * nothing. */
#ifdef BROKEN_CHECK_THEN_INSERT
#define CHECK_BEFORE_LOCK true
#else
#define CHECK_BEFORE_LOCK false
#endif

/* Where in the batch of statements each answer is. */
struct plan {
    struct pg_step *steps;
    int n, meet_at, identity_at, id_at, key_at, job_at; /* 0: not asked */
};

static void pass_over_held(struct plan *p) {
    const int at[] = {p->identity_at, p->id_at};
    for (int i = 0; i < 2; i++)
        if (at[i])
            p->steps[at[i]] = conversations_free_step(p->steps[at[i]]);
}

/* Strangers are met before any conversation is locked: whoever waits for another router's insert of
 * the same identity holds no lock that router could want, so no circle can close. */
static struct plan plan_load(struct run *r, struct item **items, int n) {
    struct wanted w = what_is_wanted(r, items, n);
    struct plan p = {.steps = ARENA_ARRAY(r->arena, struct pg_step, n + 5), .n = 1};
    p.steps[0] = (struct pg_step){&pg_begin, NULL};
    if (w.n_keys && CHECK_BEFORE_LOCK)
        p.steps[p.key_at = p.n++] = arrivals_find_step(r->arena, w.keys, w.n_keys);
    if (w.n_senders) {
        p.steps[p.meet_at = p.n++] = customers_first_contact_step(r->arena, w.senders, w.n_senders);
        p.steps[p.identity_at = p.n++] =
            conversations_lock_by_identity_step(r->arena, w.senders, w.n_senders);
    }
    if (w.n_ids)
        p.steps[p.id_at = p.n++] = conversations_lock_step(r->arena, w.ids, w.n_ids);
    if (r->waited)
        pass_over_held(&p);
    if (w.n_keys && !CHECK_BEFORE_LOCK)
        p.steps[p.key_at = p.n++] = arrivals_find_step(r->arena, w.keys, w.n_keys);
    p.job_at = p.n;
    for (int i = 0; i < n; i++)
        if (items[i]->turn->job)
            p.steps[p.n++] = jobs_hold_step(r->arena, items[i]->turn->job);
    return p;
}

/* A worker whose lease has run out does nothing: somebody else has the job, or it is done. */
static void check_leases(struct pg_result *const *results, struct item **items, int n) {
    for (int i = 0; i < n; i++) {
        if (!items[i]->turn->job)
            continue;
        items[i]->done = pg_rows(*results++) == 0;
        if (items[i]->done)
            items[i]->turn->err = ERR_CONFLICT;
    }
}

/* Somebody else's message with this key was stored between meeting its sender and looking for it:
 * then nobody is to be met, and all of it is done again. */
static bool met_in_vain(const struct pg_result *met, struct item **items, int n,
                        const struct found *found, int n_found) {
    for (int i = 0; i < n; i++) {
        const struct found *f = items[i]->arrived ? find(found, n_found, items[i]) : NULL;
        for (int row = 0; f && row < pg_rows(met); row++)
            if (uid_equal(pg_uid(met, row, 0), f->conversation.id))
                return true;
    }
    return false;
}

enum err gather(struct run *r, struct item **items, int n) {
    struct plan p = plan_load(r, items, n);
    struct found *found = ARENA_ARRAY(r->arena, struct found, n);
    struct pg_result **results = ARENA_ARRAY(r->arena, struct pg_result *, p.n);
    int n_found = 0;
    enum err e = pg_run_batch(r->pg, p.steps, p.n, results);
    if (e == OK && p.identity_at)
        e = read_found(r->arena, results[p.identity_at], true, found, &n_found);
    if (e == OK && p.id_at)
        e = read_found(r->arena, results[p.id_at], false, found, &n_found);
    if (e == OK && p.key_at)
        for (int row = 0; row < pg_rows(results[p.key_at]); row++)
            run_mark_arrived(items, n, results[p.key_at], row);
    if (e == OK && p.meet_at && met_in_vain(results[p.meet_at], items, n, found, n_found))
        e = ERR_BUSY;
    if (e == OK)
        check_leases(results + p.job_at, items, n);
    for (int i = 0; i < p.n; i++)
        pg_clear(results[i]);
    if (e == OK)
        sort_out(r, items, n, found, n_found);
    return e;
}

/* ---- duplicates ---- */

static bool same_message(const struct turn *t, const struct message *stored) {
    if (t->kind != TURN_MESSAGE)
        return strcmp(t->text, stored->text) == 0;
    return strcmp(t->inbound->text, stored->text) == 0 &&
           strcmp(t->inbound->address, stored->address) == 0;
}

static void answer_again(struct arena *a, struct item *i, const struct message *stored) {
    struct turn *t = i->turn;
    i->done = true;
    if (!same_message(t, stored)) {
        t->err = why_set(&t->why, ERR_CONFLICT, "/external_id",
                         "this id has been used for another message");
        return;
    }
    t->err = OK;
    t->duplicate = true;
    metric_add(METRIC_messages_duplicate, 1);
    t->message = *stored;
    t->decision = stored->decision;
    t->conversation = ARENA_NEW(a, struct conversation);
    *t->conversation =
        (struct conversation){.id = stored->conversation_id, .customer_id = stored->customer_id};
}

enum err gather_duplicates(struct pg *c, struct arena *a, struct item **items, int n) {
    struct message_ref *refs = ARENA_ARRAY(a, struct message_ref, n);
    struct message *found = ARENA_ARRAY(a, struct message, n);
    struct item **which = ARENA_ARRAY(a, struct item *, n);
    int n_refs = 0;
    for (int i = 0; i < n; i++) {
        if (items[i]->done || !items[i]->arrived)
            continue;
        which[n_refs] = items[i];
        refs[n_refs++] = (struct message_ref){items[i]->place.conversation_id, items[i]->place.seq};
    }
    if (!n_refs)
        return OK;
    TRY(messages_find_many(c, a, refs, n_refs, found));
    for (int i = 0; i < n_refs; i++)
        if (found[i].seq)
            answer_again(a, which[i], &found[i]);
    return OK;
}
