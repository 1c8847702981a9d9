/* Policies by version. Version 0 is built in: it can be read and activated, never replaced. */
#include <stdatomic.h>
#include <stddef.h>

#include "../../common/flow/apprentice.h"
#include "../../common/flow/policy_load.h"
#include "../../common/store/policies.h"
#include "configuration.h"
#include "handlers.h"

#define NOTE_MAX_CHARS 500

struct policy_body {
    json_t *policy;
    const char *note;
};

static const struct json_field body_rows[] = {
    {"policy", JSON_KIND_OBJECT, true, offsetof(struct policy_body, policy), 0, 0},
    {"note", JSON_KIND_TEXT, false, offsetof(struct policy_body, note), 0, NOTE_MAX_CHARS},
};

/* {"policy": {...}, "note": "..."} or the policy alone, which has no member of that name. */
static enum err parse_body(struct request *r, struct policy_body *out) {
    *out = (struct policy_body){r->body, ""};
    if (!json_object_get(r->body, "policy"))
        return OK;
    return json_fill(r->body, "", body_rows, sizeof body_rows / sizeof body_rows[0], out, &r->why);
}

static enum err check_policy(struct request *r, const struct policy_body *body, const char *text) {
    struct policy *parsed = NULL;
    struct why why = {0};
    enum err e = policy_load(span_of(text), &parsed, &why);
    if (e == OK && policy_wants_approval(parsed)) /* answers are not held back yet: never pretend */
        e = why_set(&why, ERR_INVALID, "/review", "before: not available in this version");
    policy_free(parsed);
    const char *at = body->policy == r->body ? "" : "/policy";
    return e == OK ? OK
                   : why_set(&r->why, e, arena_printf(r->arena, "%s%s", at, why.pointer), "%s",
                             why.text);
}

static void render_version(const struct policies_version *v, int active, struct buf *out) {
    buf_addc(out, '{');
    json_put_number(out, "version", v->version);
    json_put_flag(out, "active", v->version == active);
    json_put_text(out, "note", v->note);
    json_put_when(out, "created_at", v->created_ms);
    json_put_when(out, "activated_at", v->activated_ms);
    if (v->body)
        json_put_raw(out, "policy", v->body);
    buf_addc(out, '}');
}

static const struct policies_version built_in = {.version = POLICIES_BUILT_IN, .note = "built in"};

static enum err find_version(struct request *r, struct pg *c, int version,
                             struct policies_version *out) {
    if (version != POLICIES_BUILT_IN)
        return policies_load(c, r->arena, version, out);
    *out = built_in;
    out->body = policy_default_json();
    return OK;
}

static enum err reply_version(struct request *r, struct pg *c, int version, struct reply *out) {
    struct policies_version found, active;
    TRY(find_version(r, c, version, &found));
    TRY(policies_load_active(c, r->arena, &active));
    render_version(&found, active.version, &out->body);
    return OK;
}

enum err policies_create(struct request *r, struct reply *out) {
    struct policy_body body;
    int version;
    pg_lease_auto c = NULL;
    TRY(parse_body(r, &body));
    const char *text = json_text(r->arena, body.policy);
    TRY(check_policy(r, &body, text));
    TRY(pg_lease(r->world->reads, &c));
    TRY(policies_add(c, r->arena, text, body.note, &version));
    out->status = 201;
    return reply_version(r, c, version, out);
}

enum err policies_get(struct request *r, struct reply *out) {
    int version;
    pg_lease_auto c = NULL;
    TRY(configuration_version(r, &version));
    TRY(pg_lease(r->world->reads, &c));
    return reply_version(r, c, version, out);
}

enum err policies_activate(struct request *r, struct reply *out) {
    int version;
    pg_lease_auto c = NULL;
    TRY(configuration_version(r, &version));
    TRY(pg_lease(r->world->reads, &c));
    TRY(policies_make_active(c, r->arena, version));
    configuration_changed(r, c);
    return reply_version(r, c, version, out);
}

/* ---- learned from takeovers ---- */

/* So many messages a call looks at: a few seconds. `redthread learn-handover` looks at all. */
#define LEARN_LOOK_AT 200000

/* One at a time: whoever asks twice would store the same twice. */
static atomic_flag learning = ATOMIC_FLAG_INIT;

static enum err parse_learning(struct request *r, struct apprentice_wish *out) {
    static const struct json_field rows[] = {
        {"since", JSON_KIND_TIME, false, offsetof(struct apprentice_wish, span.since_ms), 0, 0},
        {"until", JSON_KIND_TIME, false, offsetof(struct apprentice_wish, span.until_ms), 0, 0},
    };
    if (r->body)
        TRY(json_fill(r->body, "", rows, 2, out, &r->why));
    if (out->span.until_ms && out->span.since_ms >= out->span.until_ms)
        return why_set(&r->why, ERR_INVALID, "/until", "must be later than since");
    return OK;
}

enum err policies_learn_handover(struct request *r, struct reply *out) {
    struct apprentice_wish wish = {.look_at = LEARN_LOOK_AT};
    int version;
    pg_lease_auto c = NULL;
    TRY(parse_learning(r, &wish));
    TRY(pg_lease(r->world->reads, &c));
    if (atomic_flag_test_and_set(&learning))
        return why_set(&r->why, ERR_BUSY, "", "another one is learning now");
    enum err e = apprentice_learn(c, &wish, &version, &r->why);
    atomic_flag_clear(&learning);
    TRY(e);
    out->status = 201;
    return reply_version(r, c, version, out);
}

/* The built-in one stands at the end, in the place of version 0. */
static enum err load_page(struct request *r, struct pg *c, int below, int limit,
                          struct policies_page *page) {
    TRY(policies_load_page(c, r->arena, below, limit, page));
    if (page->n < limit && below > POLICIES_BUILT_IN)
        page->items[page->n++] = built_in;
    return OK;
}

enum err policies_list(struct request *r, struct reply *out) {
    int limit, below;
    struct policies_page page;
    struct policies_version active;
    pg_lease_auto c = NULL;
    TRY(configuration_versions(r, &limit, &below));
    TRY(pg_lease(r->world->reads, &c));
    TRY(load_page(r, c, below, limit, &page));
    TRY(policies_load_active(c, r->arena, &active));
    reply_list_open(out);
    for (int i = 0; i < page.n; i++) {
        json_put_item(&out->body);
        render_version(&page.items[i], active.version, &out->body);
    }
    int last = page.n ? page.items[page.n - 1].version : POLICIES_BUILT_IN;
    reply_list_close(out, last == POLICIES_BUILT_IN ? NULL : arena_printf(r->arena, "%d", last));
    return OK;
}
