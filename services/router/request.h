/*
 * request: one HTTP call as a handler sees it: matched route, caller, path parameters, parsed body;
 * and the reply it fills. A handler parses, acts, renders and returns an error code; it knows no
 * SQL and no rules, and never answers by itself: routes.c does, problem.c renders errors.
 */
#pragma once
#include "../../common/base/buf.h"
#include "../../common/codec/json.h"
#include "../../common/flow/world.h"
#include "../../common/io/httpd.h"
#include "../../common/model/party.h"

#define REQUEST_PARAMS_MAX 3
#define REPLY_BYTES_MAX (32 * 1024 * 1024) /* the largest is a mail's attachment */
#define REPLY_HEADERS_MAX 9

struct request;
struct reply;
struct router; /* the process: router.h */
typedef enum err route_handler(struct request *r, struct reply *out);

enum route_crew {
    ROUTE_LOOP,
    ROUTE_TURNS,
    ROUTE_READS
}; /* who runs it: the loop itself (must not block), … */
enum route_body { ROUTE_NO_BODY, ROUTE_JSON, ROUTE_JSON_OPTIONAL, ROUTE_RAW };

#define ROLE_BIT(role) (1u << (role))
#define ROUTE_OPEN 0u /* no key */
/* Of browsers on other sites: cors.h. No key; the handler finds out who it is. */
#define ROUTE_BROWSER (1u << 30)
#define ROUTE_VISITOR (ROUTE_BROWSER | 1u << 31) /* and they must bring a visitor's token */

struct route {
    const char *method;
    const char *pattern; /* "/v1/agents/{id}/presence": {x} is one segment */
    unsigned roles;      /* ROLE_BITs; ROUTE_OPEN: anybody */
    enum route_body body;
    size_t body_max; /* bytes */
    enum route_crew crew;
    route_handler *handle;
    /* asked when the header is complete, where body_max is not for all alike; NULL: body_max */
    size_t (*limit)(const struct request *r);
};

static inline bool route_needs_key(const struct route *route) {
    return route->roles != ROUTE_OPEN && !(route->roles & ROUTE_BROWSER);
}

struct principal {
    enum role role;
    const char *key_id;
    const struct api_key *key; /* borrowed from the request's snapshot */
};

struct request {
    struct router *router;
    struct http_call *call;
    struct arena *arena;
    struct world *world;
    struct snapshot *snapshot; /* held for the request */
    const struct route *route;
    struct principal caller;
    const char *param[REQUEST_PARAMS_MAX]; /* decoded, in order of the pattern */
    const char *request_id, *trace_id;
    const char *idempotency; /* Idempotency-Key as sent; NULL: none */
    json_t *body;            /* NULL: none */
    struct why why;          /* text for problem+json when the handler returns an error */
};

#define REPLY_TAKEN                                                                                \
    0 /* status: the handler made a stream of the call; there is nothing to answer */

struct reply {
    int status;               /* 200 until set */
    const char *content_type; /* application/json until set */
    struct buf body;
    struct wire_header headers[REPLY_HEADERS_MAX];
    int n_headers;
};

/* Query parameter, decoded; NULL if absent. ERR_INVALID with why for a broken escape. */
MUST_CHECK enum err request_query(struct request *r, const char *name, const char **value);
/* Integer query parameter within min..max; absent gives fallback. ERR_INVALID names it. */
MUST_CHECK enum err request_query_number(struct request *r, const char *name, int64_t min,
                                         int64_t max, int64_t fallback, int64_t *value);
/* Path parameter i as an id; anything that is not a UUID is ERR_ABSENT: it names nothing. */
MUST_CHECK enum err request_uid(struct request *r, int i, struct uid *out);
void reply_header(struct reply *out, const char *name,
                  const char *value); /* borrowed until answered */
/* May the caller use this channel? ERR_DENIED for a connector key not bound to it. */
MUST_CHECK enum err request_allow_channel(struct request *r, const char *channel);
/* The agent that the caller acts as: an agent key acts as itself only (ERR_DENIED), an admin as
 * anyone. */
MUST_CHECK enum err request_allow_agent(struct request *r, const char *agent);
/* {"items":[…],"next_cursor":…}: opens and closes the list. cursor NULL: last page. */
void reply_list_open(struct reply *out);
void reply_list_close(struct reply *out, const char *cursor);
