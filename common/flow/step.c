#include "step.h"

#include "../channel/channel.h"
#include "../codec/crypto.h"
#include "../codec/json.h"

#define EVENT_DATA_MAX (64 * 1024)
#define CLOCKS_APART_MS 60000

bool step_is_due(const struct step *s, int64_t at_ms) {
    return at_ms - s->now_ms < CLOCKS_APART_MS;
}

enum err step_check_epoch(struct step *s) {
    if (s->turn->epoch < 0 || s->turn->epoch == s->conversation->epoch)
        return OK;
    return why_set(&s->turn->why, ERR_CONFLICT, "/epoch", "the conversation is at epoch %d",
                   s->conversation->epoch);
}

struct uid step_new_id(const struct step *s) {
    uint8_t random[UID_RANDOM_BYTES];
    crypto_random(random, sizeof random);
    return uid_make(s->now_ms, uid_bucket(s->conversation->id), random);
}

void step_tell(struct step *s, enum event_kind kind, int seq, const char *data) {
    const struct event e = {.kind = kind,
                            .conversation_id = s->conversation->id,
                            .seq = seq,
                            .at_ms = s->now_ms,
                            .data = data};
    ledger_event(s->ledger, &e);
}

struct message step_message(struct step *s, enum direction direction, struct party author) {
    struct conversation *c = s->conversation;
    return (struct message){
        .id = step_new_id(s),
        .conversation_id = c->id,
        .customer_id = c->customer_id,
        .seq = ++c->last_seq,
        .direction = direction,
        .author = author,
        .author_name = "",
        .channel = "",
        .external_id = "",
        .address = "",
        .text = "",
        .language = "",
        .received_ms = s->now_ms,
        .last_error = "",
    };
}

/* What leaves goes to the channel's URL; without one the connector reads it back and it stays
 * pending. */
static void plan_delivery(struct step *s, struct message *m) {
    const struct channel_account *ch = snapshot_channel(s->snapshot, m->channel);
    m->delivery = DELIVERY_PENDING;
    if (!ch || !channel_sends(ch))
        return;
    const struct job j = {.lane = LANE_DELIVERY,
                          .conversation_id = m->conversation_id,
                          .seq = m->seq,
                          .epoch = s->conversation->epoch,
                          .endpoint = ARENA_JOIN(s->arena, "channel/", ch->id)};
    ledger_job(s->ledger, &j, 0);
}

void step_store(struct step *s, struct message *m, const struct arrival_key *key) {
    if (m->direction == DIRECTION_OUT && m->kind == MESSAGE_MESSAGE) {
        s->conversation->last_out_seq = m->seq;
        s->conversation->left_open.seq = 0;
        s->conversation->effort.waiting_since_ms = 0;
        if (m->delivery == DELIVERY_NONE)
            plan_delivery(s, m);
    }
    s->conversation->updated_ms = s->now_ms;
    ledger_message(s->ledger, m, key);
    step_tell(s, EVENT_MESSAGE, m->seq, NULL);
    s->turn->message = *m;
    s->turn->decision = m->decision;
}

static void tell_holder(struct step *s, const struct conversation *before, const char *cause) {
    const struct conversation *c = s->conversation;
    buf_auto b;
    buf_init(&b, EVENT_DATA_MAX);
    buf_addc(&b, '{');
    json_put_text(&b, "cause", cause);
    party_put(&b, "from", before->holder);
    party_put(&b, "to", c->holder);
    party_put(&b, "by", s->turn->actor);
    party_put(&b, "offered_to", c->offered_to);
    json_put_number(&b, "epoch", c->epoch);
    json_put_text(&b, "mode", mode_text(c->mode));
    json_put_flag(&b, "human_stretch_ended", before->human_since_ms && !c->human_since_ms);
    buf_addc(&b, '}');
    step_tell(s, EVENT_CONTROL, 0, b.p);
}

