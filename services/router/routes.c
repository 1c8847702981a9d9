#include "routes.h"

#include <stdio.h>

#include "../../common/codec/enc.h"
#include "handlers.h"
#include "webhook_api.h"

#define KIB 1024
#define BODY_CONTROL (64 * KIB)
#define BODY_MESSAGE (256 * KIB)
#define BODY_MANY (4 * KIB * KIB)
#define PARAM_BYTES_MAX 512

#define ADMIN ROLE_BIT(ROLE_ADMIN)
#define SENDERS (ADMIN | ROLE_BIT(ROLE_CONNECTOR))
#define PEOPLE (ADMIN | ROLE_BIT(ROLE_AGENT))
#define READERS (PEOPLE | ROLE_BIT(ROLE_DASHBOARD))

#define GET(pattern, roles, handle)                                                                \
    { "GET", pattern, roles, ROUTE_NO_BODY, 0, ROUTE_READS, handle, NULL }
#define OPEN(pattern, crew, handle)                                                                \
    { "GET", pattern, ROUTE_OPEN, ROUTE_NO_BODY, 0, crew, handle, NULL }
#define DELETE(pattern, handle)                                                                    \
    { "DELETE", pattern, ADMIN, ROUTE_NO_BODY, 0, ROUTE_READS, handle, NULL }
#define PUT(pattern, roles, handle)                                                                \
    { "PUT", pattern, roles, ROUTE_JSON, BODY_MESSAGE, ROUTE_READS, handle, NULL }
#define POST(pattern, roles, body, handle)                                                         \
    { "POST", pattern, roles, body, BODY_MESSAGE, ROUTE_READS, handle, NULL }
#define TURN(pattern, body, handle)                                                                \
    { "POST", pattern, PEOPLE, body, BODY_MESSAGE, ROUTE_TURNS, handle, NULL }

