#include "policy.h"

#include <string.h>

#include "../codec/utf8.h"
#include "handover.h"
#include "policy_body.h"

#define POLICY_IDS_MAX 200
#define POLICY_PHRASES_MAX 400
#define POLICY_PHRASE_CHARS 1000

#define ROWS(rows) rows, (int)(sizeof(rows) / sizeof(*(rows)))
#define REAL(type, field, name, max)                                                               \
    { name, JSON_KIND_REAL, false, offsetof(type, field), 0, max }

/* One pass over one JSON text. The built-in policy is parsed first, then the operator's over it: so
 * every default stands in one place, and {} is the built-in policy. */
struct parsing {
    struct policy *policy;
    struct arena *a;
    struct why *why;
    struct span tzif; /* of the zone it names; empty: not at hand */
};

static enum err policy_refuse(const struct parsing *p, const char *at, const char *text) {
    return why_set(p->why, ERR_INVALID, at, "%s", text);
}

/* ---- sections ---- */

static enum err policy_ids(const struct parsing *p, const json_t *list, const char *at,
                           struct policy_texts *out) {
    size_t n = json_array_size(list);
    const char **items = ARENA_ARRAY(p->a, const char *, n ? n : 1);
    for (size_t i = 0; i < n; i++) {
        const char *id = json_string_value(json_array_get(list, i));
        if (!id || !json_is_config_id(id))
            return policy_refuse(p, arena_printf(p->a, "%s/%zu", at, i), "must be an id");
        items[i] = arena_strdup(p->a, id);
    }
    *out = (struct policy_texts){items, (int)n};
    return OK;
}

struct kill_json {
    json_t *bots, *topics;
};

static enum err policy_kill(const struct parsing *p, json_t *j, const char *at) {
    static const struct json_field rows[] = {
        {"bots", JSON_KIND_ARRAY, false, offsetof(struct kill_json, bots), 0, POLICY_IDS_MAX},
        {"topics", JSON_KIND_ARRAY, false, offsetof(struct kill_json, topics), 0, POLICY_IDS_MAX},
    };
    struct kill_json in = {NULL, NULL};
    TRY(json_fill(j, at, ROWS(rows), &in, p->why));
    if (in.bots)
        TRY(policy_ids(p, in.bots, "/kill/bots", &p->policy->killed_bots));
    if (in.topics)
        TRY(policy_ids(p, in.topics, "/kill/topics", &p->policy->killed_topics));
    return OK;
}

static enum err policy_fallback_channels(const struct parsing *p, json_t *j, const char *at) {
    return policy_ids(p, j, at, &p->policy->fallbacks);
}

static enum err policy_rules(const struct parsing *p, json_t *j, const char *at) {
    return rules_parse(p->a, j, at, &p->policy->rules, p->why);
}

static enum err policy_thresholds(const struct parsing *p, json_t *j, const char *at) {
    return json_fill(j, at, experiment_thresholds, experiment_n_thresholds, &p->policy->thresholds,
                     p->why);
}

static enum err policy_handover_weights(const struct parsing *p, json_t *j, const char *at) {
    return handover_parse(j, at, &p->policy->thresholds.handover, p->why);
}

struct costs_json {
    json_t *handling, *tiers, *points;
    struct costs costs;
};
#define COST(field, max) REAL(struct costs_json, costs.field, #field, max)
#define HANDLING(field) REAL(struct costs, field, #field, 1000)
#define POINTS(field, max) REAL(struct effort_points, field, #field, max)
static const struct json_field policy_cost_rows[] = {
    {"handling", JSON_KIND_OBJECT, false, offsetof(struct costs_json, handling), 0, 0},
    {"tiers", JSON_KIND_OBJECT, false, offsetof(struct costs_json, tiers), 0, 0},
    {"effort_points", JSON_KIND_OBJECT, false, offsetof(struct costs_json, points), 0, 0},
    COST(failure, 1000),
    COST(failure_with_backup, 1),
    COST(topic_failure, 1),
    COST(untrained, 1),
    COST(wait_minute, 1000),
    COST(closed, 10000),
    COST(frustration, 1),
    COST(emotion, 100),
    COST(effort, 100),
    COST(urgency, 100),
};
static const struct json_field policy_handling_rows[] = {
    HANDLING(self_service),
    HANDLING(human_backup),
    HANDLING(human),
    HANDLING(human_emotion),
};
static const struct json_field policy_point_rows[] = {
    POINTS(bot_failure, 100),       POINTS(repeat, 100),   POINTS(hop, 100),
    POINTS(reopening, 100),         POINTS(handback, 100), POINTS(hour_waited, 100),
    POINTS(hours_waited_max, 1000),
};

