#include "observe.h"

#include "../codec/json.h"
#include "assign.h"
#include "control.h"
#include "handover.h"
#include "policy_body.h"

#define MINUTE_MS 60000

/* What every part of the vector is made from. */
struct sight {
    struct arena *a;
    const struct policy *policy;
    const struct context *c;
    const struct conversation *v; /* before this message */
    const struct reading *r;
    struct signals *out;
    bool fresh;   /* this message opens an episode: what was before does not burden it */
    bool counted; /* judged again: the conversation has counted this message already */
};

static void observe_flag(const struct sight *o, enum signal_number n, bool v) {
    signals_set(o->out, n, v);
}

static void observe_matter(const struct sight *o) {
    const struct reading *r = o->r;
    observe_flag(o, SIGNAL_settles_choice, o->c->settles_choice);
    if (!*r->intent && !o->c->settles_choice)
        return;
    o->out->text[SIGNAL_intent] = r->intent;
    signals_set(o->out, SIGNAL_confidence, r->confidence);
    signals_set(o->out, SIGNAL_in_scope_probability, r->in_scope_probability);
    observe_flag(o, SIGNAL_in_scope, r->in_scope);
    if (o->c->topic_failure_rate >= 0)
        signals_set(o->out, SIGNAL_topic_failure_rate, o->c->topic_failure_rate);
}

static void observe_mood(const struct sight *o) {
    const struct reading *r = o->r;
    bool negative = conversation_mood_is_negative(r->emotion);
    double distress = negative ? r->intensity : 0;
    o->out->text[SIGNAL_emotion] = emotion_label_text(r->emotion);
    o->out->text[SIGNAL_stance] = stance_text(r->stance);
    signals_set(o->out, SIGNAL_emotion_intensity, r->intensity);
    signals_set(o->out, SIGNAL_emotion_trend, o->fresh ? 0 : distress - o->v->emotion.first);
    signals_set(o->out, SIGNAL_valence, r->valence);
    observe_flag(o, SIGNAL_negative, negative);
    if (negative && r->norm > 0 && r->norm != 1)
        signals_set(o->out, SIGNAL_emotion_norm, r->norm);
}

static void observe_text(const struct sight *o) {
    const struct reading *r = o->r;
    o->out->text[SIGNAL_language] = r->language;
    o->out->text[SIGNAL_subject] = sensitive_subject_text(r->subject);
    signals_set(o->out, SIGNAL_wants_human, r->wants_human);
    signals_set(o->out, SIGNAL_urgency, r->urgency);
    observe_flag(o, SIGNAL_deadline, r->deadline);
    observe_flag(o, SIGNAL_complaint_first, r->complaint_first);
    observe_flag(o, SIGNAL_asks_news, r->asks_news);
    observe_flag(o, SIGNAL_greeting_only, r->greeting_only);
    observe_flag(o, SIGNAL_unfinished, r->unfinished);
}

/* Earlier messages of the episode that asked the same. */
static int observe_same_questions(const struct sight *o) {
    int n = 0;
    for (int i = 0; !o->fresh && o->r->fingerprint && i < CONVERSATION_RECENT_MAX; i++)
        n += o->v->recent[i] == o->r->fingerprint;
    return n > 0 && o->counted ? n - 1 : n;
}

/* Effort does not vanish when the next question is another one. */
static int observe_repeats(const struct sight *o) {
    int same = observe_same_questions(o);
    int spent = (o->fresh ? 0 : o->v->effort.repeats) + (same > 0 && !o->counted);
    return same > spent ? same : spent;
}

static bool observe_hops(const struct sight *o) {
    return !o->fresh && *o->v->last_channel && *o->c->message->channel &&
           strcmp(o->v->last_channel, o->c->message->channel) != 0;
}

static void observe_effort(const struct sight *o) {
    const struct conversation *v = o->v;
    int64_t since = o->fresh ? 0 : v->effort.waiting_since_ms;
    int64_t waited = since && o->c->now_ms > since ? (o->c->now_ms - since) / MINUTE_MS : 0;
    bool again = o->fresh && control_reopens(v, o->r->intent, o->c->now_ms);
    signals_set(o->out, SIGNAL_repeats, observe_repeats(o));
    signals_set(o->out, SIGNAL_bot_failures, o->fresh ? 0 : v->effort.bot_failures);
    signals_set(o->out, SIGNAL_channel_hops, (o->fresh ? 0 : v->effort.hops) + observe_hops(o));
    signals_set(o->out, SIGNAL_reopenings, v->effort.reopenings + again);
    signals_set(o->out, SIGNAL_handbacks, o->fresh ? 0 : v->effort.handbacks);
    signals_set(o->out, SIGNAL_minutes_waited, (double)waited);
    signals_set(o->out, SIGNAL_customer_messages,
                (o->fresh ? 0 : v->effort.customer_messages) + !o->counted);
    observe_flag(o, SIGNAL_first_contact, v->last_in_seq == 0);
    observe_flag(o, SIGNAL_episode_new, o->fresh);
}

static void observe_memory(const struct sight *o) {
    const struct conversation *v = o->v;
    int open = 0, overdue = 0, facts = 0;
    for (int i = 0; i < v->n_promises; i++) {
        bool is_open = v->promises[i].kept_ms == 0;
        open += is_open;
        overdue += is_open && v->promises[i].due_ms && v->promises[i].due_ms < o->c->now_ms;
    }
    for (int i = 0; i < v->n_facts; i++)
        facts += v->facts[i].expires_ms == 0 || v->facts[i].expires_ms > o->c->now_ms;
    signals_set(o->out, SIGNAL_promise_open, open);
    signals_set(o->out, SIGNAL_promise_overdue, overdue);
    signals_set(o->out, SIGNAL_facts_known, facts);
    observe_flag(o, SIGNAL_prefers_human, strcmp(v->preference, "human") == 0);
    o->out->text[SIGNAL_tier] = v->tier;
    o->out->text[SIGNAL_last_agent] = v->last_agent;
    const uint8_t *random = v->customer_id.b + 12;
    if (!uid_is_nil(v->customer_id))
        signals_set(o->out, SIGNAL_customer_draw, random[0] << 16 | random[1] << 8 | random[2]);
}

