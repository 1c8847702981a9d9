#include "ingest.h"

#include <assert.h>
#include <stdlib.h>

#include "handlers.h"
#include "ingest_body.h"
#include "problem.h"
#include "serve.h"

#define ITEMS_MAX 500 /* of POST /v1/messages/batch */

/* One message on its way: why it was refused stands in turn.err and turn.why. */
struct ingest_item {
    json_t *json; /* borrowed; NULL: the body has been read without */
    struct ingest_body body;
    struct turn turn;
};

/* What is configured, as a batch sees it. A channel that is not is looked for once in the database.
 */
struct view {
    struct world *world;
    struct arena *arena;
    struct world_held held;
    bool looked;
};

struct ingest_desk {
    struct arena *arena;
    struct buf body;
    struct door_visit **tray; /* of n calls, in the order of the items */
    int n, batch_max;
    struct view view;
    struct ingest_item *items;
    struct turn_batch *turns;
};

struct ingest_desk *ingest_desks_open(int executors, int batch_max) {
    struct ingest_desk *desks = calloc((size_t)executors, sizeof *desks);
    if (!desks)
        abort();
    for (int i = 0; i < executors; i++) {
        desks[i].arena = arena_new();
        desks[i].batch_max = batch_max;
        desks[i].tray = calloc((size_t)batch_max, sizeof(struct door_visit *));
        if (!desks[i].tray)
            abort();
        buf_init(&desks[i].body, REPLY_BYTES_MAX);
    }
    return desks;
}

void ingest_desks_close(struct ingest_desk *desks, int executors) {
    for (int i = 0; i < executors; i++) {
        arena_free(desks[i].arena);
        free(desks[i].tray);
        buf_fini(&desks[i].body);
    }
    free(desks);
}

struct door_visit **ingest_tray(struct router *router, int worker) {
    return router->desks[worker].tray + router->desks[worker].n;
}

/* As it is now: a key may have been revoked since the batch began. */
static void view_renew(struct view *v) { world_hold(v->world, v->arena, &v->held); }

static struct view view_open(struct world *w, struct arena *a) {
    struct view v = {.world = w, .arena = a};
    view_renew(&v);
    return v;
}

static void view_close(struct view *v) { world_let_go(&v->held); }

static enum err view_look(struct view *v) {
    pg_lease_auto c = NULL;
    TRY(pg_lease(v->world->turns, &c));
    TRY(world_refresh(v->world, c));
    v->looked = true;
    view_renew(v);
    return OK;
}

static enum err view_channel(struct view *v, const char *id, const struct channel_account **out,
                             struct why *why) {
    *out = snapshot_channel(v->held.newest, id);
    if (!*out && !v->looked) {
        TRY(view_look(v));
        *out = snapshot_channel(v->held.newest, id);
    }
    return *out ? OK : why_set(why, ERR_INVALID, "/channel", "there is no such channel");
}

static enum err prepare(struct request *r, struct view *view, struct arena *a,
                        struct ingest_item *item) {
    const struct ingest_body *body = &item->body;
    const struct channel_account *channel;
    if (item->json)
        TRY(ingest_body_read(item->json, &item->body, &r->why));
    TRY(request_allow_channel(r, body->channel));
    TRY(view_channel(view, body->channel, &channel, &r->why));
    return ingest_body_turn(a, body, channel, &item->turn, &r->why);
}

/* An item that cannot be run carries its error as if it had been. */
static bool prepare_item(struct request *r, struct view *view, struct arena *a,
                         struct ingest_item *item) {
    r->why = (struct why){0};
    enum err e = prepare(r, view, a, item);
    item->turn.err = e;
    item->turn.why = r->why;
    return e == OK;
}

static void render_members(const struct turn *t, struct buf *b) {
    json_put_key(b, "message");
    buf_addc(b, '{');
    json_put_uid(b, "id", t->message.id);
    json_put_uid(b, "conversation_id", t->message.conversation_id);
    json_put_uid(b, "customer_id", t->message.customer_id);
    json_put_number(b, "seq", t->message.seq);
    json_put_flag(b, "duplicate", t->duplicate);
    buf_addc(b, '}');
    json_put_key(b, "decision");
    if (!t->decision) {
        buf_adds(b, "null");
        return;
    }
    buf_addc(b, '{');
    json_put_uid(b, "id", t->message.id);
    decision_render(t->decision, b);
    buf_addc(b, '}');
}

