#include "decide.h"

#include <string.h>

#include "../model/conversation.h"
#include "care.h"
#include "cost.h"
#include "handover.h"
#include "policy_body.h"

/* So that what did decide still finds room among the reasons. */
#define UNKNOWN_SHOWN_MAX 3

/* One judgement on its way. */
struct judgement {
    const struct policy *policy;
    const struct signals *s;
    struct decision *d;
    struct arena *arena;
    struct thresholds t;     /* of the policy, or of the customer's experiment arm */
    const struct rule *rule; /* the first that matched; NULL: none */
    double need;             /* for a moment of care, 0..1; 0: none */
    bool automatic;          /* no person wrote this */
    bool stretch;            /* a person or queue holds the conversation */
    struct party holder;
};

static double decide_value(const struct judgement *j, enum signal_number n) {
    return care_value(j->s, n, 0);
}

static const char *decide_text(const struct judgement *j, enum signal_text t) {
    return j->s->text[t] ? j->s->text[t] : "";
}

static bool decide_has_reason(const struct decision *d, enum reason_code code) {
    for (int i = 0; i < d->n_reasons; i++)
        if (d->reasons[i].code == code)
            return true;
    return false;
}

/* ---- 1. standing control ---- */

/* "agent:anna" as a party; nobody for what is not one. */
static struct party decide_holder(struct arena *a, const char *text) {
    const char *colon = strchr(text, ':');
    enum party_type type;
    if (!colon || !party_type_parse(arena_strndup(a, text, (size_t)(colon - text)), &type))
        return party_of(PARTY_NONE, "");
    return party_of(type, colon + 1);
}

static enum mode decide_mode_so_far(const struct judgement *j) {
    enum mode mode = MODE_NONE;
    const char *text = decide_text(j, SIGNAL_mode);
    return mode_parse(text, &mode) ? mode : MODE_NONE;
}

/* The least mode that may come out: while people hold it theirs, else the watched bot's within its
 * episode. */
static enum mode decide_floor(const struct judgement *j) {
    enum mode so_far = decide_mode_so_far(j);
    if (j->stretch)
        return so_far > MODE_HUMAN ? so_far : MODE_HUMAN;
    bool fresh = decide_value(j, SIGNAL_episode_new) > 0;
    return !fresh && so_far == MODE_HUMAN_BACKUP ? MODE_HUMAN_BACKUP : MODE_NONE;
}

/* ---- 2. hard rules ---- */

static const struct rule *decide_rule(struct judgement *j) {
    int unknown = 0;
    for (int i = 0; i < j->policy->rules.n; i++) {
        const struct rule *r = &j->policy->rules.items[i];
        enum verdict v = rules_judge(r->when, j->s);
        bool unsure = v == VERDICT_UNKNOWN && !r->unknown_is_yes;
        if (unsure && ++unknown <= UNKNOWN_SHOWN_MAX)
            decision_reason(j->d, REASON_rule_unknown, 0, r->name);
        if (!unsure && v != VERDICT_NO)
            return r;
    }
    return NULL;
}

static void decide_explain_rule(struct judgement *j) {
    const struct rule *r = j->rule;
    if (decide_has_reason(j->d, r->reason))
        return;
    const char *detail =
        r->reason == REASON_rule_matched ? r->name : rules_seen_text(r->when, j->s);
    decision_reason(j->d, r->reason, rules_strength(r->when, j->s), detail);
}

/* ---- 3. may the bot speak, and should it ---- */

static bool decide_bot_absent(const struct judgement *j) {
    return !decide_value(j, SIGNAL_bot_available) ||
           policy_kills_bot(j->policy, decide_text(j, SIGNAL_bot));
}

static bool decide_topic_off(const struct judgement *j) {
    return policy_kills_topic(j->policy, decide_text(j, SIGNAL_intent));
}

static bool decide_handed_over(const struct judgement *j) {
    return decide_value(j, SIGNAL_bot_failed_now) > 0;
}

static bool decide_failed_twice(const struct judgement *j) {
    return decide_value(j, SIGNAL_bot_failures) >= j->policy->guards.bot_failures_max;
}

static bool decide_ping_pong(const struct judgement *j) {
    return decide_value(j, SIGNAL_handbacks) >= j->policy->guards.ping_pong_max;
}

