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
    json_t *body; /* of the policy that rules */
    struct handover_weights written, present;
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

static enum err read_written(struct study *s, struct why *why) {
    struct policy *built_in = NULL;
    TRY(policy_parse(span_of("{}"), &built_in, why));
    s->written = *policy_handover(built_in);
    policy_free(built_in);
    return OK;
}

/* Of the policy that rules only the weights matter here; the rest is taken over as it stands. */
static enum err read_weights(struct study *s, struct why *why) {
    TRY(policies_load_active(s->pg, s->arena, &s->active));
    TRY(json_load_span(span_of(s->active.body ? s->active.body : "{}"), &s->body, why));
    TRY(read_written(s, why));
    s->present = s->written;
    const json_t *own = json_object_get(s->body, "handover");
    return json_is_object(own) ? handover_parse(own, "/handover", &s->present, why) : OK;
}

static enum err learn(struct study *s, struct why *why) {
    const struct takeover_weights weights = {&s->written, &s->present};
    return takeover_learn(s->arena, &s->lesson, &weights, &s->result, why);
}

/* ---- storing ---- */

static enum err put_member(struct study *s, const char **body) {
    buf_auto b;
    json_t *member = NULL;
    buf_init(&b, MEMBER_BYTES_MAX);
    takeover_render(&s->result, &b);
    TRY(buf_done(&b));
    TRY(json_load_span(buf_span(&b), &member, NULL));
    if (json_object_set_new(s->body, "handover", member) != 0)
        return ERR_BUG;
    *body = json_text(s->arena, s->body);
    return OK;
}

static enum err store(struct study *s, int *version) {
    const char *body;
    TRY(put_member(s, &body));
    const char *note = arena_printf(
        s->arena, "hand-over learned from %d takeovers in %d conversations, on version %d",
        s->lesson.taken, s->lesson.conversations, s->active.version);
    return policies_add(s->pg, s->arena, body, note, version);
}

static enum err study(struct study *s, int *version, struct why *why) {
    TRY(read_weights(s, why));
    TRY(read_turns(s));
    TRY(learn(s, why));
    return store(s, version);
}

enum err apprentice_learn(struct pg *c, const struct apprentice_wish *wish, int *version,
                          struct why *why) {
    struct study s = {.pg = c, .arena = arena_new(), .page = arena_new(), .wish = wish};
    enum err e = study(&s, version, why);
    json_decref(s.body);
    arena_free(s.page);
    arena_free(s.arena);
    return e;
}