static enum err policy_tiers(const struct parsing *p, json_t *j, struct costs *c) {
    const char *name;
    json_t *growth;
    c->n_tiers = 0;
    json_object_foreach(j, name, growth) {
        double v = json_number_value(growth);
        const char *at = arena_printf(p->a, "/costs/tiers/%s", name);
        if (!json_is_config_id(name))
            return policy_refuse(p, at, "must be named by an id");
        if (!json_is_number(growth) || v < 0 || v > 100)
            return policy_refuse(p, at, "must be a number from 0 to 100");
        if (c->n_tiers == WEIGHING_TIERS_MAX)
            return policy_refuse(p, "/costs/tiers", "has more than 16 tiers");
        c->tiers[c->n_tiers].name = arena_strdup(p->a, name);
        c->tiers[c->n_tiers++].growth = v;
    }
    return OK;
}

static enum err policy_costs(const struct parsing *p, json_t *j, const char *at) {
    struct costs_json in = {.costs = p->policy->costs};
    TRY(json_fill(j, at, ROWS(policy_cost_rows), &in, p->why));
    struct costs *c = &p->policy->costs;
    *c = in.costs;
    if (in.handling)
        TRY(json_fill(in.handling, "/costs/handling", ROWS(policy_handling_rows), c, p->why));
    if (in.points)
        TRY(json_fill(in.points, "/costs/effort_points", ROWS(policy_point_rows), &c->points,
                      p->why));
    return in.tiers ? policy_tiers(p, in.tiers, c) : OK;
}

static enum err policy_guards(const struct parsing *p, json_t *j, const char *at) {
    static const struct json_field rows[] = {
        REAL(struct policy_guards, bot_failures_max, "bot_failures_max", 100),
        REAL(struct policy_guards, ping_pong_max, "ping_pong_max", 100),
        REAL(struct policy_guards, saturated_minutes, "saturated_minutes", 100000),
        REAL(struct policy_guards, last_agent_days, "last_agent_days", 3650),
    };
    return json_fill(j, at, ROWS(rows), &p->policy->guards, p->why);
}

static enum err policy_facts(const struct parsing *p, json_t *j, const char *at) {
    return usage_parse_facts(p->a, j, at, &p->policy->usage, p->why);
}

static enum err policy_norms(const struct parsing *p, json_t *j, const char *at) {
    return usage_parse_norms(p->a, j, at, &p->policy->usage, p->why);
}

struct review_json {
    const char *usual, *then;
    int64_t timeout_s;
};

static enum err policy_review(const struct parsing *p, json_t *j, const char *at) {
    static const struct json_field rows[] = {
        {"usual", JSON_KIND_TEXT, false, offsetof(struct review_json, usual), 0, 16},
        {"then", JSON_KIND_TEXT, false, offsetof(struct review_json, then), 0, 16},
        {"timeout_s", JSON_KIND_INTEGER, false, offsetof(struct review_json, timeout_s), 5, 86400},
    };
    struct policy_review *r = &p->policy->review;
    struct review_json in = {.timeout_s = r->timeout_ms / 1000};
    TRY(json_fill(j, at, ROWS(rows), &in, p->why));
    r->timeout_ms = in.timeout_s * 1000;
    if (in.usual && (!review_parse(in.usual, &r->usual) || r->usual == REVIEW_NONE))
        return policy_refuse(p, "/review/usual", "must be after or before");
    if (in.then && strcmp(in.then, "send") != 0 && strcmp(in.then, "escalate") != 0)
        return policy_refuse(p, "/review/then", "must be send or escalate");
    if (in.then)
        r->escalates = strcmp(in.then, "escalate") == 0;
    return OK;
}