static const struct route table[] = {
    {"POST", "/v1/messages", SENDERS, ROUTE_JSON, BODY_MESSAGE, ROUTE_TURNS, ingest_message, NULL},
    {"POST", "/v1/messages/batch", SENDERS, ROUTE_JSON, BODY_MANY, ROUTE_TURNS, ingest_batch, NULL},
    {"POST", "/v1/receipts", SENDERS, ROUTE_JSON, BODY_MESSAGE, ROUTE_TURNS, ingest_receipts, NULL},

    {"POST", "/v1/channels/{id}/webhook", ROUTE_OPEN, ROUTE_RAW, 0, ROUTE_TURNS, webhook_post,
     webhook_api_limit},
    OPEN("/v1/channels/{id}/webhook", ROUTE_READS, webhook_get),
    GET("/v1/channels/{id}/inbound", ADMIN, webhook_list),
    {"POST", "/v1/channels/{id}/inbound/{call}/replay", ADMIN, ROUTE_JSON_OPTIONAL, BODY_CONTROL,
     ROUTE_TURNS, webhook_replay, NULL},
    GET("/v1/attachments/{id}", READERS | SENDERS, attachments_get),

    GET("/v1/conversations", READERS, conversations_list),
    GET("/v1/conversations/{id}", READERS, conversations_get),
    GET("/v1/conversations/{id}/messages", READERS | SENDERS, conversations_messages),
    GET("/v1/conversations/{id}/decisions", READERS, conversations_decisions),
    GET("/v1/conversations/{id}/timeline", READERS, conversations_timeline),
    GET("/v1/conversations/{id}/brief", READERS, conversations_brief),
    GET("/v1/lookup", READERS, customers_lookup),
    GET("/v1/messages/{id}", READERS | SENDERS, messages_get),

    TURN("/v1/conversations/{id}/replies", ROUTE_JSON, control_reply),
    TURN("/v1/conversations/{id}/notes", ROUTE_JSON, control_note),
    TURN("/v1/conversations/{id}/takeover", ROUTE_JSON_OPTIONAL, control_takeover),
    TURN("/v1/conversations/{id}/offer", ROUTE_JSON, control_offer_to),
    TURN("/v1/conversations/{id}/accept", ROUTE_JSON_OPTIONAL, control_accept_offer),
    TURN("/v1/conversations/{id}/decline", ROUTE_JSON_OPTIONAL, control_decline_offer),
    TURN("/v1/conversations/{id}/release", ROUTE_JSON, control_release_to),
    TURN("/v1/conversations/{id}/resolve", ROUTE_JSON_OPTIONAL, control_resolve_episode),
    TURN("/v1/conversations/{id}/promises", ROUTE_JSON, control_promise),
    TURN("/v1/conversations/{id}/promises/{no}/keep", ROUTE_JSON_OPTIONAL, control_promise_kept),
    TURN("/v1/queues/{id}/claim", ROUTE_JSON_OPTIONAL, control_claim_next),

    POST("/v1/decisions/preview", READERS, ROUTE_JSON, decisions_preview),
    GET("/v1/decisions/{id}", READERS, decisions_get),
    POST("/v1/decisions/{id}/replay", READERS, ROUTE_JSON_OPTIONAL, decisions_replay),
    POST("/v1/analyze", READERS, ROUTE_JSON, decisions_analyze),

    GET("/v1/customers/{id}", READERS, customers_get),
    POST("/v1/customers/{id}/identities", PEOPLE, ROUTE_JSON, customers_add_identity),
    POST("/v1/customers/{id}/merge", PEOPLE, ROUTE_JSON, customers_merge),
    POST("/v1/merges/{id}/undo", PEOPLE, ROUTE_JSON_OPTIONAL, customers_undo_merge),
    GET("/v1/customers/{id}/export", ADMIN, customers_export),
    DELETE("/v1/customers/{id}", customers_erase),

    GET("/v1/channels", ADMIN, accounts_list_channels),
    PUT("/v1/channels/{id}", ADMIN, accounts_put_channel),
    GET("/v1/channels/{id}", ADMIN, accounts_get_channel),
    DELETE("/v1/channels/{id}", accounts_delete_channel),

    OPEN("/v1/channels/{id}/widget.js", ROUTE_READS, widget_script),
    OPEN("/v1/channels/{id}/widget.html", ROUTE_READS, widget_page),
    {"POST", "/v1/channels/{id}/sessions", ROUTE_BROWSER, ROUTE_JSON, BODY_CONTROL, ROUTE_READS,
     visit_open, NULL},
    {"GET", "/v1/channels/{id}/sessions/messages", ROUTE_VISITOR, ROUTE_NO_BODY, 0, ROUTE_READS,
     visit_list, NULL},
    {"POST", "/v1/channels/{id}/sessions/messages", ROUTE_VISITOR, ROUTE_JSON, BODY_CONTROL,
     ROUTE_TURNS, visit_send, NULL},
    {"POST", "/v1/channels/{id}/sessions/typing", ROUTE_VISITOR, ROUTE_JSON, BODY_CONTROL,
     ROUTE_READS, visit_type, NULL},
    {"POST", "/v1/channels/{id}/sessions/read", ROUTE_VISITOR, ROUTE_JSON, BODY_CONTROL,
     ROUTE_READS, visit_read, NULL},
    {"POST", "/v1/channels/{id}/sessions/ticket", ROUTE_VISITOR, ROUTE_JSON_OPTIONAL, BODY_CONTROL,
     ROUTE_READS, visit_ticket, NULL},
    {"GET", "/v1/channels/{id}/sessions/stream", ROUTE_BROWSER, ROUTE_NO_BODY, 0, ROUTE_READS,
     visit_stream, NULL},
    {"POST", "/v1/channels/{id}/sessions/end", ROUTE_VISITOR, ROUTE_JSON_OPTIONAL, BODY_CONTROL,
     ROUTE_READS, visit_end, NULL},
    POST("/v1/conversations/{id}/typing", PEOPLE, ROUTE_JSON, conversations_typing),

    GET("/v1/bots", ADMIN, accounts_list_bots),
    PUT("/v1/bots/{id}", ADMIN, accounts_put_bot),
    GET("/v1/bots/{id}", ADMIN, accounts_get_bot),
    DELETE("/v1/bots/{id}", accounts_delete_bot),
    GET("/v1/agents", READERS, agents_list),
    PUT("/v1/agents/{id}", ADMIN, agents_put),
    GET("/v1/agents/{id}", READERS, agents_get),
    DELETE("/v1/agents/{id}", agents_delete),
    PUT("/v1/agents/{id}/presence", PEOPLE, agents_presence),
    GET("/v1/queues", READERS, queues_list),
    PUT("/v1/queues/{id}", ADMIN, queues_put),
    GET("/v1/queues/{id}", READERS, queues_get),
    DELETE("/v1/queues/{id}", queues_delete),
    GET("/v1/policies", ADMIN, policies_list),
    POST("/v1/policies", ADMIN, ROUTE_JSON, policies_create),
    POST("/v1/policies/learn-handover", ADMIN, ROUTE_JSON_OPTIONAL, policies_learn_handover),
    GET("/v1/policies/{version}", ADMIN, policies_get),
    POST("/v1/policies/{version}/activate", ADMIN, ROUTE_JSON_OPTIONAL, policies_activate),
    GET("/v1/knowledge/search", READERS, knowledge_search),
    GET("/v1/knowledge/gaps", ADMIN, gaps_list),
    GET("/v1/knowledge", ADMIN, knowledge_list),
    PUT("/v1/knowledge/{id}", ADMIN, knowledge_put),
    GET("/v1/knowledge/{id}", ADMIN, knowledge_get),
    DELETE("/v1/knowledge/{id}", knowledge_delete),
    {"PUT", "/v1/intents/{name}/examples", ADMIN, ROUTE_JSON, BODY_MANY, ROUTE_READS,
     intents_put_examples, NULL},
    GET("/v1/intents/{name}/examples", ADMIN, intents_get_examples),
    GET("/v1/models", ADMIN, models_list),
    POST("/v1/models", ADMIN, ROUTE_JSON_OPTIONAL, models_create),
    GET("/v1/models/{version}", ADMIN, models_get),
    POST("/v1/models/rollback", ADMIN, ROUTE_JSON_OPTIONAL, models_rollback),
    POST("/v1/models/{version}/activate", ADMIN, ROUTE_JSON_OPTIONAL, models_activate),

    GET("/v1/jobs", ADMIN, jobs_list_dead),
    POST("/v1/jobs/{id}/replay", ADMIN, ROUTE_JSON_OPTIONAL, jobs_replay),
    GET("/v1/reports/overview", READERS, reports_overview),
    GET("/v1/reports/routing", READERS, reports_routing),
    GET("/v1/reports/queues", READERS, reports_queues),
    GET("/v1/stream", READERS, stream_open),

    OPEN("/livez", ROUTE_LOOP, health_live),
    OPEN("/readyz", ROUTE_READS, health_ready),
    OPEN("/metrics", ROUTE_LOOP, health_metrics),
    OPEN("/openapi.json", ROUTE_LOOP, health_openapi),
};
#define ROUTES ((int)(sizeof table / sizeof table[0]))

