#include "door.h"

#include <strings.h>

#include "../../common/base/clock.h"
#include "cors.h"
#include "problem.h"
#include "routes.h"
#include "serve.h"
#include "trace.h"
#include "visit.h"

/* Unknown keys may make us look into the database that often, so that guessing costs us nothing. */
#define RECHECKS_BURST 20
#define RECHECK_EVERY_MS 200

/* Only the loop thread comes here. */
static bool take_recheck(struct router *router) {
    int64_t spent = router->recheck_spent_ms;
    int64_t now = clock_monotonic_ms(), oldest = now - RECHECKS_BURST * RECHECK_EVERY_MS;
    int64_t next = (spent > oldest ? spent : oldest) + RECHECK_EVERY_MS;
    if (next > now)
        return false;
    router->recheck_spent_ms = next;
    return true;
}

/* Whoever comes before the next look has begun is served by it, so that a new key may be used by
 * many at once. */
static bool may_recheck(struct router *router) {
    if (!atomic_load(&router->recheck_pending) && !take_recheck(router))
        return false;
    atomic_store(&router->recheck_pending, true);
    return true;
}

static enum err check_caller(struct door_visit *v) {
    struct request *r = &v->request;
    if (!route_needs_key(r->route))
        return (r->route->roles & ROUTE_VISITOR) != ROUTE_VISITOR || visit_has_token(r->call)
                   ? OK
                   : ERR_UNKNOWN_KEY;
    TRY(auth_read(r->call, &v->claim));
    struct snapshot *s = world_snapshot(r->world);
    struct principal caller;
    enum err e = auth_check(s, &v->claim, r->route, &caller);
    v->recheck = e == ERR_UNKNOWN_KEY && !auth_knows(s, &v->claim) && may_recheck(r->router);
    snapshot_release(s);
    return v->recheck ? OK : e;
}

/* "application/json", with no parameter but charset=utf-8. */
static bool is_json(const char *type) {
    struct span rest = span_of(type), part;
    bool named = span_split(&rest, ';', &part) && span_trim(part).n == 16 &&
                 strncasecmp(span_trim(part).p, "application/json", 16) == 0;
    if (!named || !rest.p)
        return named;
    struct span charset = span_trim(rest);
    bool quoted = charset.n == 15 && strncasecmp(charset.p, "charset=\"utf-8\"", 15) == 0;
    return quoted || (charset.n == 13 && strncasecmp(charset.p, "charset=utf-8", 13) == 0);
}

enum err door_check_type(struct request *r) {
    const char *type = wire_header_find(r->call->headers, r->call->n_headers, "content-type");
    bool wrong = type ? !is_json(type) : r->route->body == ROUTE_JSON;
    bool any = r->route->body == ROUTE_NO_BODY || r->route->body == ROUTE_RAW;
    if (any || !wrong)
        return OK;
    return why_set(&r->why, ERR_MEDIA_TYPE, "", "the body must be application/json");
}

static struct door_visit *new_visit(struct router *router, struct http_call *call) {
    struct door_visit *v = ARENA_NEW(call->arena, struct door_visit);
    struct trace trace = trace_read(call);
    v->request = (struct request){.router = router,
                                  .call = call,
                                  .arena = call->arena,
                                  .world = router->world,
                                  .request_id = trace.request_id,
                                  .trace_id = trace.trace_id};
    v->admitted_us = clock_monotonic_us();
    call->user = v;
    return v;
}

static void refuse_with(struct request *r, const struct problem *p, const char *allow,
                        struct http_admit *out) {
    buf_auto body;
    buf_init(&body, REPLY_BYTES_MAX);
    problem_render(p, r->request_id, &body);
    struct wire_header *headers = ARENA_ARRAY(r->arena, struct wire_header, REPLY_HEADERS_MAX);
    int n = problem_headers(p, headers);
    headers[n++] = (struct wire_header){"X-Request-Id", r->request_id};
    if (allow && allow[0])
        headers[n++] = (struct wire_header){"Allow", arena_strdup(r->arena, allow)};
    n += cors_headers(r, headers + n);
    *out = (struct http_admit){.status = p->status,
                               .content_type = PROBLEM_TYPE,
                               .body = arena_strndup(r->arena, body.p, body.len),
                               .headers = headers,
                               .n_headers = n};
}

static void admit(void *ctx, struct http_call *call, struct http_admit *out) {
    struct door_visit *v = new_visit(ctx, call);
    struct request *r = &v->request;
    char allow[ROUTES_ALLOW_MAX];
    enum err e = routes_find(call->arena, call, &r->route, r->param, allow);
    if (e == ERR_METHOD && cors_preflight(r, out))
        return;
    if (e == OK)
        e = check_caller(v);
    if (e == OK && !v->recheck)
        e = door_check_type(r);
    if (e != OK) {
        struct problem p = problem_of(e, &r->why);
        refuse_with(r, &p, allow, out);
        return;
    }
    /* Scoped by key: who has none could be given another's answer. */
    if (route_needs_key(r->route))
        r->idempotency = wire_header_find(call->headers, call->n_headers, "idempotency-key");
    out->body_max = r->route->limit ? r->route->limit(r) : r->route->body_max;
}

static void refuse(void *ctx, struct http_call *call, int status, const char *detail,
                   struct http_admit *out) {
    struct door_visit *v = call->user ? call->user : new_visit(ctx, call);
    struct problem p = problem_of_status(status, detail);
    refuse_with(&v->request, &p, NULL, out);
}

static bool is_turn(const struct door_visit *v) {
    return v->request.route->crew == ROUTE_TURNS && !v->recheck;
}

void door_hand_over(struct door_visit *v) {
    struct router *router = v->request.router;
    if (crew_add(is_turn(v) ? router->turns : router->reads, v->request.call) != OK)
        serve_busy(v);
}

/* What arrived together is taken together. */
static void hand_over_arrived(void *ctx) {
    struct router *router = ctx;
    int n = router->n_arrived;
    router->n_arrived = 0;
    for (int i = n ? crew_add_many(router->turns, router->arrived, n) : 0; i < n; i++)
        serve_busy(((struct http_call *)router->arrived[i])->user);
}

static void ready(void *ctx, struct http_call *call) {
    struct router *router = ctx;
    struct door_visit *v = call->user;
    if (v->request.route->crew == ROUTE_LOOP) {
        serve_call(v);
        return;
    }
    if (!is_turn(v)) {
        door_hand_over(v);
        return;
    }
    router->arrived[router->n_arrived++] = call;
    if (router->n_arrived == ARRIVED_MAX)
        hand_over_arrived(router);
}

struct http_hooks door_hooks(struct router *router) {
    return (struct http_hooks){
        .ctx = router, .admit = admit, .ready = ready, .refuse = refuse, .rest = hand_over_arrived};
}