static bool decide_is_trained(const struct judgement *j) {
    return signals_known(j->s, SIGNAL_confidence) && *decide_text(j, SIGNAL_intent);
}

/* The customer has just told the bot what is meant: there is nothing to be unsure of. */
static bool decide_is_settled(const struct judgement *j) {
    return decide_value(j, SIGNAL_settles_choice) > 0;
}

static bool decide_out_of_scope(const struct judgement *j) {
    return signals_known(j->s, SIGNAL_in_scope) && decide_value(j, SIGNAL_in_scope) == 0;
}

/* Without a model nothing is known of the matter. The built-in bot says so when it finds no answer,
 * and hands over; so it may try, unless the policy would rather not. */
static bool decide_too_uncertain(const struct judgement *j) {
    if (decide_is_settled(j))
        return false;
    if (!decide_is_trained(j))
        return !j->policy->untrained_bot;
    return !care_reaches(decide_value(j, SIGNAL_confidence), j->t.confidence_backup);
}

/* Why no bot may answer: the first that holds is the reason. The last two do not matter to small
 * talk. */
static const struct bar {
    bool (*holds)(const struct judgement *);
    enum reason_code reason;
    enum signal_number weight;
    bool about_matter;
} decide_bars[] = {
    {decide_bot_absent, REASON_bot_unavailable, SIGNAL_NUMBERS_, false},
    {decide_topic_off, REASON_topic_switched_off, SIGNAL_NUMBERS_, false},
    {decide_failed_twice, REASON_bot_failed_twice, SIGNAL_bot_failures, false},
    {decide_handed_over, REASON_bot_handed_over, SIGNAL_bot_failed_now, false},
    {decide_ping_pong, REASON_ping_pong, SIGNAL_handbacks, false},
    {decide_out_of_scope, REASON_out_of_scope, SIGNAL_in_scope_probability, true},
    {decide_too_uncertain, REASON_intent_uncertain, SIGNAL_confidence, true},
};

static const struct bar *decide_bar(const struct judgement *j, bool about_matter) {
    for (size_t i = 0; i < sizeof(decide_bars) / sizeof(*decide_bars); i++)
        if (decide_bars[i].about_matter <= about_matter && decide_bars[i].holds(j))
            return &decide_bars[i];
    return NULL;
}

static void decide_explain_bar(struct judgement *j, const struct bar *bar) {
    double weight = bar->weight == SIGNAL_NUMBERS_ ? 1 : decide_value(j, bar->weight);
    bool about_topic = bar->reason == REASON_topic_switched_off || bar->about_matter;
    decision_reason(j->d, bar->reason, weight,
                    decide_text(j, about_topic ? SIGNAL_intent : SIGNAL_bot));
}

/* People take what no bot may have; with care where care is called for. */
static enum mode decide_people(const struct judgement *j) {
    return j->need > 0 ? MODE_HUMAN_EMOTION : MODE_HUMAN;
}

static void decide_explain_cost(struct judgement *j, enum mode mode, const struct cost *c) {
    decision_reason(j->d, REASON_cost_handling, c->handling, mode_text(mode));
    if (c->failure > 0)
        decision_reason(j->d, REASON_cost_failure, c->failure, mode_text(mode));
    if (c->waiting > 0)
        decision_reason(j->d, REASON_cost_waiting, c->waiting, mode_text(mode));
}

/* The cheapest of the modes whose bit is set; the other end of the comparison is the next cheapest.
 */
static enum mode decide_cheapest(const struct cost *costs, unsigned modes) {
    enum mode best = MODE_NONE;
    for (unsigned m = MODE_SELF_SERVICE; m < mode_count_; m++) {
        bool better = best == MODE_NONE || cost_total(&costs[m]) < cost_total(&costs[best]);
        if (modes >> m & 1 && better)
            best = (enum mode)m;
    }
    return best;
}

static void decide_explain_intent(struct judgement *j) {
    bool sure =
        decide_is_trained(j) && care_reaches(decide_value(j, SIGNAL_confidence), j->t.confidence);
    if (decide_is_settled(j))
        decision_reason(j->d, REASON_choice_settled, 1, decide_text(j, SIGNAL_intent));
    else
        decision_reason(j->d, sure ? REASON_intent_confident : REASON_intent_uncertain,
                        decide_value(j, SIGNAL_confidence), decide_text(j, SIGNAL_intent));
}

