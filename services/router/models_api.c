/* Models by version: asked for, looked at, activated. */
#include <stddef.h>
#include <stdio.h>

#include "../../common/store/models.h"
#include "activation.h"
#include "configuration.h"
#include "handlers.h"
#include "training.h"

struct model_body {
    bool activate, force;
};

static const struct json_field body_rows[] = {
    {"activate", JSON_KIND_FLAG, false, offsetof(struct model_body, activate), 0, 0},
    {"force", JSON_KIND_FLAG, false, offsetof(struct model_body, force), 0, 0},
};

static const char *const state_texts[] = {
    [MODELS_TRAINING] = "training", [MODELS_READY] = "ready", [MODELS_FAILED] = "failed"};

static void put_model(const struct models_version *m, int active, struct buf *out) {
    json_put_number(out, "version", m->version);
    json_put_text(out, "state", state_texts[m->state]);
    json_put_flag(out, "active", m->version == active);
    json_put_text(out, "error", *m->error ? m->error : NULL);
    json_put_when(out, "created_at", m->created_ms);
    json_put_when(out, "activated_at", m->activated_ms);
    json_put_raw(out, "report", m->report);
    double progress = m->state == MODELS_TRAINING ? training_progress(m->version) : -1;
    if (progress >= 0)
        json_put_double(out, "progress", progress);
}

static void render_model(const struct models_version *m, int active, struct buf *out) {
    buf_addc(out, '{');
    put_model(m, active, out);
    buf_addc(out, '}');
}

/* What there is to compare with. */
static void put_active(const struct models_version *active, struct buf *out) {
    json_put_key(out, "active_model");
    buf_addc(out, '{');
    json_put_number(out, "version", active->version);
    json_put_raw(out, "report", active->report);
    buf_addc(out, '}');
}

static enum err reply_model(struct request *r, struct pg *c, int version, struct reply *out) {
    struct models_version model, other;
    int active;
    TRY(models_load(c, r->arena, version, &model));
    TRY(models_load_active(c, &active));
    bool beside = active && active != version;
    if (beside)
        TRY(models_load(c, r->arena, active, &other));
    buf_addc(&out->body, '{');
    put_model(&model, active, &out->body);
    if (beside)
        put_active(&other, &out->body);
    buf_addc(&out->body, '}');
    return OK;
}

enum err models_create(struct request *r, struct reply *out) {
    struct model_body body = {false, false};
    struct training_wish wish;
    pg_lease_auto c = NULL;
    if (r->body)
        TRY(json_fill(r->body, "", body_rows, 2, &body, &r->why));
    TRY(pg_lease(r->world->reads, &c));
    TRY(models_add(c, &wish.version));
    wish.activate = body.activate;
    wish.force = body.force;
    snprintf(wish.by, sizeof wish.by, "%s", r->caller.key_id);
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

static enum err activate(struct request *r, struct pg *c, const struct activation_wish *wish,
                         struct reply *out) {
    TRY(activation_run(c, r->arena, wish, &r->why));
    configuration_changed(r, c);
    return reply_model(r, c, wish->version, out);
}

static const struct json_field force_rows[] = {
    {"force", JSON_KIND_FLAG, false, offsetof(struct activation_wish, force), 0, 0},
};

enum err models_activate(struct request *r, struct reply *out) {
    struct activation_wish wish = {.by = r->caller.key_id};
    pg_lease_auto c = NULL;
    TRY(configuration_version(r, &wish.version));
    if (r->body)
        TRY(json_fill(r->body, "", force_rows, 1, &wish, &r->why));
    TRY(pg_lease(r->world->reads, &c));
    return activate(r, c, &wish, out);
}

/* Back to the one before, however it compares: whoever does this has seen worse. */
enum err models_rollback(struct request *r, struct reply *out) {
    struct activation_wish wish = {.force = true, .by = r->caller.key_id};
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->reads, &c));
    TRY(models_load_previous(c, &wish.version));
    if (wish.version == 0)
        return why_set(&r->why, ERR_CONFLICT, "", "no model was active before this one");
    return activate(r, c, &wish, out);
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
