#include "../../common/base/clock.h"
#include "../../common/base/metric.h"
#include "handlers.h"
#include "router.h"

#define READY_KEPT_MS 1000

/* services/router/openapi.json, byte for byte. */
__asm__(".pushsection .rodata\n"
        "health_document_begin: .incbin \"services/router/openapi.json\"\n"
        "health_document_end: .byte 0\n"
        ".popsection\n");
extern const char health_document_begin[], health_document_end[];

enum err health_live(struct request *r, struct reply *out) {
    (void)r;
    buf_adds(&out->body, "{\"status\":\"alive\"}");
    return OK;
}

enum err health_metrics(struct request *r, struct reply *out) {
    (void)r;
    out->content_type = "text/plain; version=0.0.4; charset=utf-8";
    metric_render(&out->body);
    return OK;
}

enum err health_openapi(struct request *r, struct reply *out) {
    (void)r;
    buf_add(&out->body, health_document_begin,
            (size_t)(health_document_end - health_document_begin));
    return OK;
}

/* A probe may come as often as it likes; the database is asked once a second. */
static enum err database(struct router *router) {
    int64_t now = clock_monotonic_ms(), checked = atomic_load(&router->ready_checked_ms);
    if (checked && now - checked < READY_KEPT_MS)
        return (enum err)atomic_load(&router->ready_found);
    enum err e = world_ready(router->world);
    atomic_store(&router->ready_found, (int)e);
    atomic_store(&router->ready_checked_ms, clock_monotonic_ms());
    return e;
}

static const char *redis_word(struct world *w) {
    if (w->cfg->redis_url[0] == '\0')
        return "off";
    return redis_up(w->redis) ? "ok" : "failed";
}

/* Redis is a cache and a bell: without it we are slower, never wrong. */
enum err health_ready(struct request *r, struct reply *out) {
    enum err e = database(r->router);
    bool answers = e != ERR_STORE && e != ERR_TIMEOUT && e != ERR_BUSY;
    bool draining = atomic_load(&r->router->draining), ready = e == OK && !draining;
    const char *redis = redis_word(r->world);
    bool degraded = strcmp(redis, "failed") == 0;
    out->status = ready ? 200 : 503;
    buf_addc(&out->body, '{');
    json_put_text(&out->body, "status", !ready ? "unready" : degraded ? "degraded" : "ready");
    json_put_flag(&out->body, "draining", draining);
    json_put_key(&out->body, "checks");
    buf_addc(&out->body, '{');
    json_put_text(&out->body, "database", answers ? "ok" : "failed");
    json_put_text(&out->body, "migrations", e == OK ? "ok" : answers ? "failed" : "unknown");
    json_put_text(&out->body, "redis", redis);
    buf_adds(&out->body, "}}");
    return OK;
}
