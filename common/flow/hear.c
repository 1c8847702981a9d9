/* hear: what customers write. One message, one decision, and what follows from it. */
#include <math.h>
#include <string.h>

#include "../bot/clarify.h"
#include "../codec/json.h"
#include "../decide/control.h"
#include "../decide/decide.h"
#include "../decide/observe.h"
#include "../model/identity.h"
#include "step.h"

#define FACT_DAYS 90
#define EXTRA_MAX (1024 * 1024)
#define TOPIC_CONFIDENCE_MIN 0.5 /* a guess below it does not rename what it is all about */

static const char *bot_for(const struct step *s, const struct channel_account *ch) {
    return ch && *ch->bot ? ch->bot : policy_bot(s->snapshot->policy);
}

/* Somebody was free a moment ago: whether still, only a locked roster can say. */
static bool names_somebody(const struct signals *s) {
    const char *any = s->text[SIGNAL_agent_any], *care = s->text[SIGNAL_agent_care];
    return (any && *any) || (care && *care);
}

enum err hear_judge(struct step *s, const struct conversation *before, const struct message *m,
                    bool bot_failed, struct decision **out) {
    const struct snapshot *snap = s->snapshot;
    const struct channel_account *ch = snapshot_channel(snap, m->channel);
    const struct bot_account *bot = snapshot_bot(snap, bot_for(s, ch));
    struct signals *signals = ARENA_NEW(s->arena, struct signals);
    struct decision *d = ARENA_NEW(s->arena, struct decision);
    const struct context c = {.now_ms = s->now_ms,
                              .conversation = before,
                              .message = m,
                              .channel = ch,
                              .bot = bot && bot->enabled ? bot : NULL,
                              .roster = s->roster,
                              .bot_failed_now = bot_failed,
                              .settles_choice = s->settles_choice,
                              .topic_failure_rate = -1};
    observe(s->arena, snap->policy, &c, s->reading, signals);
    decide_run(s->arena, snap->policy, snap->policy_version, signals, d);
    bool lacks =
        s->roster ? s->roster_remembered && names_somebody(signals) : decide_needs_roster(d);
    if (lacks) {
        s->wants_roster = true;
        return ERR_BUSY;
    }
    d->model_version = s->reading->model_version;
    d->evidence = s->reading->emotion_evidence;
    d->continues = before->last_in_seq > 0;
    *out = d;
    return OK;
}

/* A word such as "2" is no matter of its own and no question asked again. */
static const struct reading *read_as(struct step *s, const struct knowledge *picked) {
    struct reading *r = arena_copy(s->arena, s->reading, sizeof *r);
    r->intent = picked->intent;
    r->confidence = r->in_scope_probability = 1;
    r->in_scope = true;
    r->greeting_only = false;
    r->fingerprint = 0;
    return r;
}

void step_hear_choice(struct step *s, const char *text) {
    struct conversation *c = s->conversation;
    if (!conversation_has_choice(c) || control_episode_due(c, s->now_ms))
        return;
    int said = clarify_picked(s->snapshot->faq, s->arena, c, text);
    c->choice.picked = said ? said : c->choice.picked;
    const struct knowledge *picked =
        c->choice.picked ? faq_find(s->snapshot->faq, c->choice.entries[c->choice.picked - 1])
                         : NULL;
    if (!picked)
        return;
    s->settles_choice = true;
    s->reading = read_as(s, picked);
}

static const char *topic_of(const struct reading *r) {
    return r->in_scope && r->confidence >= TOPIC_CONFIDENCE_MIN ? r->intent : "";
}

/* The same matter soon after its resolution goes on; anything else is the next episode. Thanks for
 * a solved matter open nothing. */
static void open_episode(struct step *s) {
    struct conversation *c = s->conversation;
    const char *topic = topic_of(s->reading);
    if (!control_episode_due(c, s->now_ms) || (c->episode.number && s->reading->greeting_only))
        return;
    if (!control_reopens(c, topic, s->now_ms)) {
        control_open_episode(c, step_new_id(s), topic, s->now_ms);
        return;
    }
    c->episode.resolved_ms = 0;
    c->episode.outcome = "";
    c->effort.reopenings++;
    c->status = STATUS_OPEN;
}

/* To the thousandth: it is stored with every message, and nobody feels more exactly. */
static double rounded(double v) { return nearbyint(v * 1000) / 1000; }

static void remember_mood(struct conversation *c, const struct reading *r) {
    bool negative = conversation_mood_is_negative(r->emotion);
    double strength = negative ? rounded(r->intensity) : 0;
    if (c->effort.customer_messages == 1)
        c->emotion.first = strength;
    c->emotion.trend = rounded(strength - c->emotion.first);
    c->emotion.label = r->emotion;
    c->emotion.intensity = rounded(r->intensity);
}

