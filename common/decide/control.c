#include "control.h"

#include <string.h>

static const struct party control_nobody = {PARTY_NONE, ""};

static bool control_can_hold(struct party p) {
    return p.type == PARTY_BOT || (party_is_human(p) && p.id && *p.id);
}

static void control_close_offer(struct conversation *c) {
    c->offered_to = control_nobody;
    c->offer_until_ms = 0;
}

/* The one place where the holder changes. */
static void control_set_holder(struct conversation *c, struct party to) {
    if (party_equal(c->holder, to))
        return;
    c->holder = to;
    c->epoch++;
    control_close_offer(c);
    conversation_drop_choice(c);
}

static void control_enter_people(struct conversation *c, struct party to, int64_t now_ms) {
    conversation_drop_choice(c);
    c->human_since_ms = c->human_since_ms ? c->human_since_ms : now_ms;
    c->mode = c->mode < MODE_HUMAN ? MODE_HUMAN : c->mode;
    c->backup = control_nobody;
    c->review = REVIEW_NONE;
    if (to.type == PARTY_QUEUE) {
        c->queue = to.id;
        return;
    }
    c->last_agent = to.id;
    c->last_agent_ms = now_ms;
}

static void control_enter_bot(struct conversation *c) {
    c->human_since_ms = 0;
    c->mode = c->mode >= MODE_HUMAN ? MODE_SELF_SERVICE : c->mode;
    c->queue = "";
}

/* Thanks for a solved matter open nothing. */
static enum conversation_status control_status(const struct conversation *c) {
    if (c->episode.resolved_ms && c->holder.type == PARTY_BOT)
        return STATUS_RESOLVED;
    return c->holder.type == PARTY_QUEUE ? STATUS_WAITING : STATUS_OPEN;
}

enum err control_take(struct conversation *c, struct party to, int64_t now_ms) {
    if (!control_can_hold(to))
        return ERR_INVALID;
    control_set_holder(c, to);
    control_close_offer(c);
    if (party_is_human(to))
        control_enter_people(c, to, now_ms);
    else
        control_enter_bot(c);
    c->status = control_status(c);
    return OK;
}

enum err control_offer(struct conversation *c, struct party to, int64_t until_ms, struct why *why) {
    if (!party_is_human(to) || !control_can_hold(to))
        return why_set(why, ERR_INVALID, "/to", "must be an agent or a queue");
    if (!party_is_human(c->holder))
        return why_set(why, ERR_CONFLICT, "", "nobody of the team holds the conversation");
    if (party_equal(c->holder, to))
        return why_set(why, ERR_CONFLICT, "/to", "holds the conversation already");
    c->offered_to = to;
    c->offer_until_ms = until_ms;
    return OK;
}

static enum err control_check_offered(const struct conversation *c, struct party by,
                                      struct why *why) {
    if (c->offered_to.type == PARTY_NONE)
        return why_set(why, ERR_CONFLICT, "", "no offer is open");
    bool to_queue = c->offered_to.type == PARTY_QUEUE && by.type == PARTY_AGENT;
    if (!to_queue && !party_equal(c->offered_to, by))
        return why_set(why, ERR_CONFLICT, "", "it is offered to somebody else");
    return OK;
}

enum err control_accept(struct conversation *c, struct party by, int64_t now_ms, struct why *why) {
    TRY(control_check_offered(c, by, why));
    if (c->offer_until_ms && now_ms > c->offer_until_ms)
        return why_set(why, ERR_CONFLICT, "", "the offer has lapsed");
    return control_take(c, by, now_ms);
}

enum err control_decline(struct conversation *c, struct party by, struct why *why) {
    TRY(control_check_offered(c, by, why));
    control_close_offer(c);
    return OK;
}

