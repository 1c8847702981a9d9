/* deliver: one outgoing message on its way to the customer, until it is accepted, hopeless, put off
 * or sent another way. What cannot reach the customer is told to people. */
#include "deliver.h"

#include <string.h>

#include "../../common/base/clock.h"
#include "../../common/base/log.h"
#include "../../common/base/metric.h"
#include "../../common/decide/policy.h"
#include "../../common/flow/way.h"
#include "../../common/store/accounts.h"
#include "../../common/store/attempts.h"
#include "../../common/store/jobs.h"
#include "../../common/store/messages.h"
#include "../../common/store/paces.h"
#include "../../common/store/wakes.h"

#define DISABLED_WAIT_MS 60000
#define BREAKER_WAIT_MS 1000
#define RENEW_WAIT_MS 100
#define STORE_RETRY_MS 1000
#define HUMAN_AGENT_WINDOW_MS                                                                      \
    (INT64_C(7) * 24 * 3600 * 1000) /* Meta's tag for people's replies                             \
                                     */

/* ---- the last word ---- */

enum verdict { SENT, LATER, DEAD };

static const struct {
    enum delivery_status status;
    enum metric counted;
} verdicts[] = {
    [SENT] = {DELIVERY_SENT, METRIC_jobs_done},
    [LATER] = {DELIVERY_PENDING, METRIC_jobs_retried},
    [DEAD] = {DELIVERY_FAILED, METRIC_jobs_dead},
};

static struct message_mark mark_of(const struct delivery *d, enum verdict v) {
    return (struct message_mark){.conversation_id = d->message.conversation_id,
                                 .seq = d->message.seq,
                                 .to = verdicts[v].status,
                                 .from = v == LATER ? 1u << DELIVERY_PENDING
                                                    : channel_receipt_sources(verdicts[v].status),
                                 .attempts = d->task->job.attempts,
                                 .error = v == SENT ? "" : d->receipt.error,
                                 .external_id = v == SENT ? d->receipt.external_id : "",
                                 .channel = d->message.channel};
}

static enum err say_of_job(struct delivery *d, struct pg *pg, enum verdict v, bool *held) {
    struct task *t = d->task;
    const struct jobs_delay delay = {lane_retry_ms(t, d->receipt.retry_after_ms), true,
                                     d->receipt.error};
    if (v == SENT)
        return jobs_finish(pg, t->arena, &t->job, held);
    if (v == DEAD)
        return jobs_bury(pg, t->arena, &t->job, d->receipt.error, held);
    return jobs_put_off(pg, t->arena, &t->job, &delay, held);
}

/* Job and message change together, or not at all: the lease may have been lost meanwhile. */
static enum err say_both(struct delivery *d, struct pg *pg, enum verdict v, bool *held) {
    struct task *t = d->task;
    const struct message_mark m = mark_of(d, v);
    bool changed;
    TRY(pg_run(pg, &pg_begin, NULL, NULL));
    TRY(say_of_job(d, pg, v, held));
    if (!*held)
        return pg_run(pg, &pg_rollback, NULL, NULL);
    TRY(messages_mark(pg, t->arena, &m, &changed));
    TRY(attempts_note(pg, t->arena, t->job.endpoint, v != SENT));
    return pg_run(pg, &pg_commit, NULL, NULL);
}

/* A receipt that was faster than the answer which named its message. */
static enum err take_early_receipt(struct delivery *d, struct pg *pg) {
    struct message_mark m = mark_of(d, SENT);
    bool found, changed;
    if (!*m.external_id)
        return OK;
    TRY(messages_take_receipt(pg, d->task->arena, &m, &found));
    if (!found)
        return OK;
    m.from = channel_receipt_sources(m.to);
    m.external_id = "";
    return messages_mark(pg, d->task->arena, &m, &changed);
}

static void tell_people(struct delivery *d) {
    struct task *t = d->task;
    struct turn turn = {.kind = TURN_UNDELIVERED,
                        .conversation_id = d->message.conversation_id,
                        .actor = {PARTY_SYSTEM, ""},
                        .target = {PARTY_NONE, ""},
                        .text = arena_printf(t->arena,
                                             "Message %d could not be delivered on channel %s: %s",
                                             d->message.seq, d->message.channel, d->receipt.error),
                        .channel = "",
                        .idempotency = "",
                        .epoch = -1,
                        .seq = d->message.seq};
    struct turn *one = &turn;
    turn_run(t->world, t->arena, &one, 1);
    if (turn.err != OK)
        log_event(LOG_WARN, "undelivered_not_told", LOG_T("why", err_name(turn.err)));
}

