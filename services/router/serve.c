#include "serve.h"

#include "../../common/base/clock.h"
#include "../../common/base/log.h"
#include "../../common/base/metric.h"
#include "cors.h"
#include "handlers.h"
#include "idempotency.h"
#include "ingest.h"
#include "problem.h"

#define BODY_OF_ONE (256 * 1024) /* the body that JSON_NODES_MAX is meant for */

/* Asked first, because naming a call to the log costs as much as the rest of an ordinary answer. */
void serve_log(const struct request *r, int status) {
    bool wrong = status >= 500;
    if (!wrong && strcmp(r->world->cfg->log_level, "debug") != 0)
        return;
    log_context(r->request_id, r->trace_id);
    log_event(wrong ? LOG_WARN : LOG_DEBUG, "request", LOG_T("method", r->call->method),
              LOG_T("path", r->call->path), LOG_N("status", status), LOG_T("key", r->caller.key_id),
              LOG_N("us", clock_monotonic_us() - r->call->received_us));
    log_context(NULL, NULL);
}

static void answer(struct request *r, struct reply *out) {
    if (r->route->crew != ROUTE_LOOP)
        serve_log(r, out->status);
    reply_header(out, "X-Request-Id", r->request_id);
    out->n_headers += cors_headers(r, out->headers + out->n_headers);
    httpd_answer(r->router->httpd, r->call, out->status, out->content_type, buf_span(&out->body),
                 out->headers, out->n_headers);
}

static void reply_init(struct reply *out) {
    *out = (struct reply){.status = 200, .content_type = "application/json"};
    buf_init(&out->body, REPLY_BYTES_MAX);
}

/* The answer to a failed call; headers may hold PROBLEM_HEADERS_MAX more. */
static void render_problem(const struct request *r, enum err e, struct reply *out) {
    struct problem p = problem_of(e, &r->why);
    struct wire_header headers[PROBLEM_HEADERS_MAX];
    int n = problem_headers(&p, headers);
    buf_reset(&out->body);
    out->status = p.status;
    out->content_type = PROBLEM_TYPE;
    for (int i = 0; i < n; i++)
        reply_header(out, headers[i].name, headers[i].value);
    problem_render(&p, r->request_id, &out->body);
}

void serve_problem(struct request *r, enum err e) {
    struct reply out;
    reply_init(&out);
    render_problem(r, e, &out);
    answer(r, &out);
    buf_fini(&out.body);
}

enum err serve_identify(struct door_visit *v, struct snapshot *s) {
    v->request.snapshot = s;
    if (!route_needs_key(v->request.route))
        return OK;
    return auth_check(s, &v->claim, v->request.route, &v->request.caller);
}

bool serve_is_typed(const struct request *r) {
    return wire_header_find(r->call->headers, r->call->n_headers, "content-type") != NULL;
}

/* A larger body may hold more values, in proportion. */
enum err serve_parse(struct request *r) {
    size_t many = r->route->body_max / BODY_OF_ONE;
    int64_t nodes = JSON_NODES_MAX * (int64_t)(many > 1 ? many : 1);
    if (r->route->body == ROUTE_NO_BODY || r->route->body == ROUTE_RAW)
        return OK;
    if (r->route->body == ROUTE_JSON_OPTIONAL && r->call->body.n == 0)
        return OK;
    if (!serve_is_typed(r))
        return why_set(&r->why, ERR_MEDIA_TYPE, "", "the body must be application/json");
    return json_load_limited(r->call->body, nodes, &r->body, &r->why);
}

static enum err run_handler(struct request *r, struct reply *out) {
    TRY(serve_parse(r));
    TRY(r->route->handle(r, out));
    return out->status == REPLY_TAKEN ? OK : buf_done(&out->body);
}

static enum err run_once(struct request *r, struct reply *out) {
    struct idempotency mark;
    bool answered = false;
    TRY(idempotency_begin(r, &mark, out, &answered));
    if (answered)
        return OK;
    enum err e = run_handler(r, out);
    if (e != OK)
        render_problem(r, e, out);
    idempotency_end(r, &mark, out);
    return OK;
}

static enum err run(struct request *r, struct reply *out) {
    bool writes = strcmp(r->route->method, "GET") != 0;
    return writes && r->idempotency ? run_once(r, out) : run_handler(r, out);
}

/* A handler that makes a stream of the call takes the request away with it; what is to be given
 * back is remembered before. */