enum err control_release(struct conversation *c, struct party to, int64_t now_ms, struct why *why) {
    if (!party_is_human(c->holder))
        return why_set(why, ERR_CONFLICT, "", "nobody of the team holds the conversation");
    if (to.type == PARTY_AGENT || !control_can_hold(to))
        return why_set(why, ERR_INVALID, "/to", "must be a bot or a queue");
    if (to.type == PARTY_BOT) {
        c->effort.handbacks++;
        c->priority = PRIORITY_ORDINARY;
    }
    return control_take(c, to, now_ms);
}

enum err control_resolve(struct conversation *c, const char *outcome, int64_t now_ms,
                         struct party bot) {
    if (bot.type != PARTY_BOT)
        return ERR_INVALID;
    if (c->status == STATUS_RESOLVED)
        return ERR_CONFLICT;
    TRY(control_take(c, bot, now_ms));
    c->status = STATUS_RESOLVED;
    c->mode = MODE_NONE;
    c->backup = control_nobody;
    c->review = REVIEW_NONE;
    c->priority = PRIORITY_ORDINARY;
    c->effort.waiting_since_ms = 0;
    conversation_drop_choice(c);
    c->episode.resolved_ms = now_ms;
    c->episode.outcome = outcome ? outcome : "";
    return OK;
}

bool control_may_answer(const struct conversation *c, struct party author, int epoch) {
    if (epoch >= 0 && epoch != c->epoch)
        return false;
    if (author.type == PARTY_BOT)
        return epoch >= 0 && party_equal(c->holder, author);
    if (author.type == PARTY_AGENT)
        return c->holder.type != PARTY_AGENT || party_equal(c->holder, author);
    return author.type == PARTY_SYSTEM;
}

void control_follow(struct conversation *c, const struct decision *d, int64_t now_ms) {
    bool stretch = party_is_human(c->holder) && d->mode >= MODE_HUMAN;
    bool rose_before = stretch && c->priority && c->priority < d->priority;
    control_set_holder(c, d->handler);
    if (party_is_human(d->handler))
        control_enter_people(c, d->handler, now_ms);
    else
        control_enter_bot(c);
    c->mode = d->mode;
    c->queue = d->queue ? d->queue : "";
    c->priority = rose_before ? c->priority : d->priority;
    c->backup = d->backup;
    c->review = d->review;
    c->status = control_status(c);
}

bool control_episode_due(const struct conversation *c, int64_t now_ms) {
    if (c->episode.number == 0 || c->episode.resolved_ms)
        return true;
    return !party_is_human(c->holder) && c->updated_ms && now_ms - c->updated_ms > CONTROL_IDLE_MS;
}

static bool control_recently_resolved(const struct conversation *c, int64_t now_ms) {
    return c->episode.resolved_ms && now_ms - c->episode.resolved_ms <= CONTROL_REOPEN_MS;
}

bool control_reopens(const struct conversation *c, const char *topic, int64_t now_ms) {
    return control_recently_resolved(c, now_ms) && topic && *topic && c->episode.topic &&
           strcmp(c->episode.topic, topic) == 0;
}

void control_open_episode(struct conversation *c, struct uid episode_id, const char *topic,
                          int64_t now_ms) {
    int carried = control_recently_resolved(c, now_ms) ? c->effort.reopenings : 0;
    int reopenings = carried + control_reopens(c, topic, now_ms);
    topic = topic ? topic : "";
    c->episode.number++;
    c->episode.id = episode_id;
    c->episode.topic = topic;
    c->episode.opened_ms = now_ms;
    c->episode.resolved_ms = 0;
    c->episode.outcome = "";
    c->topic = topic;
    memset(&c->effort, 0, sizeof c->effort);
    c->effort.reopenings = reopenings;
    memset(&c->emotion, 0, sizeof c->emotion);
    memset(c->recent, 0, sizeof c->recent);
    conversation_drop_choice(c);
    c->status = control_status(c);
    if (!party_is_human(c->holder))
        c->mode = MODE_NONE;
}