static int status_of(const struct turn *t) { return t->duplicate ? 200 : 201; }

/* ---- many requests with one message each ---- */

static enum err parse(struct door_visit *v, struct snapshot *s, struct arena *a,
                      struct ingest_item *item) {
    TRY(serve_identify(v, s));
    if (serve_is_typed(&v->request) && ingest_body_plain(a, v->request.call->body, &item->body))
        return OK;
    TRY(serve_parse(&v->request));
    item->json = v->request.body;
    return OK;
}

/* Can it be run? */
static bool read_call(struct ingest_desk *desk, struct door_visit *v, struct ingest_item *item) {
    *item = (struct ingest_item){0};
    enum err e = parse(v, desk->view.held.newest, desk->arena, item);
    item->turn.err = e;
    item->turn.why = v->request.why;
    if (e != OK || !prepare_item(&v->request, &desk->view, desk->arena, item))
        return false;
    item->turn.begin_by_ms = serve_begin_by_ms(&v->request);
    return true;
}

static void open_desk(struct router *router, struct ingest_desk *desk) {
    desk->view = view_open(router->world, desk->arena);
    desk->items = ARENA_ROOM(desk->arena, struct ingest_item, desk->batch_max);
    desk->turns = turn_batch_open(router->world, desk->arena, desk->batch_max);
}

void ingest_add(struct router *router, int worker, int n) {
    struct ingest_desk *desk = &router->desks[worker];
    struct turn **turns = ARENA_ARRAY(desk->arena, struct turn *, n);
    int valid = 0;
    if (!desk->n)
        open_desk(router, desk);
    view_renew(&desk->view);
    for (int i = 0; i < n; i++, desk->n++)
        if (read_call(desk, desk->tray[desk->n], &desk->items[desk->n]))
            turns[valid++] = &desk->items[desk->n].turn;
    turn_batch_add(desk->turns, turns, valid);
}

bool ingest_is_open(const struct router *router, int worker) { return router->desks[worker].n > 0; }

void ingest_save(struct router *router, int worker) { turn_batch_run(router->desks[worker].turns); }

/* Into the shared buffer: only its length is known until all are written. */
static void render(struct ingest_desk *desk, struct request *r, struct turn *t,
                   struct http_answer *out) {
    struct wire_header *headers = ARENA_ARRAY(desk->arena, struct wire_header, REPLY_HEADERS_MAX);
    struct buf *b = &desk->body;
    size_t before = b->len;
    *out = (struct http_answer){.call = r->call, .headers = headers};
    if (t->err == OK) {
        out->status = status_of(t);
        out->content_type = "application/json";
        buf_addc(b, '{');
        render_members(t, b);
        buf_addc(b, '}');
    } else {
        struct problem p = problem_of(t->err, &t->why);
        out->status = p.status;
        out->content_type = PROBLEM_TYPE;
        out->n_headers = problem_headers(&p, headers);
        problem_render(&p, r->request_id, b);
    }
    headers[out->n_headers++] = (struct wire_header){"X-Request-Id", r->request_id};
    out->body.n = b->len - before;
}

static void answer_all(struct ingest_desk *desk) {
    int n = desk->n;
    struct http_answer *answers = ARENA_ARRAY(desk->arena, struct http_answer, n);
    for (int i = 0; i < n; i++) {
        render(desk, &desk->tray[i]->request, &desk->items[i].turn, &answers[i]);
        serve_log(&desk->tray[i]->request, answers[i].status);
    }
    const char *at = buf_span(&desk->body).p;
    for (int i = 0; i < n; i++) {
        answers[i].body.p = at;
        at += answers[i].body.n;
    }
    assert(buf_done(&desk->body) ==
           OK); /* a batch of the largest answers is far below the maximum */
    httpd_answer_many(desk->tray[0]->request.router->httpd, answers, n);
}