static void remember_question(struct conversation *c, uint64_t fingerprint) {
    if (!fingerprint)
        return;
    for (int i = 0; i < CONVERSATION_RECENT_MAX; i++)
        if (c->recent[i] == fingerprint) {
            c->effort.repeats++;
            break;
        }
    memmove(&c->recent[1], &c->recent[0], sizeof c->recent - sizeof c->recent[0]);
    c->recent[0] = fingerprint;
}

static void remember_way(struct conversation *c, const struct message *m) {
    bool hop = *c->last_channel && strcmp(c->last_channel, m->channel) != 0;
    if (hop && c->effort.customer_messages > 1)
        c->effort.hops++;
    c->last_channel = m->channel;
    c->last_address = m->address;
    conversation_add_channel(c, m->channel);
}

static void remember_identities(struct step *s) {
    struct conversation *c = s->conversation;
    for (int i = 0; i < s->turn->n_identities; i++) {
        uint64_t hash = identity_hash(&s->turn->identities[i]);
        bool known = false;
        for (int k = 0; k < c->n_linked; k++)
            known |= c->linked[k] == hash;
        if (known)
            continue;
        if (c->n_linked < CONVERSATION_LINKED_MAX)
            c->n_linked++;
        memmove(&c->linked[1], &c->linked[0], (size_t)(c->n_linked - 1) * sizeof c->linked[0]);
        c->linked[0] = hash;
    }
}

static void learn_facts(struct step *s) {
    for (int i = 0; i < s->reading->n_facts; i++) {
        const struct reading_fact *r = &s->reading->facts[i];
        const struct fact f = {.name = r->name,
                               .value = r->value,
                               .source = "customer",
                               .confidence = r->confidence,
                               .updated_ms = s->now_ms,
                               .expires_ms = s->now_ms + FACT_DAYS * 86400000LL};
        step_learn(s, &f);
    }
}

static void remember(struct step *s, const struct message *m) {
    struct conversation *c = s->conversation;
    const struct reading *r = s->reading;
    c->effort.customer_messages++;
    if (!c->effort.waiting_since_ms)
        c->effort.waiting_since_ms = s->now_ms;
    remember_mood(c, r);
    remember_question(c, r->fingerprint);
    remember_way(c, m);
    remember_identities(s);
    c->last_in_seq = m->seq;
    if (strcmp(r->language, "und") != 0)
        c->language = r->language;
    if (*topic_of(r))
        c->topic = c->episode.topic = topic_of(r);
    if (!*c->customer_name)
        c->customer_name = m->author_name;
}

static void ask_bot(struct step *s, const struct message *m, const struct decision *d) {
    const struct channel_account *ch = snapshot_channel(s->snapshot, m->channel);
    bool automatic =
        d->signals.number[SIGNAL_auto_message] > 0; /* two machines would go on for ever */
    if (!automatic && !s->turn->silent && d->handler.type == PARTY_BOT &&
        s->conversation->holder.type == PARTY_BOT)
        step_ask_bot(s, d->handler.id, m->seq, ch ? ch->quiet_ms : 0);
}

/* A customer has a name; only a message under another one repeats it. */
static const char *extra_of(const struct step *s, const struct message *in) {
    const char *known = s->conversation->customer_name;
    if (!*in->author_name || !*known || strcmp(in->author_name, known) == 0)
        return in->extra;
    buf_auto b;
    buf_init(&b, EXTRA_MAX);
    buf_addc(&b, '{');
    json_put_text(&b, "name", in->author_name);
    if (in->extra)
        buf_addf(&b, ",%s", in->extra + 1);
    else
        buf_addc(&b, '}');
    return arena_strndup(s->arena, b.p, b.len);
}

enum err hear_message(struct step *s) {
    const struct message *in = s->turn->inbound;
    struct conversation *c = s->conversation;
    const struct conversation before = *c;
    struct decision *d;
    struct message m = step_message(s, DIRECTION_IN, party_of(PARTY_CUSTOMER, ""));
    m.channel = in->channel;
    m.external_id = in->external_id;
    m.address = in->address;
    m.author_name = in->author_name;
    m.text = in->text;
    m.extra = extra_of(s, in);
    m.sent_ms = in->sent_ms;
    m.language = s->reading->language;
    step_hear_choice(s, in->text);
    TRY(hear_judge(s, &before, &m, false, &d));
    m.decision = d;
    open_episode(s);
    remember(s, &m);
    control_follow(c, d, s->now_ms);
    step_store(s, &m, s->key);
    learn_facts(s);
    step_tell_control(s, &before, "decision");
    ask_bot(s, &m, d);
    return OK;
}
