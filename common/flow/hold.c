/* hold: who holds the conversation. The rules stand in decide/control; here they meet the ledger.
 */
#include <string.h>

#include "../decide/control.h"
#include "../decide/policy.h"
#include "step.h"

#define OFFER_DEFAULT_MS 120000

static void done(struct step *s, const struct conversation *before, const char *cause) {
    s->conversation->updated_ms = s->now_ms;
    step_tell_control(s, before, cause);
}

enum err hold_takeover(struct step *s) {
    const struct conversation before = *s->conversation;
    TRY(step_check_epoch(s));
    TRY(control_take(s->conversation, s->turn->actor, s->now_ms));
    done(s, &before, "takeover");
    return OK;
}

static int64_t whole_seconds(int64_t ms) { return (ms + 999) / 1000 * 1000; }

/* The number of its timer is the second in which an offer lapses: who offers anew plans another
 * one, and two that lapse in one second need no more than one. */
static int offer_timer(int64_t until_ms) {
    return JOB_TIMER_OFFER + (int)(until_ms / 1000 % (INT32_MAX - JOB_TIMER_OFFER));
}

enum err hold_offer(struct step *s) {
    const struct conversation before = *s->conversation;
    int64_t ms = s->turn->due_ms ? s->turn->due_ms : OFFER_DEFAULT_MS;
    int64_t until_ms = whole_seconds(s->now_ms + ms);
    TRY(step_check_epoch(s));
    TRY(control_offer(s->conversation, s->turn->target, until_ms, &s->turn->why));
    const struct job timer = {.lane = LANE_TIMER,
                              .conversation_id = before.id,
                              .seq = offer_timer(until_ms),
                              .epoch = before.epoch,
                              .endpoint = ""};
    ledger_job(s->ledger, &timer, until_ms - s->now_ms);
    done(s, &before, "offer");
    return OK;
}

enum err hold_accept(struct step *s) {
    const struct conversation before = *s->conversation;
    TRY(control_accept(s->conversation, s->turn->actor, s->now_ms, &s->turn->why));
    done(s, &before, "accept");
    return OK;
}

enum err hold_decline(struct step *s) {
    const struct conversation before = *s->conversation;
    TRY(control_decline(s->conversation, s->turn->actor, &s->turn->why));
    done(s, &before, "decline");
    return OK;
}

enum err hold_release(struct step *s) {
    const struct conversation before = *s->conversation;
    TRY(step_check_epoch(s));
    TRY(control_release(s->conversation, s->turn->target, s->now_ms, &s->turn->why));
    done(s, &before, "release");
    if (s->turn->target.type == PARTY_BOT)
        step_ask_bot_what_is_open(s);
    return OK;
}

/* Who resolves a matter says with it that what was promised in it is done. */
enum err hold_resolve(struct step *s) {
    const struct conversation before = *s->conversation;
    const char *bot = policy_bot(s->snapshot->policy);
    TRY(step_check_epoch(s));
    if (before.status == STATUS_RESOLVED)
        return why_set(&s->turn->why, ERR_CONFLICT, "", "it is resolved already");
    for (int i = 0; i < s->conversation->n_promises; i++)
        if (!s->conversation->promises[i].kept_ms)
            s->conversation->promises[i].kept_ms = s->now_ms;
    TRY(control_resolve(s->conversation, s->turn->text, s->now_ms, party_of(PARTY_BOT, bot)));
    s->conversation->left_open.seq = 0;
    done(s, &before, "resolve");
    return OK;
}

/* From the queue to an agent who has room. Between looking and locking somebody else may have been
 * faster. */
enum err hold_assign(struct step *s) {
    const struct conversation before = *s->conversation;
    if (!s->roster || s->roster_remembered) {
        s->wants_roster = true;
        return ERR_BUSY;
    }
    if (before.holder.type != PARTY_QUEUE)
        return ERR_CONFLICT;
    for (int i = 0; i < s->roster->n_agents; i++) {
        const struct agent *a = &s->roster->agents[i];
        if (strcmp(a->id, s->turn->target.id) != 0 || a->load >= a->capacity)
            continue;
        TRY(control_take(s->conversation, s->turn->target, s->now_ms));
        done(s, &before, "assign");
        return OK;
    }
    return ERR_LIMIT;
}

/* What we said cannot reach the customer. A bot cannot help that, so people see to it; why stands
 * in a note. */
enum err hold_undelivered(struct step *s) {
    struct conversation *c = s->conversation;
    const struct conversation before = *c;
    const char *queue = *c->queue ? c->queue : policy_queue_for(s->snapshot->policy, c->topic);
    if (!party_is_human(c->holder)) {
        TRY(control_take(c, party_of(PARTY_QUEUE, queue), s->now_ms));
        c->queue = queue;
    }
    struct message note = step_message(s, DIRECTION_OUT, party_of(PARTY_SYSTEM, ""));
    note.kind = MESSAGE_NOTE;
    note.text = s->turn->text;
    step_store(s, &note, NULL);
    step_tell(s, EVENT_UNDELIVERED, s->turn->seq, NULL);
    step_tell_control(s, &before, "undelivered");
    return OK;
}

/* Nobody took it: the offer lapses, the holder keeps it and sees that. */
enum err hold_offer_expired(struct step *s) {
    struct conversation *c = s->conversation;
    const struct conversation before = *c;
    if (s->turn->job)
        ledger_job_done(s->ledger, s->turn->job);
    bool this_one = s->turn->seq == offer_timer(c->offer_until_ms);
    if (c->offered_to.type == PARTY_NONE || !this_one)
        return OK;
    c->offered_to = party_of(PARTY_NONE, "");
    c->offer_until_ms = 0;
    done(s, &before, "offer_expired");
    return OK;
}