static void settle(struct delivery *d, enum verdict v) {
    bool held = true;
    {
        pg_lease_auto pg = NULL;
        if (pg_lease(d->task->world->turns, &pg) != OK || say_both(d, pg, v, &held) != OK)
            return; /* the lease runs out and it is sent again, under the same id */
        if (held && v == SENT)
            (void)!take_early_receipt(d, pg);
    }
    metric_add(held ? verdicts[v].counted : METRIC_jobs_lease_lost, 1);
    if (!held || v != DEAD)
        return;
    lane_say_dead(d->task);
    tell_people(d);
}

/* ---- another way ---- */

static enum err redirect(struct delivery *d, const char *channel, const char *address) {
    struct task *t = d->task;
    const struct message_ref ref = {d->message.conversation_id, d->message.seq};
    bool held;
    pg_lease_auto pg = NULL;
    TRY(pg_lease(t->world->turns, &pg));
    TRY(pg_run(pg, &pg_begin, NULL, NULL));
    TRY(jobs_redirect(pg, t->arena, &t->job, arena_printf(t->arena, "channel/%s", channel), &held));
    if (!held)
        return pg_run(pg, &pg_rollback, NULL, NULL);
    TRY(messages_redirect(pg, t->arena, &ref, channel, address));
    return pg_run(pg, &pg_commit, NULL, NULL);
}

/* The first of the policy's channels on which this customer has written. */
static bool find_other_way(struct delivery *d, struct messages_heard *out) {
    struct task *t = d->task;
    int n;
    const char *const *channels = policy_fallbacks(t->snapshot->policy, &n);
    const struct way_owner of = {d->message.conversation_id, d->message.customer_id};
    struct messages_ways *ways = ARENA_NEW(t->arena, struct messages_ways);
    pg_lease_auto pg = NULL;
    if (n == 0 || pg_lease(t->world->turns, &pg) != OK ||
        way_list(pg, t->arena, t->snapshot, &of, ways) != OK)
        return false;
    for (int i = 0; i < n; i++) {
        const struct channel_account *to = snapshot_channel(t->snapshot, channels[i]);
        bool usable =
            to && !to->disabled && channel_sends(to) && strcmp(to->id, d->message.channel) != 0;
        const struct messages_heard *way = usable ? way_on(ways, to->id) : NULL;
        if (!way)
            continue;
        *out = *way;
        return true;
    }
    return false;
}

static void leave_otherwise(struct delivery *d) {
    struct messages_heard way;
    if (!find_other_way(d, &way)) {
        settle(d, DEAD);
        return;
    }
    if (redirect(d, way.channel, way.address) != OK)
        return;
    log_event(LOG_INFO, "delivery_redirected", LOG_T("from", d->message.channel),
              LOG_T("to", way.channel));
    wakes_ring(d->task->world->redis, "turn");
}

/* ---- what the provider said ---- */

static void disable(struct delivery *d) {
    struct task *t = d->task;
    log_event(LOG_WARN, "channel_disabled", LOG_T("channel", d->account->id));
    {
        pg_lease_auto pg = NULL;
        if (pg_lease(t->world->turns, &pg) == OK)
            (void)!accounts_disable_channel(pg, t->arena, d->account->id, d->receipt.error);
    }
    wakes_ring(t->world->redis, "config");
    lane_put_off(t, DISABLED_WAIT_MS, false, d->receipt.error);
}

/* What the provider wants us to wait for is its limit for all of the channel. */
static void wait_for_provider(struct delivery *d) {
    pg_lease_auto pg = NULL;
    if (d->receipt.retry_after_ms > 0 && d->channel->rate_per_s &&
        pg_lease(d->task->world->turns, &pg) == OK)
        (void)!paces_hold(pg, d->task->arena, d->account->id, d->receipt.retry_after_ms);
}

