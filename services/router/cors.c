#include "cors.h"

#include "../../common/channel/webchat.h"

#define PREFLIGHT_HEADERS (CORS_HEADERS_MAX + 4)
#define EXPOSED "Retry-After, X-Request-Id"

static const char *header(const struct request *r, const char *name) {
    return wire_header_find(r->call->headers, r->call->n_headers, name);
}

static bool for_browsers(const struct request *r) {
    return r->route && r->route->roles & ROUTE_BROWSER;
}

bool cors_allowed(const struct request *r) {
    struct snapshot *s = world_snapshot(r->world);
    const struct channel_account *channel = r->param[0] ? snapshot_channel(s, r->param[0]) : NULL;
    bool allowed = channel && channel->kind == CHANNEL_WEBCHAT &&
                   webchat_origin_allowed(channel, header(r, "origin"), header(r, "host"));
    snapshot_release(s);
    return allowed;
}

int cors_headers(const struct request *r, struct wire_header out[CORS_HEADERS_MAX]) {
    const char *origin = header(r, "origin");
    int n = 0;
    if (!for_browsers(r))
        return 0;
    out[n++] = (struct wire_header){"Vary", "Origin"};
    if (!origin || !cors_allowed(r))
        return n;
    out[n++] = (struct wire_header){"Access-Control-Allow-Origin", origin};
    out[n++] = (struct wire_header){"Access-Control-Expose-Headers", EXPOSED};
    return n;
}

bool cors_preflight(const struct request *r, struct http_admit *out) {
    if (!for_browsers(r) || strcmp(r->call->method, "OPTIONS") != 0)
        return false;
    struct wire_header *h = ARENA_ARRAY(r->arena, struct wire_header, PREFLIGHT_HEADERS);
    int n = cors_headers(r, h);
    if (n == CORS_HEADERS_MAX) {
        h[n++] = (struct wire_header){"Access-Control-Allow-Methods", "GET, POST"};
        h[n++] =
            (struct wire_header){"Access-Control-Allow-Headers", "authorization, content-type"};
        h[n++] = (struct wire_header){"Access-Control-Max-Age", "600"};
    }
    h[n++] = (struct wire_header){"X-Request-Id", r->request_id};
    *out = (struct http_admit){.status = n > CORS_HEADERS_MAX + 1 ? 204 : 403,
                               .content_type = NULL,
                               .body = "",
                               .headers = h,
                               .n_headers = n};
    return true;
}
