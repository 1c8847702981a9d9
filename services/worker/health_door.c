#include "health_door.h"

#include <string.h>

#include "../../common/base/metric.h"

#define METRICS_BYTES_MAX (256 * 1024)
#define DOOR_CONNECTIONS_MAX 64
#define DOOR_DEADLINE_MS 5000
#define DOOR_IDLE_MS 15000

static void live(struct world *w, struct http_call *call, struct http_admit *out) {
    (void)w;
    (void)call;
    out->status = 200;
    out->body = "{\"status\":\"alive\"}";
}

static void ready(struct world *w, struct http_call *call, struct http_admit *out) {
    (void)call;
    bool can_work = world_ready(w) == OK;
    bool cache = !*w->cfg->redis_url || redis_up(w->redis);
    out->status = can_work ? 200 : 503;
    out->body = !can_work ? "{\"status\":\"unready\"}"
                : cache   ? "{\"status\":\"ready\"}"
                          : "{\"status\":\"degraded\",\"checks\":{\"redis\":\"down\"}}";
}

static void metrics(struct world *w, struct http_call *call, struct http_admit *out) {
    (void)w;
    buf_auto b;
    buf_init(&b, METRICS_BYTES_MAX);
    metric_render(&b);
    out->status = 200;
    out->content_type = "text/plain; version=0.0.4; charset=utf-8";
    out->body = arena_strndup(call->arena, b.p, b.len);
}

static const struct {
    const char *path;
    void (*answer)(struct world *, struct http_call *, struct http_admit *);
} doors[] = {{"/livez", live}, {"/readyz", ready}, {"/metrics", metrics}};

/* Answers at once, on the loop thread: only probes come here, so that a readiness query may block
 * it. */
static void admit(void *ctx, struct http_call *call, struct http_admit *out) {
    out->status = 404;
    out->content_type = "application/json";
    out->body = "{\"title\":\"nothing here\"}";
    for (size_t i = 0; i < sizeof doors / sizeof doors[0]; i++)
        if (strcmp(call->path, doors[i].path) == 0)
            doors[i].answer(ctx, call, out);
}

static void never_ready(void *ctx, struct http_call *call) {
    (void)ctx;
    (void)call;
}

static void refuse(void *ctx, struct http_call *call, int status, const char *detail,
                   struct http_admit *out) {
    (void)ctx;
    (void)call;
    out->status = status;
    out->content_type = "text/plain";
    out->body = detail;
}

enum err health_door_open(struct world *w, const char *listen, struct httpd **out,
                          struct why *why) {
    *out = NULL;
    if (!*listen)
        return OK;
    const struct httpd_options o = {.listen = listen,
                                    .connections_max = DOOR_CONNECTIONS_MAX,
                                    .body_deadline_ms = DOOR_DEADLINE_MS,
                                    .idle_ms = DOOR_IDLE_MS,
                                    .hooks = {w, admit, never_ready, refuse}};
    return httpd_open(&o, out, why);
}
