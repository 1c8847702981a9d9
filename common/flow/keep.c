/* keep: what was promised to a customer. Recorded, owned, nudged when it lapses. */
#include <string.h>

#include "../codec/json.h"
#include "../decide/policy.h"
#include "../nlu/promise.h"
#include "step.h"

#define PROMISE_DATA_MAX (32 * 1024)

static void tell(struct step *s, const char *what, const struct promise *p) {
    buf_auto b;
    buf_init(&b, PROMISE_DATA_MAX);
    buf_addc(&b, '{');
    json_put_text(&b, "what", what);
    json_put_number(&b, "no", p->no);
    json_put_text(&b, "text", p->text);
    json_put_text(&b, "by", p->by.id);
    json_put_when(&b, "due_at", p->due_ms);
    buf_addc(&b, '}');
    step_tell(s, EVENT_PROMISE, 0, b.p);
}

/* A kept promise gives way to a new one; an open one is never dropped. */
static struct promise *slot(struct conversation *c) {
    if (c->n_promises < CONVERSATION_PROMISES_MAX)
        return &c->promises[c->n_promises++];
    for (int i = 0; i < c->n_promises; i++)
        if (c->promises[i].kept_ms)
            return &c->promises[i];
    return NULL;
}

/* Watches over it from now on; p: a slot. */
static void record(struct step *s, struct promise *p, const char *text, int64_t due_ms) {
    struct conversation *c = s->conversation;
    *p = (struct promise){.no = ++c->next_promise,
                          .text = text,
                          .by = s->turn->actor,
                          .made_ms = s->now_ms,
                          .due_ms = due_ms};
    c->updated_ms = s->now_ms;
    tell(s, "made", p);
    if (!p->due_ms)
        return;
    const struct job timer = {.lane = LANE_TIMER,
                              .conversation_id = c->id,
                              .seq = p->no,
                              .epoch = c->epoch,
                              .endpoint = ""};
    ledger_job(s->ledger, &timer, p->due_ms > s->now_ms ? p->due_ms - s->now_ms : 0);
}

enum err keep_promise(struct step *s) {
    struct promise *p = slot(s->conversation);
    if (!p)
        return why_set(&s->turn->why, ERR_LIMIT, "", "%d promises are open",
                       CONVERSATION_PROMISES_MAX);
    record(s, p, s->turn->text, s->turn->due_ms);
    return OK;
}

static bool is_made(const struct conversation *c, const char *text) {
    for (int i = 0; i < c->n_promises; i++)
        if (!c->promises[i].kept_ms && strcmp(c->promises[i].text, text) == 0)
            return true;
    return false;
}

void step_note_promises(struct step *s, const char *text) {
    struct promise_found found[PROMISE_MAX];
    const struct zone *zone = snapshot_zone(s->snapshot, s->conversation->last_channel);
    int n = promise_find(s->arena, text, s->now_ms, zone, found);
    for (int i = 0; i < n; i++) {
        bool dated = found[i].due_ms && !is_made(s->conversation, found[i].text);
        struct promise *p = dated ? slot(s->conversation) : NULL;
        if (p)
            record(s, p, found[i].text, found[i].due_ms);
    }
}

static struct promise *find(struct conversation *c, int no) {
    for (int i = 0; i < c->n_promises; i++)
        if (c->promises[i].no == no)
            return &c->promises[i];
    return NULL;
}

/* Said twice it is still kept once. A breach stays on the record. */
enum err keep_promise_kept(struct step *s) {
    struct promise *p = find(s->conversation, s->turn->seq);
    if (!p)
        return why_set(&s->turn->why, ERR_ABSENT, "", "there is no such promise");
    if (p->kept_ms)
        return OK;
    p->kept_ms = s->conversation->updated_ms = s->now_ms;
    tell(s, "kept", p);
    return OK;
}

enum err keep_promise_due(struct step *s) {
    struct conversation *c = s->conversation;
    if (s->turn->job)
        ledger_job_done(s->ledger, s->turn->job);
    struct promise *p = find(c, s->turn->seq);
    if (!p || p->kept_ms || p->breached || !step_is_due(s, p->due_ms))
        return OK;
    p->breached = true;
    c->updated_ms = s->now_ms;
    tell(s, "breached", p);
    return OK;
}
