#include "upkeep.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "../../common/base/clock.h"
#include "../../common/base/log.h"
#include "../../common/base/metric.h"
#include "../../common/codec/json.h"
#include "../../common/codec/text.h"
#include "../../common/flow/objects.h"
#include "../../common/flow/receive.h"
#include "../../common/flow/turn.h"
#include "../../common/store/attempts.h"
#include "../../common/store/consumers.h"
#include "../../common/store/erasure.h"
#include "../../common/store/idempotencies.h"
#include "../../common/store/inbounds.h"
#include "../../common/store/jobs.h"
#include "../../common/store/messages.h"
#include "../../common/store/rollups.h"
#include "../../common/store/rosters.h"
#include "../../common/store/searches.h"
#include "../../common/store/visitors.h"

#define BATCH 500
#define POLL_MS 1000
#define PACE_MS 250 /* so that a bell at every message still gathers a batch */
#define ASSIGN_MS 2000
#define MEASURE_MS 5000
#define RETAIN_MS 60000
#define ATTEMPTS_KEEP_MS (10 * 60 * 1000)
#define HOUR_MS 3600000LL
#define DAY_MS (24 * HOUR_MS)
#define RECEIPTS_KEEP_MS DAY_MS
#define CALLS_MAX 20

struct upkeep {
    struct world *world;
    struct arena *arena; /* the thread's own, like what follows */
    struct fetch *fetch;
    int64_t events_gone_ms; /* no event from before then is left to prune; 0: not looked yet */
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t woken;
    bool rung, closing;
};

/* ---- the feed ---- */

static bool is_message(const struct event *e) {
    return e->kind == EVENT_MESSAGE && !uid_is_nil(e->message_id);
}

/* What was edited is found by its new words, what was taken back by none. */
static bool is_indexed(const struct event *e) {
    return is_message(e) || e->kind == EVENT_EDIT || e->kind == EVENT_REVOKE;
}

static enum err index_messages(struct pg *c, struct arena *a, const struct event *events, int n) {
    struct message_ref *refs = ARENA_ARRAY(a, struct message_ref, n);
    const char **texts = ARENA_ARRAY(a, const char *, n);
    struct searches_entry *entries = ARENA_ARRAY(a, struct searches_entry, n);
    int n_refs = 0, n_entries = 0;
    for (int i = 0; i < n; i++)
        if (is_indexed(&events[i]))
            refs[n_refs++] = (struct message_ref){events[i].conversation_id, events[i].seq};
    if (!n_refs)
        return OK;
    TRY(searches_texts(c, a, refs, n_refs, texts));
    for (int i = 0; i < n_refs; i++) {
        struct searches_entry *e = &entries[n_entries];
        const char **terms;
        if (!texts[i])
            continue;
        e->ref = refs[i];
        e->n_terms = text_search_terms(a, texts[i], SEARCHES_TERMS_MAX, &terms);
        e->terms = terms;
        n_entries++;
    }
    return n_entries ? searches_add(c, a, entries, n_entries) : OK;
}

/* A customer's message counts for whom it was given to; an answer for who gave it. */
static struct rollups_count count_of(struct arena *a, const struct event *e) {
    struct decision d = {0};
    bool in = e->direction == DIRECTION_IN;
    struct rollups_count one = {.hour_ms = e->at_ms - e->at_ms % HOUR_MS,
                                .channel = e->channel,
                                .mode = MODE_NONE,
                                .handler = party_type_text(e->author_type),
                                .intent = "",
                                .messages_in = in,
                                .messages_out = !in};
    if (!in && *e->author_id)
        one.handler = arena_printf(a, "%s:%s", party_type_text(e->author_type), e->author_id);
    if (!e->decision.p || decision_unpack(a, e->decision, &d) != OK)
        return one;
    one.mode = d.mode;
    one.intent = d.in_scope && d.intent ? d.intent : "";
    if (in)
        one.handler = arena_printf(a, "%s:%s", party_type_text(d.handler.type), d.handler.id);
    return one;
}