static enum err policy_hours(const struct parsing *p, json_t *j, const char *at) {
    return hours_parse(j, at, &p->policy->hours, p->why);
}

static enum err policy_topic_queues(const struct parsing *p, json_t *j) {
    const char *intent;
    json_t *queue;
    struct policy *out = p->policy;
    out->topic_queues = ARENA_ARRAY(p->a, struct policy_topic_queue, json_object_size(j) + 1);
    out->n_topic_queues = 0;
    json_object_foreach(j, intent, queue) {
        const char *id = json_string_value(queue);
        if (!json_is_config_id(intent) || !id || !json_is_config_id(id))
            return policy_refuse(p, arena_printf(p->a, "/queues/by_intent/%s", intent),
                                 "must name a queue by the id of an intent");
        out->topic_queues[out->n_topic_queues++] =
            (struct policy_topic_queue){arena_strdup(p->a, intent), arena_strdup(p->a, id)};
    }
    return OK;
}

struct queues_json {
    const char *usual, *care;
    json_t *by_intent;
};

static enum err policy_queues(const struct parsing *p, json_t *j, const char *at) {
    static const struct json_field rows[] = {
        {"default", JSON_KIND_ID, false, offsetof(struct queues_json, usual), 0, 0},
        {"care", JSON_KIND_ID, false, offsetof(struct queues_json, care), 0, 0},
        {"by_intent", JSON_KIND_OBJECT, false, offsetof(struct queues_json, by_intent), 0, 0},
    };
    struct queues_json in = {NULL, NULL, NULL};
    TRY(json_fill(j, at, ROWS(rows), &in, p->why));
    if (in.usual)
        p->policy->queue = arena_strdup(p->a, in.usual);
    if (in.care)
        p->policy->care_queue = arena_strdup(p->a, in.care);
    return in.by_intent ? policy_topic_queues(p, in.by_intent) : OK;
}

static enum err policy_experiments(const struct parsing *p, json_t *j, const char *at) {
    (void)at;
    return experiment_parse(p->a, j, &p->policy->thresholds, &p->policy->experiments, p->why);
}

static const char *const policy_phrase_names[] = {"handover", "bot_unavailable", "out_of_hours",
                                                  "all_busy"};

static bool policy_knows_phrase(const char *name) {
    for (size_t i = 0; i < sizeof(policy_phrase_names) / sizeof(*policy_phrase_names); i++)
        if (strcmp(policy_phrase_names[i], name) == 0)
            return true;
    return false;
}

static bool policy_is_language(const char *s) {
    size_t n = strlen(s);
    return n >= 2 && n <= 8 && strspn(s, "abcdefghijklmnopqrstuvwxyz") == n;
}

static enum err policy_phrase_texts(const struct parsing *p, const char *name, json_t *texts) {
    const char *language;
    json_t *text;
    struct policy *out = p->policy;
    json_object_foreach(texts, language, text) {
        const char *s = json_string_value(text);
        const char *at = arena_printf(p->a, "/phrases/%s/%s", name, language);
        if (!policy_is_language(language))
            return policy_refuse(p, at, "must be named by a language, as in \"en\"");
        if (!s || !*s || utf8_count(s) > POLICY_PHRASE_CHARS)
            return policy_refuse(p, at, "must be a text of 1 to 1000 characters");
        if (out->n_phrases == POLICY_PHRASES_MAX)
            return policy_refuse(p, "/phrases", "has too many texts");
        out->phrases[out->n_phrases++] = (struct policy_phrase){
            arena_strdup(p->a, name), arena_strdup(p->a, language), arena_strdup(p->a, s)};
    }
    return OK;
}

static enum err policy_phrases(const struct parsing *p, json_t *j, const char *at) {
    const char *name;
    json_t *texts;
    json_object_foreach(j, name, texts) {
        const char *here = arena_printf(p->a, "%s/%s", at, name);
        if (!policy_knows_phrase(name))
            return policy_refuse(p, here,
                                 "must be handover, bot_unavailable, out_of_hours or all_busy");
        if (!json_is_object(texts))
            return policy_refuse(p, here, "must be an object of languages");
        TRY(policy_phrase_texts(p, name, texts));
    }
    return OK;
}

/* ---- the whole ---- */