static void follow(struct delivery *d) {
    struct task *t = d->task;
    bool last = t->job.attempts >= t->world->cfg->retry_max;
    const char *moved = d->receipt.address;
    switch (d->receipt.outcome) {
    case CHANNEL_ACCEPTED:
        settle(d, SENT);
        return;
    case CHANNEL_CLOSED:
        leave_otherwise(d);
        return;
    case CHANNEL_DISABLE:
        disable(d);
        return;
    case CHANNEL_RENEW:
        if (last)
            break;
        lane_put_off(t, RENEW_WAIT_MS, true, d->receipt.error);
        return;
    case CHANNEL_GIVE_UP:
        settle(d, DEAD);
        return;
    case CHANNEL_WAIT:
        wait_for_provider(d);
        break;
    case CHANNEL_RETRY:
        break;
    }
    if (*moved && strcmp(moved, d->message.address) != 0 && !last)
        (void)!redirect(d, d->message.channel, moved);
    else
        settle(d, last ? DEAD : LATER);
}

static void attempt(struct delivery *d) {
    struct task *t = d->task;
    enum err e = deliver_send(d);
    if (e == ERR_DENIED && !lane_may_send(t)) {
        metric_add(METRIC_jobs_lease_lost, 1);
        return;
    }
    if (e != OK)
        d->receipt = (struct channel_receipt){
            CHANNEL_RETRY, -1, "", "",
            e == ERR_INVALID ? "the channel is not configured for sending" : err_text(e)};
    follow(d);
}

/* ---- may it leave now? ---- */

static enum err load(struct delivery *d) {
    struct task *t = d->task;
    const struct message_ref ref = {t->job.conversation_id, t->job.seq};
    pg_lease_auto pg = NULL;
    TRY(pg_lease(t->world->turns, &pg));
    TRY(messages_find_many(pg, t->arena, &ref, 1, &d->message));
    if (!d->message.seq)
        return OK;
    const struct messages_way way = {t->job.conversation_id, d->message.channel,
                                     d->message.address};
    enum err e = messages_last_in(pg, t->arena, &way, &d->heard);
    return e == ERR_ABSENT ? OK : e;
}

static const struct channel_account *account(struct task *t, const char *id) {
    const struct channel_account *found = snapshot_channel(t->snapshot, id);
    if (found && channel_sends(found))
        return found;
    lane_refresh(t);
    return snapshot_channel(t->snapshot, id);
}

/* Free text is allowed for so long after the customer's last; what we do not know the provider
 * will say. */
static bool window_is_over(const struct delivery *d) {
    bool person = d->message.author.type == PARTY_AGENT && d->account->human_agent_tag;
    int64_t window = person ? HUMAN_AGENT_WINDOW_MS : d->channel->window_ms;
    return d->channel->window_ms && d->heard.seq && clock_wall_ms() - d->heard.received_ms > window;
}

static int64_t pace_wait_ms(struct delivery *d) {
    int64_t rate = d->account->rate_per_s ? d->account->rate_per_s : d->channel->rate_per_s;
    int64_t wait = 0;
    pg_lease_auto pg = NULL;
    if (rate && pg_lease(d->task->world->turns, &pg) == OK &&
        paces_take(pg, d->task->arena, d->account->id, rate, &wait) != OK)
        return BREAKER_WAIT_MS;
    return wait;
}

static void go(struct delivery *d) {
    struct task *t = d->task;
    if (d->account->disabled) {
        lane_put_off(t, DISABLED_WAIT_MS, false, d->account->disabled_reason);
        return;
    }
    if (window_is_over(d)) {
        d->receipt = (struct channel_receipt){CHANNEL_CLOSED, -1, "", "",
                                              "the reply window of the channel is over"};
        follow(d);
        return;
    }
    if (!lane_breaker_allows(t)) {
        lane_put_off(t, BREAKER_WAIT_MS, false, "waiting: the endpoint keeps failing");
        return;
    }
    int64_t wait = pace_wait_ms(d);
    if (wait)
        lane_put_off(t, wait, false, "waiting: the channel's rate limit");
    else
        attempt(d);
}

void deliver_run(struct task *t) {
    struct delivery d = {.task = t};
    enum err e = load(&d);
    if (e != OK) { /* nothing was tried */
        lane_put_off(t, STORE_RETRY_MS, false, err_text(e));
        return;
    }
    if (!d.message.seq || d.message.delivery >= DELIVERY_SENT) {
        lane_finish(t); /* erased meanwhile, or its receipt was faster than our mark */
        return;
    }
    d.account = account(t, d.message.channel);
    d.channel = d.account ? channel_find(d.account->kind) : NULL;
    if (d.channel && channel_sends(d.account)) {
        go(&d);
        return;
    }
    d.receipt =
        (struct channel_receipt){CHANNEL_GIVE_UP, -1, "", "", "the channel sends nothing any more"};
    settle(&d, DEAD);
}