static enum err count_messages(struct pg *c, struct arena *a, const struct event *events, int n) {
    struct rollups_batch batch = {ARENA_ARRAY(a, struct rollups_count, n), 0};
    for (int i = 0; i < n; i++) {
        if (!is_message(&events[i]) || events[i].message_kind != MESSAGE_MESSAGE)
            continue;
        struct rollups_count one = count_of(a, &events[i]);
        rollups_count(&batch, &one);
    }
    return batch.n ? rollups_add(c, a, &batch) : OK;
}

/* By the order of the feed, whatever was derived from the person's messages stands there by now. */
static enum err sweep_erased(struct upkeep *u, struct pg *c, const struct event *e) {
    static const struct json_field fields[] = {{"customer", JSON_KIND_TEXT, true, 0, 1, 36}};
    const struct config *cfg = u->world->cfg;
    const char *customer;
    json_auto data = NULL;
    struct erasure_part part = {.conversation_id = e->conversation_id};
    struct erasure_window w = {.to_ms = clock_wall_ms()};
    int64_t kept_ms = cfg->event_days * DAY_MS > cfg->idempotency_hours * HOUR_MS
                          ? cfg->event_days * DAY_MS
                          : cfg->idempotency_hours * HOUR_MS;
    w.from_ms = w.to_ms - kept_ms - HOUR_MS;
    if (w.from_ms < uid_ms(e->conversation_id))
        w.from_ms = uid_ms(e->conversation_id);
    bool good = e->data && json_load_span(span_of(e->data), &data, NULL) == OK &&
                json_fill(data, "", fields, 1, &customer, NULL) == OK &&
                uid_parse(customer, &part.customer_id);
    return good ? erasure_sweep(c, u->arena, &part, w) : OK;
}

static enum err sweep_all_erased(struct upkeep *u, struct pg *c, const struct event *events,
                                 int n) {
    enum err e = OK;
    for (int i = 0; i < n && e == OK; i++)
        if (events[i].kind == EVENT_ERASURE)
            e = sweep_erased(u, c, &events[i]);
    return e;
}

static enum err derive(struct upkeep *u, struct pg *c, const struct event *events, int n) {
    TRY(index_messages(c, u->arena, events, n));
    TRY(count_messages(c, u->arena, events, n));
    TRY(sweep_all_erased(u, c, events, n));
    return consumers_advance(c, u->arena, "reading", events[n - 1].at);
}

static enum err digest(struct upkeep *u, struct pg *c, int *n) {
    struct event_position at;
    struct events events;
    TRY(consumers_place(c, u->arena, "reading", &at));
    TRY(events_after(c, u->arena, at, BATCH, &events));
    *n = events.n;
    return *n ? derive(u, c, events.items, *n) : OK;
}

static bool is_closing(struct upkeep *u) {
    pthread_mutex_lock(&u->lock);
    bool closing = u->closing;
    pthread_mutex_unlock(&u->lock);
    return closing;
}

static enum err read_batch(struct upkeep *u, int *n) {
    bool mine;
    pg_lease_auto c = NULL;
    *n = 0;
    TRY(pg_lease(u->world->reads, &c));
    TRY(consumers_begin(c, u->arena, "reading", &mine));
    return mine ? consumers_end(c, digest(u, c, n)) : OK;
}

static void read_feed(struct upkeep *u) {
    int n = BATCH;
    while (n == BATCH && !is_closing(u)) {
        arena_reset(u->arena);
        if (read_batch(u, &n) != OK)
            return; /* logged where it failed; the place has not moved */
    }
}

/* ---- what is thrown away ---- */

typedef enum err prune(struct upkeep *u, struct pg *c, int64_t *gone);

/* An hour of slack for clocks that differ. */
static enum err prune_events(struct upkeep *u, struct pg *c, int64_t *gone) {
    int64_t before_ms = clock_wall_ms() - u->world->cfg->event_days * DAY_MS;
    int64_t from_ms = u->events_gone_ms ? u->events_gone_ms - HOUR_MS : 1;
    TRY(events_prune(c, u->arena, from_ms, before_ms, gone));
    if (*gone == 0)
        u->events_gone_ms = before_ms;
    return OK;
}