struct policy_json {
    const char *description, *bot, *untrained, *time_zone;
    json_t *sections[14];
};

/* In this order: an experiment changes thresholds that must be read before it. */
static const struct {
    const char *at;
    enum json_kind kind;
    int max;
    enum err (*parse)(const struct parsing *, json_t *, const char *);
} policy_sections[] = {
    {"/kill", JSON_KIND_OBJECT, 0, policy_kill},
    {"/rules", JSON_KIND_ARRAY, RULES_MAX, policy_rules},
    {"/thresholds", JSON_KIND_OBJECT, 0, policy_thresholds},
    {"/handover", JSON_KIND_OBJECT, 0, policy_handover_weights},
    {"/costs", JSON_KIND_OBJECT, 0, policy_costs},
    {"/guards", JSON_KIND_OBJECT, 0, policy_guards},
    {"/review", JSON_KIND_OBJECT, 0, policy_review},
    {"/hours", JSON_KIND_OBJECT, 0, policy_hours},
    {"/queues", JSON_KIND_OBJECT, 0, policy_queues},
    {"/experiments", JSON_KIND_ARRAY, EXPERIMENTS_MAX, policy_experiments},
    {"/phrases", JSON_KIND_OBJECT, 0, policy_phrases},
    {"/facts", JSON_KIND_ARRAY, USAGE_FACTS_MAX, policy_facts},
    {"/display_norms", JSON_KIND_OBJECT, 0, policy_norms},
    {"/fallback_channels", JSON_KIND_ARRAY, POLICY_IDS_MAX, policy_fallback_channels},
};
#define POLICY_SECTIONS ((int)(sizeof(policy_sections) / sizeof(*policy_sections)))
#define POLICY_PLAIN 4

static enum err policy_fill_root(const struct parsing *p, const json_t *root,
                                 struct policy_json *in) {
    struct json_field rows[POLICY_PLAIN + POLICY_SECTIONS] = {
        {"description", JSON_KIND_TEXT, false, offsetof(struct policy_json, description), 0, 2000},
        {"bot", JSON_KIND_ID, false, offsetof(struct policy_json, bot), 0, 0},
        {"untrained", JSON_KIND_TEXT, false, offsetof(struct policy_json, untrained), 0, 16},
        {"time_zone", JSON_KIND_TEXT, false, offsetof(struct policy_json, time_zone), 1,
         ZONE_NAME_MAX},
    };
    for (int i = 0; i < POLICY_SECTIONS; i++)
        rows[POLICY_PLAIN + i] = (struct json_field){
            .name = policy_sections[i].at + 1,
            .kind = policy_sections[i].kind,
            .offset = offsetof(struct policy_json, sections) + sizeof(json_t *) * (size_t)i,
            .max = policy_sections[i].max};
    return json_fill(root, "", ROWS(rows), in, p->why);
}

static enum err policy_place(const struct parsing *p, const char *time_zone) {
    struct policy *out = p->policy;
    if (time_zone && out->hours.fixed)
        return policy_refuse(p, "/hours/utc_offset_minutes",
                             "stands beside a time_zone: leave one of them out");
    if (time_zone && (!p->tzif.n || zone_parse(p->a, p->tzif, &out->zone) != OK))
        return policy_refuse(p, "/time_zone",
                             "names no time zone known here, as \"Europe/Copenhagen\" does");
    if (!time_zone)
        out->zone = zone_fixed(out->hours.offset_minutes);
    return OK;
}

static enum err policy_read(const struct parsing *how, struct span json) {
    struct parsing p = *how;
    struct policy *policy = p.policy;
    struct policy_json in = {.bot = NULL};
    json_auto root = NULL;
    TRY(json_load_span(json, &root, p.why));
    TRY(policy_fill_root(&p, root, &in));
    if (in.bot)
        policy->bot = arena_strdup(p.a, in.bot);
    bool bot = in.untrained && strcmp(in.untrained, "bot") == 0;
    if (in.untrained && !bot && strcmp(in.untrained, "human") != 0)
        return policy_refuse(&p, "/untrained", "must be bot or human");
    policy->untrained_bot = in.untrained ? bot : policy->untrained_bot;
    for (int i = 0; i < POLICY_SECTIONS; i++)
        if (in.sections[i])
            TRY(policy_sections[i].parse(&p, in.sections[i], policy_sections[i].at));
    return policy_place(&p, in.time_zone);
}

