#include "apprentice.h"

#include "../codec/json.h"
#include "../decide/policy.h"
#include "../decide/takeover.h"
#include "../store/policies.h"

#define PAGE 1000
#define MEMBER_BYTES_MAX (64 * 1024)

/* One study, from the policy that rules to the one that is stored. */
struct study {
    struct pg *pg;
    struct arena *arena, *page; /* of the whole, and of the records in hand */
    const struct apprentice_wish *wish;
    struct lesson lesson;
    int64_t looked_at;
    struct policies_version active;
    struct policy *written, *present;
    struct takeover_result result;
};

/* ---- reading ---- */

static bool take_page(struct study *s, const struct takeovers_page *page) {
    for (int i = 0; i < page->n; i++) {
        const struct takeovers_turn *t = &page->items[i];
        const struct lesson_turn turn = {
            .conversation_id = t->conversation_id,
            .at_ms = t->at_ms,
            .decision = &t->decision,
            .cause = !t->came_ms  ? LESSON_NOBODY
                     : t->gave_up ? LESSON_GAVE_UP
                                  : LESSON_TOOK_OVER,
            .came_ms = t->came_ms,
        };
        if (!lesson_take(&s->lesson, &turn))
            return false;
    }
    return true;
}

static enum err read_turns(struct study *s) {
    struct message_ref place = {.seq = 0};
    struct takeovers_page page = {.last = false};
    struct takeovers_span span = s->wish->span;
    span.page = PAGE;
    bool room = true;
    lesson_open(s->arena, &s->lesson);
    while (room && !page.last && s->looked_at < s->wish->look_at) {
        arena_reset(s->page);
        TRY(takeovers_after(s->pg, s->page, &place, &span, &page));
        room = take_page(s, &page);
        place = page.place;
        s->looked_at += PAGE;
    }
    lesson_close(&s->lesson);
    return OK;
}

/* ---- learning ---- */

static enum err load_policies(struct study *s, struct why *why) {
    TRY(policies_load_active(s->pg, s->arena, &s->active));
    TRY(policy_parse(span_of("{}"), &s->written, why));
    return policy_parse(span_of(s->active.body ? s->active.body : "{}"), &s->present, why);
}

static enum err learn(struct study *s, struct why *why) {
    const struct takeover_weights weights = {policy_handover(s->written),
                                             policy_handover(s->present)};
    return takeover_learn(s->arena, &s->lesson, &weights, &s->result, why);
}

/* ---- storing ---- */

/* The body of the policy that rules, with another `handover`. */
static enum err body_with(struct study *s, const char **out) {
    buf_auto member;
    json_auto root = NULL;
    buf_init(&member, MEMBER_BYTES_MAX);
    takeover_render(&s->result, &member);
    TRY(buf_done(&member));
    TRY(json_load_span(span_of(s->active.body ? s->active.body : "{}"), &root, NULL));
    json_t *handover = NULL;
    TRY(json_load_span(buf_span(&member), &handover, NULL));
    if (json_object_set_new(root, "handover", handover) != 0)
        return ERR_BUG;
    *out = json_text(s->arena, root);
    return OK;
}

static enum err store(struct study *s, int *version) {
    const char *body;
    TRY(body_with(s, &body));
    const char *note = arena_printf(
        s->arena, "hand-over learned from %d takeovers in %d conversations, on version %d",
        s->lesson.taken, s->lesson.conversations, s->active.version);
    return policies_add(s->pg, s->arena, body, note, version);
}

static enum err study(struct study *s, int *version, struct why *why) {
    TRY(load_policies(s, why));
    TRY(read_turns(s));
    TRY(learn(s, why));
    return store(s, version);
}

enum err apprentice_learn(struct pg *c, const struct apprentice_wish *wish, int *version,
                          struct why *why) {
    struct study s = {.pg = c, .arena = arena_new(), .page = arena_new(), .wish = wish};
    enum err e = study(&s, version, why);
    policy_free(s.written);
    policy_free(s.present);
    arena_free(s.page);
    arena_free(s.arena);
    return e;
}
