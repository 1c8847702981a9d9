/* speak: what is said to customers, and among us. A bot speaks only under the epoch it was asked
 * in. */
#include <string.h>

#include "../base/metric.h"
#include "../codec/json.h"
#include "../decide/control.h"
#include "../decide/policy.h"
#include "step.h"

#define EXTRA_MAX (512 * 1024)

/* An agent's name stays with what they said under it. */
static const char *extra_of(struct step *s, const char *name) {
    const struct turn *t = s->turn;
    if (!t->html && !t->citation && !*name)
        return NULL;
    buf_auto b;
    buf_init(&b, EXTRA_MAX);
    buf_addc(&b, '{');
    if (*name)
        json_put_text(&b, "name", name);
    if (t->html)
        json_put_text(&b, "html", t->html);
    if (t->citation)
        json_put_raw(&b, "citation", t->citation);
    buf_addc(&b, '}');
    return arena_strndup(s->arena, b.p, b.len);
}

/* Where a customer hears us: the way they used last, or the channel asked for if they have an
 * address there. */
static enum err find_way(struct step *s, struct message *m) {
    const struct conversation *c = s->conversation;
    const char *wanted = s->turn->channel;
    m->channel = c->last_channel;
    m->address = c->last_address;
    if (!wanted || !*wanted || strcmp(wanted, m->channel) == 0)
        return *m->channel ? OK
                           : why_set(&s->turn->why, ERR_CONFLICT, "",
                                     "the customer has not written on any channel yet");
    if (!snapshot_channel(s->snapshot, wanted))
        return why_set(&s->turn->why, ERR_INVALID, "/channel", "no channel has this id");
    if (!s->turn->target.id || !*s->turn->target.id)
        return why_set(&s->turn->why, ERR_INVALID, "/channel",
                       "the customer has never written on this channel");
    m->channel = wanted;
    m->address = s->turn->target.id;
    return OK;
}

static void finish_job(struct step *s) {
    if (s->turn->job)
        ledger_job_done(s->ledger, s->turn->job);
}

/* A conversation that was merged away between question and answer keeps its messages. */
static bool is_at_home(const struct step *s) {
    return s->turn->inbound && uid_equal(s->turn->inbound->conversation_id, s->conversation->id);
}

/* Who took over has released again, to this bot or another, before the answer came: the question
 * stands, and its job is the one that asks it. */
static bool is_still_asked(const struct step *s) {
    const struct conversation *c = s->conversation;
    if (!s->turn->job || c->holder.type != PARTY_BOT)
        return false;
    if (is_at_home(s))
        return c->last_in_seq == s->turn->seq && c->last_out_seq < s->turn->seq;
    return c->left_open.seq == s->turn->seq &&
           uid_equal(c->left_open.conversation, s->turn->job->conversation_id);
}

static void ask_again(struct step *s) {
    struct job again = *s->turn->job;
    again.epoch = s->conversation->epoch;
    again.endpoint = ARENA_JOIN(s->arena, "bot/", s->conversation->holder.id);
    ledger_job_again(s->ledger, &again);
}

/* A late answer is recorded with its text, so that people can see what would have been said; never
 * sent. */
static enum err refuse_answer(struct step *s) {
    const struct conversation *c = s->conversation;
    buf_auto b;
    buf_init(&b, EXTRA_MAX);
    buf_addc(&b, '{');
    json_put_text(&b, "bot", s->turn->actor.id);
    json_put_number(&b, "epoch", s->turn->epoch);
    json_put_number(&b, "current_epoch", c->epoch);
    json_put_text(&b, "text", s->turn->text);
    buf_addc(&b, '}');
    step_tell(s, EVENT_ANSWER_REFUSED, s->turn->seq, b.p);
    s->turn->refused = true;
    if (is_still_asked(s))
        ask_again(s);
    else
        finish_job(s);
    metric_add(METRIC_answers_refused, 1);
    return OK;
}

static void learn_from_bot(struct step *s) {
    for (int i = 0; i < s->turn->n_facts; i++) {
        struct fact f = s->turn->facts[i];
        f.source = arena_printf(s->arena, "bot:%s", s->turn->actor.id);
        f.updated_ms = s->now_ms;
        step_learn(s, &f);
    }
}

/* The bot gives up: judged again, without it. What is said then is the bot's own last word or the
 * policy's. */
static enum err hand_over(struct step *s, struct message *m) {
    struct conversation *c = s->conversation;
    struct decision *d;
    if (s->turn->failed)
        c->effort.bot_failures++;
    step_hear_choice(s, "");
    TRY(hear_judge(s, c, s->turn->inbound, true, &d));
    m->decision = d;
    control_follow(c, d, s->now_ms);
    if (*m->text)
        return OK;
    m->author = party_of(PARTY_SYSTEM, "");
    m->text = policy_phrase(s->snapshot->policy, s->turn->failed ? "bot_unavailable" : "handover",
                            c->language);
    return OK;
}