static enum err prune_answers(struct upkeep *u, struct pg *c, int64_t *gone) {
    return idempotencies_prune(c, u->arena, u->world->cfg->idempotency_hours, gone);
}

static enum err prune_attempts(struct upkeep *u, struct pg *c, int64_t *gone) {
    *gone = 0;
    return attempts_prune(c, u->arena, ATTEMPTS_KEEP_MS);
}

static enum err prune_inbound(struct upkeep *u, struct pg *c, int64_t *gone) {
    return inbounds_prune(c, u->arena, clock_wall_ms() - u->world->cfg->inbound_days * DAY_MS,
                          gone);
}

static enum err prune_receipts(struct upkeep *u, struct pg *c, int64_t *gone) {
    *gone = 0;
    return messages_drop_receipts(c, u->arena, clock_wall_ms() - RECEIPTS_KEEP_MS);
}

static enum err prune_visitors(struct upkeep *u, struct pg *c, int64_t *gone) {
    return visitors_prune(c, u->arena, gone);
}

/* A batch a transaction, so that no lock is held for long. */
static enum err prune_some(struct upkeep *u, prune *some, int64_t *gone) {
    bool mine;
    pg_lease_auto c = NULL;
    *gone = 0;
    TRY(pg_lease(u->world->reads, &c));
    TRY(consumers_begin(c, u->arena, "retention", &mine));
    return mine ? consumers_end(c, some(u, c, gone)) : OK;
}

static void retain(struct upkeep *u) {
    static prune *const all[] = {prune_events,   prune_answers, prune_attempts,
                                 prune_visitors, prune_inbound, prune_receipts};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        int64_t gone = 1;
        while (gone && !is_closing(u)) {
            arena_reset(u->arena);
            if (prune_some(u, all[i], &gone) != OK)
                return;
        }
    }
}

/* ---- the safety net ---- */

static bool could_take(const struct agent *a, const struct roster *roster) {
    for (int q = 0; q < a->n_queues && a->load < a->capacity; q++)
        for (int i = 0; i < roster->n_queues; i++)
            if (roster->queues[i].waiting && strcmp(a->queues[q], roster->queues[i].id) == 0)
                return true;
    return false;
}

static enum err look(struct upkeep *u, const struct snapshot *s, struct roster *roster) {
    pg_lease_auto c = NULL;
    TRY(pg_lease(u->world->reads, &c));
    const struct staff staff = snapshot_staff(s);
    return rosters_look(c, u->arena, &staff, roster);
}

/* Whoever frees a person hands out work at once; a crash in between leaves somebody waiting beside
 * a person with nothing to do. Assigning is safe against others who do the same. */
static void assign(struct upkeep *u) {
    struct snapshot *s = world_snapshot(u->world);
    struct roster roster = {0};
    arena_reset(u->arena);
    if (look(u, s, &roster) != OK)
        roster.n_agents = 0;
    for (int i = 0; i < roster.n_agents && !is_closing(u); i++)
        if (could_take(&roster.agents[i], &roster))
            turn_assign_waiting(u->world, u->arena, roster.agents[i].id);
    snapshot_release(s);
}

/* ---- calls that were left ---- */

static void receive_one(struct upkeep *u, const struct snapshot *s, struct inbounds_call *call) {
    const struct channel_account *account = snapshot_channel(s, call->channel);
    char id[UID_TEXT_MAX];
    if (account && receive_run(u->world, u->arena, account, call) == OK)
        return;
    log_event(LOG_WARN, "call_left", LOG_T("channel", call->channel),
              LOG_T("call", uid_text(call->id, id)), LOG_N("attempts", call->attempts));
}

static enum err claim(struct upkeep *u, struct inbounds *left) {
    pg_lease_auto c = NULL;
    TRY(pg_lease(u->world->reads, &c));
    return inbounds_claim(c, u->arena, CALLS_MAX, RECEIVE_LEASE_MS, left);
}

