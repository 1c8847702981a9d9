/* Agents, their presence, and queues. */
#include <stddef.h>

#include "../../common/flow/turn.h"
#include "../../common/store/agents.h"
#include "configuration.h"
#include "handlers.h"

#define NAME_MAX_CHARS 200
#define LANGUAGE_MAX_CHARS 16

/* ---- agents ---- */

struct agent_body {
    const char *name;
    json_t *queues, *languages, *strengths;
    int64_t capacity;
};

static const struct json_field agent_rows[] = {
    {"name", JSON_KIND_TEXT, false, offsetof(struct agent_body, name), 1, NAME_MAX_CHARS},
    {"queues", JSON_KIND_ARRAY, false, offsetof(struct agent_body, queues), 0, AGENT_LIST_MAX},
    {"languages", JSON_KIND_ARRAY, false, offsetof(struct agent_body, languages), 0,
     AGENT_LIST_MAX},
    {"strengths", JSON_KIND_ARRAY, false, offsetof(struct agent_body, strengths), 0,
     AGENT_LIST_MAX},
    {"capacity", JSON_KIND_INTEGER, false, offsetof(struct agent_body, capacity), 0,
     AGENTS_CAPACITY_MAX},
};

/* One of the three lists of an agent: what may stand in it, and what to say of anything else. */
struct list_rule {
    const char *name;
    bool (*accepts)(const struct snapshot *now, const char *item);
    const char *sentence;
};

static bool is_queue(const struct snapshot *now, const char *item) {
    return snapshot_queue(now, item) != NULL;
}

static bool is_language(const struct snapshot *now, const char *item) {
    (void)now;
    size_t n = strspn(item, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
    return n >= 2 && n <= LANGUAGE_MAX_CHARS && item[n] == '\0';
}

static bool is_strength(const struct snapshot *now, const char *item) {
    (void)now;
    return strcmp(item, "care") == 0 || strcmp(item, "speed") == 0 ||
           strcmp(item, "technical") == 0;
}

static const struct list_rule queues_rule = {"queues", is_queue, "there is no such queue"};
static const struct list_rule languages_rule = {"languages", is_language,
                                                "must be a language such as da or pt-BR"};
static const struct list_rule strengths_rule = {"strengths", is_strength,
                                                "must be care, speed or technical"};

static enum err take_list(struct request *r, const struct snapshot *now,
                          const struct list_rule *rule, const json_t *list,
                          const char *const **out) {
    size_t n = json_array_size(list);
    const char **items = ARENA_ARRAY(r->arena, const char *, n + 1);
    for (size_t i = 0; i < n; i++) {
        items[i] = json_string_value(json_array_get(list, i));
        if (!items[i] || !rule->accepts(now, items[i]))
            return why_set(&r->why, ERR_INVALID, arena_printf(r->arena, "/%s/%zu", rule->name, i),
                           "%s", rule->sentence);
    }
    *out = items;
    return OK;
}

static enum err take_lists(struct request *r, const struct agent_body *body, struct agent *out) {
    snapshot_auto now = NULL;
    TRY(configuration_now(r, &now));
    TRY(take_list(r, now, &queues_rule, body->queues, &out->queues));
    TRY(take_list(r, now, &languages_rule, body->languages, &out->languages));
    TRY(take_list(r, now, &strengths_rule, body->strengths, &out->strengths));
    out->n_queues = (int)json_array_size(body->queues);
    out->n_languages = (int)json_array_size(body->languages);
    out->n_strengths = (int)json_array_size(body->strengths);
    return OK;
}

static enum err parse_agent(struct request *r, struct agent *out) {
    struct agent_body body = {.capacity = AGENTS_KEEP_CAPACITY};
    TRY(configuration_id(r, &out->id));
    TRY(json_fill(r->body, "", agent_rows, sizeof agent_rows / sizeof agent_rows[0], &body,
                  &r->why));
    TRY(take_lists(r, &body, out));
    out->name = body.name ? body.name : out->id;
    out->capacity = (int)body.capacity;
    return OK;
}

static void put_list(struct buf *out, const char *name, const char *const *items, int n) {
    json_put_key(out, name);
    buf_addc(out, '[');
    for (int i = 0; i < n; i++) {
        json_put_item(out);
        json_put_string(out, items[i]);
    }
    buf_addc(out, ']');
}

static void render_agent(const void *record, struct buf *out) {
    const struct agent *agent = record;
    buf_addc(out, '{');
    json_put_text(out, "id", agent->id);
    json_put_text(out, "name", agent->name);
    put_list(out, "queues", agent->queues, agent->n_queues);
    put_list(out, "languages", agent->languages, agent->n_languages);
    put_list(out, "strengths", agent->strengths, agent->n_strengths);
    json_put_text(out, "presence", presence_text(agent->presence));
    json_put_number(out, "capacity", agent->capacity);
    buf_addc(out, '}');
}

enum err agents_put(struct request *r, struct reply *out) {
    struct agent agent = {0};
    bool created;
    pg_lease_auto c = NULL;
    TRY(parse_agent(r, &agent));
    TRY(pg_lease(r->world->reads, &c));
    TRY(agents_save(c, r->arena, &agent, &created));
    configuration_changed(r, c);
    TRY(agents_load(c, r->arena, agent.id, &agent));
    out->status = created ? 201 : 200;
    render_agent(&agent, &out->body);
    return OK;
}

enum err agents_get(struct request *r, struct reply *out) {
    struct agent agent;
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->reads, &c));
    TRY(agents_load(c, r->arena, r->param[0], &agent));
    render_agent(&agent, &out->body);
    return OK;
}