static void observe_control(const struct sight *o) {
    const struct conversation *v = o->v;
    bool held = v->holder.type != PARTY_NONE;
    o->out->text[SIGNAL_holder] =
        held ? ARENA_JOIN(o->a, party_type_text(v->holder.type), ":", v->holder.id) : "";
    o->out->text[SIGNAL_mode] = mode_text(o->fresh ? MODE_NONE : v->mode);
    o->out->text[SIGNAL_queue] = v->queue;
    observe_flag(o, SIGNAL_human_stretch, party_is_human(v->holder));
    signals_set(o->out, SIGNAL_epoch, v->epoch);
}

/* Who would answer is named even when it cannot, so that a reason can name it too. */
static void observe_bot(const struct sight *o) {
    const struct bot_account *bot = o->c->bot;
    const struct channel_account *channel = o->c->channel;
    const char *by_channel = channel && channel->bot ? channel->bot : "";
    const char *by_policy = *by_channel ? by_channel : policy_bot(o->policy);
    o->out->text[SIGNAL_bot] = bot ? bot->id : by_policy;
    observe_flag(o, SIGNAL_bot_available, bot && bot->enabled);
    observe_flag(o, SIGNAL_bot_failed_now, o->c->bot_failed_now);
}

/* A mail's header or a connector says that no person wrote it: {"mail": {"auto": "bounce"}},
 * {"metadata": {"auto": true}}. */
static bool observe_says_auto(const json_t *root, const char *member) {
    const json_t *j = json_object_get(json_object_get(root, member), "auto");
    const char *text = json_string_value(j);
    return json_is_true(j) || (text && *text && strcmp(text, "none") != 0);
}

static bool observe_is_automatic(const struct message *m) {
    if (!m->extra || !strstr(m->extra, "\"auto\""))
        return false;
    json_auto root = NULL;
    if (json_load_span(span_of(m->extra), &root, NULL) != OK)
        return false;
    return observe_says_auto(root, "mail") || observe_says_auto(root, "metadata");
}

static void observe_place(const struct sight *o) {
    o->out->text[SIGNAL_channel] = o->c->message->channel;
    observe_flag(o, SIGNAL_auto_message, observe_is_automatic(o->c->message));
    observe_flag(o, SIGNAL_open_hours, policy_open(o->policy, o->c->now_ms));
}

static const char *observe_candidate(const struct sight *o, const char *queue,
                                     const char *strength) {
    bool known = strcmp(o->r->language, "und") != 0;
    const struct assign_wish wish = {
        .queue = queue,
        .strength = strength,
        .language = known ? o->r->language : o->v->language,
        .last_agent = o->v->last_agent,
        .last_agent_ms = o->v->last_agent_ms,
        .now_ms = o->c->now_ms,
        .wait_ms = policy_last_agent_ms(o->policy),
    };
    const struct agent *g = assign_choose(o->c->roster, &wish);
    return g ? g->id : "";
}

static void observe_people(const struct sight *o) {
    const struct roster *roster = o->c->roster;
    if (!roster)
        return;
    const char *queue = policy_queue_for(o->policy, o->out->text[SIGNAL_intent]);
    int waiting = 0;
    for (int i = 0; i < roster->n_queues; i++)
        waiting += roster->queues[i].waiting;
    signals_set(o->out, SIGNAL_humans_online, assign_online(roster));
    signals_set(o->out, SIGNAL_queue_waiting, waiting);
    signals_set(o->out, SIGNAL_expected_wait_minutes,
                assign_expected_wait(roster, queue, o->c->now_ms));
    o->out->text[SIGNAL_agent_any] = observe_candidate(o, queue, "");
    o->out->text[SIGNAL_agent_care] = observe_candidate(o, policy_care_queue(o->policy), "care");
}

/* An episode that the caller has opened for this message has counters at zero. */
static bool observe_is_fresh(const struct context *c) {
    return control_episode_due(c->conversation, c->now_ms) ||
           c->conversation->effort.customer_messages == 0;
}

/* As the customer's arm of an experiment has it. */
static void observe_handover(const struct policy *p, struct signals *s) {
    struct thresholds t = p->thresholds;
    (void)experiment_arm(&p->experiments, s, &t);
    signals_set(s, SIGNAL_handover_now, handover_rounded(handover_now(NULL, &t.handover, s, NULL)));
}

void observe(struct arena *a, const struct policy *p, const struct context *c,
             const struct reading *r, struct signals *out) {
    *out = (struct signals){.known = 0};
    const struct sight o = {
        .a = a,
        .policy = p,
        .c = c,
        .v = c->conversation,
        .r = r,
        .out = out,
        .fresh = observe_is_fresh(c),
        .counted = c->message->seq > 0 && c->message->seq <= c->conversation->last_in_seq,
    };
    observe_matter(&o);
    observe_mood(&o);
    observe_text(&o);
    observe_effort(&o);
    observe_memory(&o);
    observe_control(&o);
    observe_bot(&o);
    observe_place(&o);
    observe_people(&o);
    observe_handover(p, out);
}

void observe_anew(const struct policy *p, struct signals *s) {
    if (signals_known(s, SIGNAL_handover_now))
        observe_handover(p, s);
}