/* Answered before the cache is told: nobody waits for Redis who need not. */
void ingest_answer(struct router *router, int worker) {
    struct ingest_desk *desk = &router->desks[worker];
    json_t **bodies = ARENA_ARRAY(desk->arena, json_t *, desk->n);
    for (int i = 0; i < desk->n; i++)
        bodies[i] = desk->tray[i]->request.body;
    answer_all(desk);
    turn_batch_close(desk->turns);
    for (int i = 0; i < desk->n; i++)
        json_decref(bodies[i]);
    view_close(&desk->view);
    buf_reset(&desk->body);
    arena_reset(desk->arena);
    desk->n = 0;
}

/* ---- one request by itself, because it has an Idempotency-Key ---- */

enum err ingest_message(struct request *r, struct reply *out) {
    struct ingest_item item = {.json = r->body};
    struct turn *turn = &item.turn;
    struct view view = view_open(r->world, r->arena);
    if (prepare_item(r, &view, r->arena, &item))
        turn_run(r->world, r->arena, &turn, 1);
    if (turn->err == OK) {
        out->status = status_of(turn);
        buf_addc(&out->body, '{');
        render_members(turn, &out->body);
        buf_addc(&out->body, '}');
    }
    view_close(&view);
    r->why = turn->why;
    return turn->err;
}

/* ---- one request with many messages ---- */

static void render_item(struct request *r, const struct turn *t, struct buf *b) {
    json_put_item(b);
    buf_addc(b, '{');
    if (t->err == OK) {
        json_put_number(b, "status", status_of(t));
        render_members(t, b);
    } else {
        struct problem p = problem_of(t->err, &t->why);
        json_put_number(b, "status", p.status);
        json_put_key(b, "problem");
        problem_render(&p, r->request_id, b);
    }
    buf_addc(b, '}');
}

/* At most TURN_BATCH_MAX of the items, in one run. */
static void run_some(struct request *r, struct view *view, struct ingest_item *items, int n) {
    struct turn **turns = ARENA_ARRAY(r->arena, struct turn *, n);
    int valid = 0;
    for (int i = 0; i < n; i++)
        if (prepare_item(r, view, r->arena, &items[i]))
            turns[valid++] = &items[i].turn;
    if (valid)
        turn_run(r->world, r->arena, turns, valid);
}

static enum err read_items(struct request *r, json_t **array) {
    static const struct json_field fields[] = {
        {"items", JSON_KIND_ARRAY, true, 0, 1, ITEMS_MAX},
    };
    return json_fill(r->body, "", fields, 1, array, &r->why);
}

/* What failed on our side may be tried again, so it must not become the kept answer of a key. */
static enum err our_failure(const struct request *r, const struct ingest_item *items, int n) {
    enum err first = OK;
    int failed = 0;
    for (int i = 0; i < n; i++) {
        bool ours = err_http(items[i].turn.err) >= 500;
        first = ours && !failed ? items[i].turn.err : first;
        failed += ours;
    }
    return failed == n || r->idempotency ? first : OK;
}

static void render_items(struct request *r, const struct ingest_item *items, int n,
                         struct reply *out) {
    out->status = 207;
    buf_adds(&out->body, "{\"items\":[");
    for (int i = 0; i < n; i++)
        render_item(r, &items[i].turn, &out->body);
    buf_adds(&out->body, "]}");
}

enum err ingest_batch(struct request *r, struct reply *out) {
    json_t *array = NULL;
    TRY(read_items(r, &array));
    int n = (int)json_array_size(array), step = (int)r->world->cfg->batch_max;
    struct ingest_item *items = ARENA_ARRAY(r->arena, struct ingest_item, n);
    struct view view = view_open(r->world, r->arena);
    for (int i = 0; i < n; i++)
        items[i].json = json_array_get(array, (size_t)i);
    for (int i = 0; i < n; i += step)
        run_some(r, &view, items + i, n - i < step ? n - i : step);
    r->why = (struct why){0};
    enum err e = our_failure(r, items, n);
    if (e == OK)
        render_items(r, items, n, out);
    view_close(&view);
    return e;
}