struct segments {
    struct span param[REQUEST_PARAMS_MAX];
    int n;
};

/* "/v1/agents/{id}" against raw segments; an empty segment is no parameter. */
static bool matches(const char *pattern, const char *path, struct segments *found) {
    struct span want = span_of(pattern + 1), have = span_of(path + 1), w, h;
    found->n = 0;
    while (span_split(&want, '/', &w)) {
        if (!span_split(&have, '/', &h))
            return false;
        bool parameter = w.n && w.p[0] == '{';
        if (parameter ? h.n == 0 : !span_equal(w, h))
            return false;
        if (parameter)
            found->param[found->n++] = h;
    }
    return have.p == NULL;
}

static enum err decode(struct arena *a, const struct segments *found,
                       const char *param[REQUEST_PARAMS_MAX]) {
    for (int i = 0; i < found->n; i++) {
        char *text;
        if (found->param[i].n > PARAM_BYTES_MAX)
            return ERR_ABSENT;
        TRY(enc_unpercent(a, found->param[i], false, &text));
        param[i] = text;
    }
    return OK;
}

static bool is_endless(const struct route *row) {
    return row->handle == stream_open || row->handle == visit_stream;
}

/* HEAD is GET whose body the driver keeps back. */
static bool answers(const struct route *row, const char *method) {
    bool head = strcmp(method, "HEAD") == 0 && !is_endless(row);
    return strcmp(row->method, head ? "GET" : method) == 0;
}

static size_t put_allowed(char *allow, size_t n, const struct route *row) {
    bool head = answers(row, "HEAD");
    return n + (size_t)snprintf(allow + n, ROUTES_ALLOW_MAX - n, "%s%s%s", n ? ", " : "",
                                row->method, head ? ", HEAD" : "");
}

/* Nearly every path has one method, so that they are only collected when the right one was not met.
 */
enum err routes_find(struct arena *a, const struct http_call *call, const struct route **route,
                     const char *param[REQUEST_PARAMS_MAX], char allow[ROUTES_ALLOW_MAX]) {
    struct segments found;
    size_t n = 0;
    allow[0] = '\0';
    for (int i = 0; i < ROUTES; i++) {
        if (!matches(table[i].pattern, call->path, &found))
            continue;
        *route = &table[i];
        TRY(decode(a, &found, param));
        if (answers(&table[i], call->method))
            return OK;
        n = put_allowed(allow, n, &table[i]);
    }
    return n ? ERR_METHOD : ERR_ABSENT;
}
