/* deliver: one outgoing message to its channel's endpoint, until it is accepted, hopeless or put
 * off. */
#include "../../common/base/clock.h"
#include "../../common/base/log.h"
#include "../../common/base/metric.h"
#include "../../common/channel/channel.h"
#include "../../common/store/accounts.h"
#include "../../common/store/attempts.h"
#include "../../common/store/jobs.h"
#include "../../common/store/messages.h"
#include "../../common/store/wakes.h"
#include "tasks.h"

#define DISABLED_WAIT_MS 60000

struct delivery {
    struct task *task;
    const struct channel_account *account;
    const struct channel *channel;
    struct message message;
    struct channel_receipt receipt;
};

/* Job and message change together, or not at all: the lease may have been lost meanwhile. */
static enum err say_both(struct delivery *d, struct pg *pg, bool sent, bool dead, bool *held) {
    struct task *t = d->task;
    bool changed;
    const struct message_mark m = {.conversation_id = t->job.conversation_id,
                                   .seq = t->job.seq,
                                   .to = sent   ? DELIVERY_SENT
                                         : dead ? DELIVERY_FAILED
                                                : DELIVERY_PENDING,
                                   .from = sent   ? channel_receipt_sources(DELIVERY_SENT)
                                           : dead ? channel_receipt_sources(DELIVERY_FAILED)
                                                  : 1u << DELIVERY_PENDING,
                                   .attempts = t->job.attempts,
                                   .error = sent ? "" : d->receipt.error,
                                   .external_id = sent ? d->receipt.external_id : "",
                                   .channel = d->message.channel};
    const struct jobs_delay delay = {lane_retry_ms(t, d->receipt.retry_after_ms), true,
                                     d->receipt.error};
    TRY(pg_run(pg, &pg_begin, NULL, NULL));
    if (sent)
        TRY(jobs_finish(pg, t->arena, &t->job, held));
    else if (dead)
        TRY(jobs_bury(pg, t->arena, &t->job, d->receipt.error, held));
    else
        TRY(jobs_put_off(pg, t->arena, &t->job, &delay, held));
    if (!*held)
        return pg_run(pg, &pg_rollback, NULL, NULL);
    TRY(messages_mark(pg, t->arena, &m, &changed));
    TRY(attempts_note(pg, t->arena, t->job.endpoint, !sent));
    return pg_run(pg, &pg_commit, NULL, NULL);
}

static void settle(struct delivery *d, bool sent, bool dead) {
    bool held = true;
    pg_lease_auto pg = NULL;
    if (pg_lease(d->task->world->turns, &pg) != OK || say_both(d, pg, sent, dead, &held) != OK)
        return; /* the lease runs out and it is sent again, under the same id */
    enum metric counted = sent ? METRIC_jobs_done : dead ? METRIC_jobs_dead : METRIC_jobs_retried;
    metric_add(held ? counted : METRIC_jobs_lease_lost, 1);
}

static void disable(struct delivery *d) {
    struct task *t = d->task;
    log_event(LOG_WARN, "channel_disabled", LOG_T("channel", d->account->id));
    {
        pg_lease_auto pg = NULL;
        if (pg_lease(t->world->turns, &pg) == OK)
            (void)!accounts_disable_channel(pg, t->arena, d->account->id,
                                            "the endpoint answered 410 Gone");
    }
    wakes_ring(t->world->redis, "config");
    lane_put_off(t, DISABLED_WAIT_MS, false, d->receipt.error);
}

static enum err send(struct delivery *d) {
    struct task *t = d->task;
    char conversation[UID_TEXT_MAX], customer[UID_TEXT_MAX];
    struct wire_request request;
    struct wire_response response = {0};
    int64_t now = clock_wall_ms(), began = clock_monotonic_us();
    const struct channel_outbound o = {.account = d->account,
                                       .message = &d->message,
                                       .conversation_id =
                                           uid_text(d->message.conversation_id, conversation),
                                       .customer_id = uid_text(d->message.customer_id, customer),
                                       .text = d->message.text,
                                       .n_parts = 1,
                                       .token = "",
                                       .attempt = t->job.attempts,
                                       .unix_s = now / 1000,
                                       .wall_ms = now};
    TRY(d->channel->render(t->arena, &o, &request));
    enum err e = fetch_run(t->fetch, t->arena, &request, (int)t->world->cfg->outbound_timeout_ms,
                           lane_may_send, t, &response);
    metric_observe_us(METRIC_outbound_seconds, clock_monotonic_us() - began);
    if (e != OK)
        return e;
    d->channel->outcome(t->arena, &response, clock_wall_ms(), &d->receipt);
    return OK;
}

static void attempt(struct delivery *d) {
    struct task *t = d->task;
    enum err e = send(d);
    if (e == ERR_DENIED && !lane_may_send(t)) {
        metric_add(METRIC_jobs_lease_lost, 1);
        return;
    }
    if (e != OK)
        d->receipt = (struct channel_receipt){CHANNEL_RETRY, -1, "", "", err_text(e)};
    bool last = t->job.attempts >= t->world->cfg->retry_max;
    if (d->receipt.outcome == CHANNEL_DISABLE)
        disable(d);
    else
        settle(d, d->receipt.outcome == CHANNEL_ACCEPTED,
               d->receipt.outcome == CHANNEL_GIVE_UP ||
                   (last && d->receipt.outcome != CHANNEL_ACCEPTED));
}

static enum err load(struct task *t, struct message *m) {
    const struct message_ref ref = {t->job.conversation_id, t->job.seq};
    pg_lease_auto pg = NULL;
    TRY(pg_lease(t->world->turns, &pg));
    return messages_find_many(pg, t->arena, &ref, 1, m);
}

static const struct channel_account *account(struct task *t, const char *id) {
    const struct channel_account *found = snapshot_channel(t->snapshot, id);
    if (found && channel_sends(found))
        return found;
    lane_refresh(t);
    return snapshot_channel(t->snapshot, id);
}

void deliver_run(struct task *t) {
    struct delivery d = {.task = t};
    if (load(t, &d.message) != OK)
        return;
    if (!d.message.seq || d.message.delivery >= DELIVERY_SENT) {
        lane_finish(t); /* erased meanwhile, or its receipt was faster than our mark */
        return;
    }
    d.account = account(t, d.message.channel);
    d.channel = d.account ? channel_find(d.account->kind) : NULL;
    if (!d.channel || !channel_sends(d.account)) {
        lane_bury(t, "the channel sends nothing any more");
        return;
    }
    if (d.account->disabled) {
        lane_put_off(t, DISABLED_WAIT_MS, false, d.account->disabled_reason);
        return;
    }
    if (!lane_breaker_allows(t)) {
        lane_put_off(t, 1000, false, "waiting: the endpoint keeps failing");
        return;
    }
    attempt(&d);
}