/* Is it time for a person? Then the bot does not speak alone, however well it knows the matter. */
static bool decide_is_due(struct judgement *j) {
    const char *why;
    double due = decide_value(j, SIGNAL_handover_now);
    if (!care_reaches(due, j->t.handover.due))
        return false;
    handover_now(j->arena, &j->t.handover, j->s, &why);
    decision_reason(j->d, REASON_handover_due, due, why);
    return true;
}

/* The modes that may compete, one bit each. */
static unsigned decide_rivals(struct judgement *j) {
    unsigned modes = 1u << MODE_HUMAN | 1u << MODE_HUMAN_BACKUP;
    double confidence = care_value(j->s, SIGNAL_confidence, j->policy->costs.untrained);
    bool upset = care_is_marked(j->s, &j->t, &j->policy->costs);
    if (upset && j->need == 0)
        decision_reason(j->d, REASON_mood_noticed, care_distress(j->s, &j->policy->costs),
                        decide_text(j, SIGNAL_emotion));
    if (!upset && !decide_is_due(j) && care_reaches(confidence, j->t.confidence))
        modes |= 1u << MODE_SELF_SERVICE;
    if (j->need > 0)
        modes |= 1u << MODE_HUMAN_EMOTION;
    return modes;
}

static enum mode decide_by_cost(struct judgement *j) {
    const struct costs *k = &j->policy->costs;
    struct cost costs[mode_count_];
    unsigned modes = decide_rivals(j);
    cost_of_modes(k, j->s, j->need, costs);
    enum mode best = decide_cheapest(costs, modes);
    enum mode next = decide_cheapest(costs, modes & ~(1u << best));
    decide_explain_intent(j);
    if (cost_tier_growth(k, j->s) > 0)
        decision_reason(j->d, REASON_high_value, cost_tier_growth(k, j->s),
                        decide_text(j, SIGNAL_tier));
    decide_explain_cost(j, best, &costs[best]);
    decide_explain_cost(j, next, &costs[next]);
    return best;
}

/* A bot mode that a rule or small talk asks for, as far as a bot is there. */
static enum mode decide_if_bot(struct judgement *j, enum mode mode) {
    const struct bar *bar = mode < MODE_HUMAN ? decide_bar(j, false) : NULL;
    if (!bar)
        return mode;
    decide_explain_bar(j, bar);
    return decide_people(j);
}

static enum mode decide_by_rule(struct judgement *j) {
    enum mode mode = j->rule->mode;
    return mode == MODE_HUMAN ? decide_people(j) : decide_if_bot(j, mode);
}

static enum mode decide_by_matter(struct judgement *j) {
    if (decide_value(j, SIGNAL_greeting_only) > 0 && j->need == 0) {
        decision_reason(j->d, REASON_small_talk, 1, NULL);
        return decide_if_bot(j, MODE_SELF_SERVICE);
    }
    const struct bar *bar = decide_bar(j, true);
    if (!bar)
        return decide_by_cost(j);
    decide_explain_bar(j, bar);
    return decide_people(j);
}

/* What this message asks for, whoever holds the conversation. While people hold it only what could
 * raise the mode is of interest. */
static enum mode decide_wanted(struct judgement *j) {
    if (j->automatic) {
        decision_reason(j->d, REASON_automatic_message, 1, NULL);
        return j->stretch ? MODE_NONE : decide_if_bot(j, MODE_SELF_SERVICE);
    }
    j->rule = decide_rule(j);
    j->need = care_need(j->s, &j->t, &j->policy->costs, j->d);
    if (j->rule)
        decide_explain_rule(j);
    if (j->stretch)
        return j->rule && j->rule->mode == MODE_HUMAN_EMOTION ? MODE_HUMAN_EMOTION
                                                              : decide_people(j);
    return j->rule && j->rule->mode != MODE_NONE ? decide_by_rule(j) : decide_by_matter(j);
}

static enum mode decide_mode(struct judgement *j) {
    enum mode floor = decide_floor(j);
    if (j->stretch)
        decision_reason(j->d, REASON_standing_control, 1, decide_text(j, SIGNAL_holder));
    enum mode wanted = decide_wanted(j);
    if (wanted >= floor)
        return wanted;
    if (wanted != MODE_NONE)
        decision_reason(j->d, REASON_no_downgrade, 1, mode_text(wanted));
    return floor;
}