static void tell_backup(struct step *s) {
    const struct conversation *c = s->conversation;
    buf_auto b;
    buf_init(&b, EVENT_DATA_MAX);
    buf_addc(&b, '{');
    party_put(&b, "backup", c->backup);
    json_put_text(&b, "review", review_text(c->review));
    buf_addc(&b, '}');
    step_tell(s, EVENT_BACKUP, 0, b.p);
}

static void tell_episode(struct step *s, const char *what) {
    const struct conversation *c = s->conversation;
    char id[UID_TEXT_MAX];
    buf_auto b;
    buf_init(&b, EVENT_DATA_MAX);
    buf_addc(&b, '{');
    json_put_text(&b, "what", what);
    json_put_text(&b, "episode", uid_text(c->episode.id, id));
    json_put_number(&b, "number", c->episode.number);
    json_put_text(&b, "topic", c->episode.topic);
    json_put_text(&b, "outcome", c->episode.outcome);
    buf_addc(&b, '}');
    step_tell(s, EVENT_EPISODE, 0, b.p);
}

static const char *episode_change(const struct conversation *before, const struct conversation *c) {
    if (before->episode.number != c->episode.number)
        return "opened";
    if (before->episode.resolved_ms && !c->episode.resolved_ms)
        return "reopened";
    return !before->episode.resolved_ms && c->episode.resolved_ms ? "resolved" : NULL;
}

/* After an assignment in this run: the roster's own count. */
static void count_assignment(struct step *s, struct party holder, struct party before) {
    if (!s->roster || party_equal(holder, before))
        return;
    for (int i = 0; i < s->roster->n_agents; i++) {
        struct agent *a = &s->roster->agents[i];
        if (holder.type == PARTY_AGENT && strcmp(a->id, holder.id) == 0) {
            a->load++;
            a->last_assigned_ms = s->now_ms;
        }
        if (before.type == PARTY_AGENT && strcmp(a->id, before.id) == 0 && a->load > 0)
            a->load--;
    }
}

void step_tell_control(struct step *s, const struct conversation *before, const char *cause) {
    const struct conversation *c = s->conversation;
    const char *episode = episode_change(before, c);
    if (episode)
        tell_episode(s, episode);
    if (before->epoch != c->epoch || !party_equal(before->offered_to, c->offered_to))
        tell_holder(s, before, cause);
    if (!party_equal(before->backup, c->backup) && c->backup.type != PARTY_NONE)
        tell_backup(s);
    count_assignment(s, c->holder, before->holder);
}

void step_learn(struct step *s, const struct fact *f) {
    struct conversation *c = s->conversation;
    if (!conversation_learn(c, f))
        return;
    buf_auto b;
    buf_init(&b, EVENT_DATA_MAX);
    buf_addc(&b, '{');
    json_put_text(&b, "name", f->name);
    json_put_text(&b, "value", f->value);
    json_put_text(&b, "source", f->source);
    buf_addc(&b, '}');
    step_tell(s, EVENT_FACT, c->last_seq, b.p);
}

static struct job question(const struct step *s, struct uid conversation, int seq,
                           const char *bot) {
    return (struct job){.lane = LANE_BOT,
                        .conversation_id = conversation,
                        .seq = seq,
                        .epoch = s->conversation->epoch,
                        .endpoint = ARENA_JOIN(s->arena, "bot/", bot)};
}

void step_ask_bot(struct step *s, const char *bot, int seq, int64_t delay_ms) {
    const struct job j = question(s, s->conversation->id, seq, bot);
    ledger_job(s->ledger, &j, delay_ms);
}

void step_ask_bot_what_is_open(struct step *s) {
    const struct conversation *c = s->conversation;
    if (c->last_in_seq > c->last_out_seq) {
        step_ask_bot(s, c->holder.id, c->last_in_seq, 0);
    } else if (c->left_open.seq) {
        const struct job j = question(s, c->left_open.conversation, c->left_open.seq, c->holder.id);
        ledger_job_elsewhere(s->ledger, &j, c->id);
    }
}