/* The question stands until something else is said, wherever the conversation goes on. */
static void remember_choice(struct step *s, const struct message *m) {
    struct conversation *c = s->conversation;
    if (!s->turn->choices || c->holder.type != PARTY_BOT)
        return;
    conversation_drop_choice(c);
    for (int i = 0; i < CONVERSATION_CHOICES; i++)
        c->choice.entries[i] = s->turn->choices[i];
    c->choice.about_seq = s->turn->about_seq ? s->turn->about_seq : s->turn->seq;
    c->choice.asked_seq = m->seq;
}

static void say(struct step *s, struct message *m) {
    step_store(s, m, NULL);
    step_note_promises(s, m->text);
    remember_choice(s, m);
}

/* The fence is that of the conversation it was asked in. In a survivor it says nothing: there
 * counts who holds it. */
static bool may_answer(const struct step *s) {
    const struct conversation *c = s->conversation;
    return control_may_answer(c, s->turn->actor, is_at_home(s) ? s->turn->epoch : c->epoch);
}

/* What our own knowledge has no answer to is kept for who writes it. The words stay where they are:
 * in the messages, which can be edited, taken back and erased. */
static void tell_unanswered(struct step *s, const struct decision *d) {
    const struct turn *t = s->turn;
    bool sure = d->in_scope && *d->intent;
    buf_auto b;
    buf_init(&b, EXTRA_MAX);
    buf_addc(&b, '{');
    json_put_text(&b, "why", t->unanswered);
    json_put_number(&b, "from", t->about_seq ? t->about_seq : t->seq);
    json_put_text(&b, "language", d->language);
    json_put_text(&b, "intent", *d->intent ? d->intent : NULL);
    json_put_double(&b, "confidence", sure ? d->confidence : 0);
    buf_addc(&b, '}');
    step_tell(s, EVENT_UNANSWERED, t->seq, b.p);
}

enum err speak_answer(struct step *s) {
    struct conversation *c = s->conversation;
    const struct conversation before = *c;
    if (!may_answer(s))
        return refuse_answer(s);
    struct message m = step_message(s, DIRECTION_OUT, s->turn->actor);
    m.text = s->turn->text;
    m.extra = extra_of(s, "");
    TRY(find_way(s, &m));
    if (s->turn->handover || s->turn->failed)
        TRY(hand_over(s, &m));
    if (s->turn->unanswered && m.decision && is_at_home(s))
        tell_unanswered(s, m.decision);
    learn_from_bot(s);
    m.language = c->language;
    if (*m.text)
        say(s, &m);
    else
        c->last_seq--;
    step_tell_control(s, &before, s->turn->failed ? "bot_failed" : "bot_handed_over");
    finish_job(s);
    return OK;
}

/* An agent who answers takes over, unless somebody else holds the conversation or the fence says
 * no. */
static enum err claim_word(struct step *s) {
    struct conversation *c = s->conversation;
    TRY(step_check_epoch(s));
    if (!control_may_answer(c, s->turn->actor, s->turn->epoch))
        return why_set(&s->turn->why, ERR_CONFLICT, "/epoch",
                       "the conversation is held by somebody else (%s %s, epoch %d)",
                       party_type_text(c->holder.type), c->holder.id, c->epoch);
    if (s->turn->actor.type != PARTY_AGENT || party_equal(c->holder, s->turn->actor))
        return OK;
    return control_take(c, s->turn->actor, s->now_ms);
}

static const char *name_of_agent(const struct step *s) {
    bool person = s->turn->actor.type == PARTY_AGENT;
    const struct agent *agent = person ? snapshot_agent(s->snapshot, s->turn->actor.id) : NULL;
    return agent ? agent->name : "";
}

enum err speak_reply(struct step *s) {
    const struct conversation before = *s->conversation;
    TRY(claim_word(s));
    struct message m = step_message(s, DIRECTION_OUT, s->turn->actor);
    m.author_name = name_of_agent(s);
    m.text = s->turn->text;
    m.extra = extra_of(s, m.author_name);
    m.language = s->conversation->language;
    TRY(find_way(s, &m));
    step_store(s, &m, s->key);
    step_note_promises(s, m.text);
    step_tell_control(s, &before, "reply");
    return OK;
}

enum err speak_note(struct step *s) {
    struct message m = step_message(s, DIRECTION_OUT, s->turn->actor);
    m.kind = MESSAGE_NOTE;
    m.author_name = name_of_agent(s);
    m.text = s->turn->text;
    m.extra = extra_of(s, m.author_name);
    step_store(s, &m, s->key);
    return OK;
}