/* Whoever wonders why a mild word called people is told which number did. */
static void decide_explain_norm(struct judgement *j) {
    struct signals plain;
    struct decision trial = {.n_reasons = 0};
    struct judgement other = *j;
    other.s = &plain, other.d = &trial;
    if (care_without_norm(j->s, &plain) && decide_mode(&other) != j->d->mode)
        decision_reason(j->d, REASON_display_norm, decide_value(j, SIGNAL_emotion_norm),
                        decide_text(j, SIGNAL_language));
}

/* ---- 4. priority and queue ---- */

static int decide_priority_of_people(struct judgement *j) {
    double urgency = decide_value(j, SIGNAL_urgency);
    bool urgent = care_reaches(urgency, j->t.urgent), care = j->d->mode == MODE_HUMAN_EMOTION;
    bool pressing = decide_value(j, SIGNAL_deadline) > 0 ||
                    care_reaches(care_distress(j->s, &j->policy->costs), j->t.very_strong_emotion);
    if (j->automatic)
        return PRIORITY_LOWEST;
    if (urgent)
        decision_reason(j->d, REASON_urgent, urgency, NULL);
    if (care)
        return pressing && j->need > 0 ? PRIORITY_HIGHEST : PRIORITY_HIGH;
    bool owed = decide_value(j, SIGNAL_promise_overdue) > 0;
    return urgent || owed ? PRIORITY_HIGH : PRIORITY_ORDINARY;
}

static int decide_priority(struct judgement *j) {
    int by_mode = j->d->mode >= MODE_HUMAN ? decide_priority_of_people(j)
                  : j->automatic           ? PRIORITY_LOWEST
                                           : PRIORITY_ORDINARY;
    int by_rule = j->rule ? j->rule->priority : 0;
    if (by_rule == 0)
        return by_mode;
    return j->need > 0 && by_mode < by_rule ? by_mode : by_rule;
}

static const char *decide_queue(const struct judgement *j) {
    if (j->rule && *j->rule->queue)
        return j->rule->queue;
    return j->d->mode == MODE_HUMAN_EMOTION
               ? policy_care_queue(j->policy)
               : policy_queue_for(j->policy, j->s->text[SIGNAL_intent]);
}

/* ---- 5. assignment ---- */

/* The candidate that observe found in the roster: NULL unknown, "" nobody free. Candidates were
 * sought for the policy's own queues; a queue that a rule names is left to whoever works in it. */
static const char *decide_candidate(const struct judgement *j, const char *queue) {
    bool care = j->d->mode == MODE_HUMAN_EMOTION;
    const char *of_care = policy_care_queue(j->policy);
    const char *of_topic = policy_queue_for(j->policy, j->s->text[SIGNAL_intent]);
    if (strcmp(queue, care ? of_care : of_topic) != 0)
        return "";
    return j->s->text[care ? SIGNAL_agent_care : SIGNAL_agent_any];
}

static struct party decide_person(struct judgement *j, const char *queue) {
    const char *agent = decide_candidate(j, queue);
    if (agent && *agent) {
        bool again = strcmp(agent, decide_text(j, SIGNAL_last_agent)) == 0;
        decision_reason(j->d, again ? REASON_last_agent : REASON_agent_matched, 1, agent);
        return party_of(PARTY_AGENT, agent);
    }
    if (agent)
        decision_reason(j->d, REASON_queued, decide_value(j, SIGNAL_expected_wait_minutes), queue);
    return party_of(PARTY_QUEUE, queue);
}

/* What people cannot do at once is said, so that the customer can be told. */
static void decide_explain_people(struct judgement *j) {
    double wait = decide_value(j, SIGNAL_expected_wait_minutes);
    if (wait >= j->policy->guards.saturated_minutes)
        decision_reason(j->d, REASON_queue_saturated, wait, NULL);
    if (care_value(j->s, SIGNAL_open_hours, 1) == 0)
        decision_reason(j->d, REASON_out_of_hours, 1, NULL);
}

static void decide_bot_handler(struct judgement *j) {
    struct decision *d = j->d;
    d->handler = party_of(PARTY_BOT, decide_text(j, SIGNAL_bot));
    if (d->mode != MODE_HUMAN_BACKUP)
        return;
    bool by_rule = j->rule && j->rule->review != REVIEW_NONE;
    d->review = by_rule ? j->rule->review : j->policy->review.usual;
    const char *queue = decide_queue(j);
    d->backup = decide_person(j, queue);
    d->queue = d->backup.type == PARTY_QUEUE ? d->backup.id : "";
}