enum err agents_delete(struct request *r, struct reply *out) {
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->reads, &c));
    enum err e = agents_drop(c, r->arena, r->param[0]);
    if (e == ERR_CONFLICT)
        return why_set(&r->why, e, "", "this agent has conversations");
    TRY(e);
    configuration_changed(r, c);
    out->status = 204;
    return OK;
}

enum err agents_list(struct request *r, struct reply *out) {
    const struct agent *agents;
    struct configuration_page page = {.size = sizeof *agents, .render = render_agent};
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->reads, &c));
    TRY(agents_load_all(c, r->arena, &agents, &page.n));
    page.records = agents;
    return configuration_reply_page(r, &page, out);
}

/* ---- presence ---- */

struct presence_body {
    const char *status;
    int64_t capacity;
};

static const struct json_field presence_rows[] = {
    {"status", JSON_KIND_TEXT, true, offsetof(struct presence_body, status), 1, 16},
    {"capacity", JSON_KIND_INTEGER, false, offsetof(struct presence_body, capacity), 0,
     AGENTS_CAPACITY_MAX},
};

static enum err parse_presence(struct request *r, struct agent *out) {
    struct presence_body body = {.capacity = AGENTS_KEEP_CAPACITY};
    TRY(json_fill(r->body, "", presence_rows, sizeof presence_rows / sizeof presence_rows[0], &body,
                  &r->why));
    out->id = r->param[0];
    out->capacity = (int)body.capacity;
    if (!presence_parse(body.status, &out->presence))
        return why_set(&r->why, ERR_INVALID, "/status", "must be online, away or offline");
    return OK;
}

/* The connection is given back before work is handed out: that takes one of its own. */
static enum err store_presence(struct request *r, struct agent *agent) {
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->reads, &c));
    TRY(agents_set_presence(c, r->arena, agent));
    return world_refresh(r->world, c);
}

enum err agents_presence(struct request *r, struct reply *out) {
    struct agent agent = {0};
    TRY(request_allow_agent(r, r->param[0]));
    TRY(parse_presence(r, &agent));
    TRY(store_presence(r, &agent));
    roster_memory_drop(r->world->people);
    if (agent.presence == PRESENCE_ONLINE)
        turn_assign_waiting(r->world, r->arena, agent.id);
    render_agent(&agent, &out->body);
    return OK;
}

/* ---- queues ---- */

static const struct json_field queue_rows[] = {
    {"name", JSON_KIND_TEXT, false, offsetof(struct queue, name), 1, NAME_MAX_CHARS},
};

static void render_queue(const void *record, struct buf *out) {
    const struct queue *queue = record;
    buf_addc(out, '{');
    json_put_text(out, "id", queue->id);
    json_put_text(out, "name", queue->name);
    buf_addc(out, '}');
}

enum err queues_put(struct request *r, struct reply *out) {
    struct queue queue = {0};
    bool created;
    pg_lease_auto c = NULL;
    TRY(configuration_id(r, &queue.id));
    TRY(json_fill(r->body, "", queue_rows, sizeof queue_rows / sizeof queue_rows[0], &queue,
                  &r->why));
    if (!queue.name)
        queue.name = queue.id;
    TRY(pg_lease(r->world->reads, &c));
    TRY(agents_save_queue(c, r->arena, &queue, &created));
    configuration_changed(r, c);
    out->status = created ? 201 : 200;
    render_queue(&queue, &out->body);
    return OK;
}

enum err queues_get(struct request *r, struct reply *out) {
    snapshot_auto now = NULL;
    TRY(configuration_now(r, &now));
    const struct queue *queue = snapshot_queue(now, r->param[0]);
    if (!queue)
        return ERR_ABSENT;
    render_queue(queue, &out->body);
    return OK;
}

enum err queues_delete(struct request *r, struct reply *out) {
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->reads, &c));
    enum err e = agents_drop_queue(c, r->arena, r->param[0]);
    if (e == ERR_CONFLICT)
        return why_set(&r->why, e, "", "agents serve this queue, or conversations wait in it");
    TRY(e);
    configuration_changed(r, c);
    out->status = 204;
    return OK;
}

enum err queues_list(struct request *r, struct reply *out) {
    snapshot_auto now = NULL;
    TRY(configuration_now(r, &now));
    struct configuration_page page = {now->queues, sizeof *now->queues, now->n_queues,
                                      render_queue};
    return configuration_reply_page(r, &page, out);
}