void serve_call(struct door_visit *v) {
    struct request *r = &v->request;
    struct snapshot *s = world_snapshot(r->world);
    struct reply out;
    reply_init(&out);
    log_context(r->request_id, r->trace_id);
    enum err e = serve_identify(v, s);
    if (e == OK)
        e = run(r, &out);
    if (e != OK)
        render_problem(r, e, &out);
    json_auto body = out.status == REPLY_TAKEN ? NULL : r->body;
    log_context(NULL, NULL);
    if (out.status != REPLY_TAKEN)
        answer(r, &out);
    buf_fini(&out.body);
    snapshot_release(s);
}

static bool is_plain_message(const struct door_visit *v) {
    return v->request.route->handle == ingest_message && !v->request.idempotency;
}

int64_t serve_begin_by_ms(const struct request *r) {
    return r->call->received_us / 1000 + r->world->cfg->database_timeout_ms;
}

/* The time is better spent on those behind. It is what keeps a queue short whose database does not
 * answer. */
static bool has_waited_too_long(const struct request *r) {
    return clock_monotonic_ms() > serve_begin_by_ms(r);
}

void serve_busy(struct door_visit *v) {
    metric_add(METRIC_http_overload, 1);
    serve_problem(&v->request, ERR_BUSY);
}

/* Those that still want an answer stay, in their order; how many. */
static int turn_away_late(void **items, int n) {
    int kept = 0;
    for (int i = 0; i < n; i++) {
        struct http_call *call = items[i];
        struct door_visit *v = call->user;
        if (has_waited_too_long(&v->request))
            serve_busy(v);
        else
            items[kept++] = call;
    }
    return kept;
}

/* Of the calls that came the new messages go onto the desk; the others stay, in their order: how
 * many. */
static int sort_out(struct router *router, int worker, void **items, int n) {
    int others = 0, messages = 0;
    struct door_visit **plain = ingest_tray(router, worker);
    n = turn_away_late(items, n);
    for (int i = 0; i < n; i++) {
        struct http_call *call = items[i];
        if (is_plain_message(call->user))
            plain[messages++] = call->user;
        else
            items[others++] = call;
    }
    if (messages)
        ingest_add(router, worker, messages);
    return others;
}

/* New messages first and together: whatever else waits is fewer and slower. What comes while others
 * have the database is read meanwhile, and saved with them. */
void serve_turns(void *ctx, int worker, void **items, int n) {
    struct router *router = ctx;
    int room = (int)router->world->cfg->batch_max - n;
    int others = sort_out(router, worker, items, n), more;
    if (ingest_is_open(router, worker)) {
        while ((more = crew_enter(router->turns, items + others, room)) > 0) {
            room -= more;
            others += sort_out(router, worker, items + others, more);
        }
        ingest_save(router, worker);
        crew_leave(router->turns);
        ingest_answer(router, worker);
    }
    for (int i = 0; i < others; i++)
        serve_call(((struct http_call *)items[i])->user);
}

/* The configuration as it was after the call came, unless somebody has looked since. */
static enum err look_again(const struct door_visit *v) {
    struct router *router = v->request.router;
    if (atomic_load(&router->rechecked_us) > v->admitted_us)
        return OK;
    int64_t began_us = clock_monotonic_us();
    atomic_store(&router->recheck_pending, false);
    pg_lease_auto c = NULL;
    TRY(pg_lease(router->world->reads, &c));
    TRY(world_refresh(router->world, c));
    atomic_store(&router->rechecked_us, began_us);
    return OK;
}

/* The key was not in our snapshot; the database says whether that is because the snapshot is old.
 */
static enum err recheck(struct door_visit *v) {
    TRY(look_again(v));
    struct snapshot *s = world_snapshot(v->request.world);
    enum err e = serve_identify(v, s);
    v->request.snapshot = NULL;
    v->request.caller = (struct principal){0};
    snapshot_release(s);
    TRY(e);
    return door_check_type(&v->request);
}

static void serve_rechecked(struct door_visit *v) {
    struct request *r = &v->request;
    enum err e = recheck(v);
    v->recheck = false;
    if (e != OK)
        serve_problem(r, e);
    else if (r->route->crew == ROUTE_TURNS)
        door_hand_over(v);
    else
        serve_call(v);
}

void serve_reads(void *ctx, int worker, void **items, int n) {
    (void)ctx, (void)worker;
    n = turn_away_late(items, n);
    for (int i = 0; i < n; i++) {
        struct door_visit *v = ((struct http_call *)items[i])->user;
        if (v->recheck)
            serve_rechecked(v);
        else
            serve_call(v);
    }
}