/* A router that died behind the storing, or a database that did not answer then. */
static void receive_left(struct upkeep *u) {
    struct snapshot *s = world_snapshot(u->world);
    struct inbounds left = {0};
    arena_reset(u->arena);
    if (claim(u, &left) != OK)
        left.n = 0;
    for (int i = 0; i < left.n && !is_closing(u); i++)
        receive_one(u, s, &left.items[i]);
    snapshot_release(s);
}

static void move_objects(struct upkeep *u) {
    bool more = true;
    while (more && !is_closing(u)) {
        arena_reset(u->arena);
        objects_move(u->world, u->arena, u->fetch, &more);
    }
}

/* ---- what waits ---- */

/* On a connection of the turns, whose plans go by key however old the statistics are. */
static enum err read_backlog(struct upkeep *u, struct jobs_backlog *jobs, int64_t *behind_ms) {
    pg_lease_auto c = NULL;
    TRY(pg_lease(u->world->turns, &c));
    TRY(jobs_measure(c, u->arena, jobs));
    return consumers_behind(c, u->arena, "reading", behind_ms);
}

static void measure(struct upkeep *u) {
    struct jobs_backlog jobs;
    int64_t behind_ms;
    arena_reset(u->arena);
    if (read_backlog(u, &jobs, &behind_ms) != OK)
        return; /* logged where it failed, and counted there */
    metric_set(METRIC_jobs_due, jobs.due);
    metric_set(METRIC_jobs_late, jobs.late_ms / 1000);
    metric_set(METRIC_feed_late, behind_ms / 1000);
}

/* ---- the thread ---- */

/* Until it is time, or until the bell rings and a pace has passed. False: it closes. */
static bool wait_for_news(struct upkeep *u, int64_t last_ms) {
    pthread_mutex_lock(&u->lock);
    for (bool late = false; !u->closing && !late;) {
        int64_t at_ms = last_ms + (u->rung ? PACE_MS : POLL_MS);
        struct timespec until = {.tv_sec = at_ms / 1000, .tv_nsec = at_ms % 1000 * 1000000};
        late = clock_monotonic_ms() >= at_ms ||
               pthread_cond_timedwait(&u->woken, &u->lock, &until) != 0;
    }
    u->rung = false;
    bool go_on = !u->closing;
    pthread_mutex_unlock(&u->lock);
    return go_on;
}

static bool is_due(int64_t *next_ms, int64_t every_ms) {
    int64_t now_ms = clock_monotonic_ms();
    if (now_ms < *next_ms)
        return false;
    *next_ms = now_ms + every_ms;
    return true;
}

static void *keep_up(void *ctx) {
    struct upkeep *u = ctx;
    int64_t assign_at = 0, retain_at = 0, measure_at = 0, last_ms = 0;
    while (wait_for_news(u, last_ms)) {
        last_ms = clock_monotonic_ms();
        read_feed(u);
        receive_left(u);
        move_objects(u);
        if (is_due(&assign_at, ASSIGN_MS))
            assign(u);
        if (is_due(&retain_at, RETAIN_MS))
            retain(u);
        if (is_due(&measure_at, MEASURE_MS))
            measure(u);
    }
    return NULL;
}

struct upkeep *upkeep_open(struct world *w) {
    struct upkeep *u = calloc(1, sizeof *u);
    pthread_condattr_t monotonic;
    if (!u)
        abort();
    u->world = w;
    u->arena = arena_new();
    u->fetch = fetch_new(w->net);
    pthread_mutex_init(&u->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&u->woken, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&u->thread, NULL, keep_up, u) != 0)
        abort();
    return u;
}

void upkeep_ring(struct upkeep *u) {
    pthread_mutex_lock(&u->lock);
    u->rung = true;
    pthread_cond_signal(&u->woken);
    pthread_mutex_unlock(&u->lock);
}

void upkeep_close(struct upkeep *u) {
    pthread_mutex_lock(&u->lock);
    u->closing = true;
    pthread_cond_signal(&u->woken);
    pthread_mutex_unlock(&u->lock);
    pthread_join(u->thread, NULL);
    pthread_cond_destroy(&u->woken);
    pthread_mutex_destroy(&u->lock);
    fetch_free(u->fetch);
    arena_free(u->arena);
    free(u);
}