/* Nobody is taken from a conversation they hold: an agent keeps it when the mode rises, a queue
 * hands it on only when care belongs to another queue. */
static void decide_standing_handler(struct judgement *j) {
    struct decision *d = j->d;
    const char *queue = decide_text(j, SIGNAL_queue);
    bool raised = d->mode > decide_mode_so_far(j) && d->mode == MODE_HUMAN_EMOTION;
    d->handler = j->holder;
    d->queue = raised || !*queue ? decide_queue(j) : queue;
    if (raised && j->holder.type == PARTY_QUEUE)
        d->handler = decide_person(j, d->queue);
}

static void decide_handler(struct judgement *j) {
    struct decision *d = j->d;
    d->backup = party_of(PARTY_NONE, "");
    d->queue = "";
    if (d->mode < MODE_HUMAN) {
        decide_bot_handler(j);
        return;
    }
    if (j->stretch && party_is_human(j->holder)) {
        decide_standing_handler(j);
    } else {
        d->queue = decide_queue(j);
        d->handler = decide_person(j, d->queue);
    }
    decide_explain_people(j);
}

/* ---- the whole ---- */

static void decide_copy(const struct signals *s, struct decision *d) {
    d->signals = *s;
    d->intent = s->text[SIGNAL_intent] ? s->text[SIGNAL_intent] : "";
    d->language = s->text[SIGNAL_language] ? s->text[SIGNAL_language] : "";
    d->confidence = care_value(s, SIGNAL_confidence, 0);
    d->in_scope = care_value(s, SIGNAL_in_scope, 0) > 0;
    d->intensity = care_value(s, SIGNAL_emotion_intensity, 0);
    d->valence = care_value(s, SIGNAL_valence, 0);
    d->continues = care_value(s, SIGNAL_first_contact, 0) == 0;
    if (!s->text[SIGNAL_emotion] || !emotion_label_parse(s->text[SIGNAL_emotion], &d->emotion))
        d->emotion = EMOTION_NEUTRAL;
}

static void decide_experiment(struct judgement *j) {
    j->d->experiment = experiment_arm(&j->policy->experiments, j->s, &j->t);
    if (*j->d->experiment)
        decision_reason(j->d, REASON_experiment_arm, 0, j->d->experiment);
}

void decide_run(struct arena *a, const struct policy *p, int policy_version,
                const struct signals *s, struct decision *out) {
    *out = (struct decision){.policy_version = policy_version};
    struct judgement j = {.policy = p, .s = s, .d = out, .arena = a, .t = p->thresholds};
    decide_copy(s, out);
    j.automatic = decide_value(&j, SIGNAL_auto_message) > 0;
    j.holder = decide_holder(a, decide_text(&j, SIGNAL_holder));
    j.stretch = decide_value(&j, SIGNAL_human_stretch) > 0 || party_is_human(j.holder);
    decide_experiment(&j);
    out->mode = decide_mode(&j);
    decide_explain_norm(&j);
    out->priority = decide_priority(&j);
    decide_handler(&j);
}

void decide_again(struct arena *a, const struct policy *p, int policy_version,
                  const struct decision *stored, struct decision *out) {
    decide_run(a, p, policy_version, &stored->signals, out);
    out->model_version = stored->model_version;
    out->continues = stored->continues;
    out->evidence = stored->evidence;
}

/* ---- questions about a decision ---- */

static bool decide_holds_already(const struct decision *d) {
    const char *holder = d->signals.text[SIGNAL_holder];
    const char *type = party_type_text(d->handler.type);
    size_t n = strlen(type);
    return holder && strncmp(holder, type, n) == 0 && holder[n] == ':' &&
           strcmp(holder + n + 1, d->handler.id) == 0;
}

bool decide_needs_roster(const struct decision *d) {
    bool care = d->mode == MODE_HUMAN_EMOTION;
    bool looked = d->signals.text[care ? SIGNAL_agent_care : SIGNAL_agent_any];
    bool waits = d->handler.type == PARTY_QUEUE || d->backup.type == PARTY_QUEUE;
    return waits && !looked && !decide_has_reason(d, REASON_queued) && !decide_holds_already(d);
}
