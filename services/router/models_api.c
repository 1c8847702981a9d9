/* Models by version: asked for, looked at, activated. */
#include <stddef.h>

#include "../../common/store/models.h"
#include "configuration.h"
#include "handlers.h"
#include "training.h"

struct model_body {
    bool activate;
};

static const struct json_field body_rows[] = {
    {"activate", JSON_KIND_FLAG, false, offsetof(struct model_body, activate), 0, 0},
};

static const char *const state_texts[] = {
    [MODELS_TRAINING] = "training", [MODELS_READY] = "ready", [MODELS_FAILED] = "failed"};

static void render_model(const struct models_version *m, int active, struct buf *out) {
    buf_addc(out, '{');
    json_put_number(out, "version", m->version);
    json_put_text(out, "state", state_texts[m->state]);
    json_put_flag(out, "active", m->version == active);
    json_put_text(out, "error", *m->error ? m->error : NULL);
    json_put_when(out, "created_at", m->created_ms);
    json_put_when(out, "activated_at", m->activated_ms);
    json_put_raw(out, "report", m->report);
    buf_addc(out, '}');
}

static enum err reply_model(struct request *r, struct pg *c, int version, struct reply *out) {
    struct models_version model;
    int active;
    TRY(models_load(c, r->arena, version, &model));
    TRY(models_load_active(c, &active));
    render_model(&model, active, &out->body);
    return OK;
}

enum err models_create(struct request *r, struct reply *out) {
    struct model_body body = {false};
    struct training_wish wish;
    pg_lease_auto c = NULL;
    if (r->body)
        TRY(json_fill(r->body, "", body_rows, 1, &body, &r->why));
    TRY(pg_lease(r->world->reads, &c));
    TRY(models_add(c, &wish.version));
    wish.activate = body.activate;
    enum err e = training_add(r->world->cfg, &wish);
    if (e != OK) {
        TRY(models_drop(c, r->arena, wish.version));
        return e;
    }
    out->status = 202;
    return reply_model(r, c, wish.version, out);
}

enum err models_get(struct request *r, struct reply *out) {
    int version;
    pg_lease_auto c = NULL;
    TRY(configuration_version(r, &version));
    TRY(pg_lease(r->world->reads, &c));
    return reply_model(r, c, version, out);
}

enum err models_activate(struct request *r, struct reply *out) {
    int version;
    pg_lease_auto c = NULL;
    TRY(configuration_version(r, &version));
    TRY(pg_lease(r->world->reads, &c));
    enum err e = models_make_active(c, r->arena, version);
    if (e == ERR_CONFLICT)
        return why_set(&r->why, e, "", "this model is not ready");
    TRY(e);
    configuration_changed(r, c);
    return reply_model(r, c, version, out);
}

enum err models_list(struct request *r, struct reply *out) {
    int limit, below, active;
    struct models_page page;
    pg_lease_auto c = NULL;
    TRY(configuration_versions(r, &limit, &below));
    TRY(pg_lease(r->world->reads, &c));
    TRY(models_load_page(c, r->arena, below, limit + 1, &page));
    TRY(models_load_active(c, &active));
    int n = page.n > limit ? limit : page.n;
    reply_list_open(out);
    for (int i = 0; i < n; i++) {
        json_put_item(&out->body);
        render_model(&page.items[i], active, &out->body);
    }
    reply_list_close(out, page.n > limit ? arena_printf(r->arena, "%d", page.items[n - 1].version)
                                         : NULL);
    return OK;
}