static struct policy *policy_new(void) {
    struct arena *a = arena_new();
    struct policy *p = ARENA_NEW(a, struct policy);
    p->arena = a;
    p->phrases = ARENA_ARRAY(a, struct policy_phrase, POLICY_PHRASES_MAX);
    return p;
}

enum err policy_parse_zoned(struct span json, struct span tzif, struct policy **out,
                            struct why *why) {
    struct policy *policy = policy_new();
    const struct parsing p = {policy, policy->arena, why, tzif};
    enum err e = policy_read(&p, span_of(policy_default_json()));
    if (e == OK)
        e = policy_read(&p, json);
    if (e != OK) {
        policy_free(policy);
        return e == ERR_MALFORMED ? ERR_INVALID : e;
    }
    *out = policy;
    return OK;
}

enum err policy_parse(struct span json, struct policy **out, struct why *why) {
    return policy_parse_zoned(json, (struct span){NULL, 0}, out, why);
}

const char *policy_zone_name(struct arena *a, struct span json) {
    json_auto root = NULL;
    if (json_load_span(json, &root, NULL) != OK)
        return "";
    const char *name = json_string_value(json_object_get(root, "time_zone"));
    return name && zone_is_name(name) ? arena_strdup(a, name) : "";
}

void policy_free(struct policy *p) {
    if (p)
        arena_free(p->arena);
}

/* ---- questions ---- */

const char *policy_bot(const struct policy *p) { return p->bot; }

/* From the end: an operator's phrase stands behind the built-in one. */
static const char *policy_find_phrase(const struct policy *p, const char *name,
                                      const char *language) {
    for (int i = p->n_phrases - 1; i >= 0; i--)
        if (strcmp(p->phrases[i].name, name) == 0 && strcmp(p->phrases[i].language, language) == 0)
            return p->phrases[i].text;
    return NULL;
}

const char *policy_phrase(const struct policy *p, const char *name, const char *language) {
    const char *text = policy_find_phrase(p, name, language ? language : "en");
    text = text ? text : policy_find_phrase(p, name, "en");
    return text ? text : "";
}

const struct usage *policy_usage(const struct policy *p) { return &p->usage; }

const struct zone *policy_zone(const struct policy *p) { return &p->zone; }

bool policy_open(const struct policy *p, int64_t wall_ms) {
    return hours_open(&p->hours, &p->zone, wall_ms);
}

int64_t policy_review_timeout_ms(const struct policy *p, bool *escalates) {
    *escalates = p->review.escalates;
    return p->review.timeout_ms;
}

bool policy_wants_approval(const struct policy *p) {
    bool wants = p->review.usual == REVIEW_BEFORE;
    for (int i = 0; i < p->rules.n; i++)
        wants |= p->rules.items[i].review == REVIEW_BEFORE;
    return wants;
}

const char *policy_queue_for(const struct policy *p, const char *intent) {
    for (int i = 0; intent && i < p->n_topic_queues; i++)
        if (strcmp(p->topic_queues[i].intent, intent) == 0)
            return p->topic_queues[i].queue;
    return p->queue;
}

const char *const *policy_fallbacks(const struct policy *p, int *n) {
    *n = p->fallbacks.n;
    return p->fallbacks.items;
}

const char *policy_care_queue(const struct policy *p) { return p->care_queue; }

static bool policy_names(const struct policy_texts *list, const char *id) {
    for (int i = 0; id && i < list->n; i++)
        if (strcmp(list->items[i], id) == 0)
            return true;
    return false;
}

bool policy_kills_bot(const struct policy *p, const char *bot) {
    return policy_names(&p->killed_bots, bot);
}

bool policy_kills_topic(const struct policy *p, const char *intent) {
    return policy_names(&p->killed_topics, intent);
}

const struct handover_weights *policy_handover(const struct policy *p) {
    return &p->thresholds.handover;
}

int64_t policy_last_agent_ms(const struct policy *p) {
    return (int64_t)(p->guards.last_agent_days * 86400000);
}
