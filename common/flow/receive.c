#include "receive.h"

#include <string.h>

#include "../base/log.h"
#include "../base/metric.h"
#include "../store/attachments.h"
#include "receive_act.h"
#include "turn.h"

#define EVENTS_BYTES_MAX (16 * 1024 * 1024)
#define RETRY_MS 5000
#define ATTEMPTS_MAX 100 /* then a person has to look at it */

static void read_call(const struct channel_account *account, const struct inbounds_call *call,
                      struct wire_request *request, struct channel_call *out) {
    *request = (struct wire_request){.method = "POST",
                                     .url = call->url,
                                     .headers = call->headers,
                                     .n_headers = call->n_headers,
                                     .body = call->body};
    *out = (struct channel_call){account, request, call->received_ms};
}

/* ---- messages, many in one run ---- */

static bool is_message(const struct inbound *i) {
    return i->type == INBOUND_MESSAGE || i->type == INBOUND_POSTBACK;
}

/* Those in a row go together: the order between them and what is about them stays. */
static int in_a_row(const struct receive *r, int from) {
    int n = 0;
    while (n < TURN_BATCH_MAX && from + n < r->list.n && is_message(&r->list.items[from + n]))
        n++;
    return n;
}

static enum err hear_some(struct receive *r, int from, int n) {
    struct turn *turns = ARENA_ARRAY(r->arena, struct turn, n);
    struct turn **all = ARENA_ARRAY(r->arena, struct turn *, n);
    for (int k = 0; k < n; k++) {
        all[k] = &turns[k];
        receive_turn(r, from + k, TURN_MESSAGE, &turns[k]);
    }
    turn_run(r->world, r->arena, all, n);
    for (int k = 0; k < n; k++)
        TRY(receive_heard(r, from + k, &turns[k]));
    return OK;
}

/* ---- the call ---- */

static enum err act_on_all(struct receive *r) {
    for (int i = 0; i < r->list.n;) {
        int n = in_a_row(r, i);
        if (n)
            TRY(hear_some(r, i, n));
        else
            TRY(receive_act(r, i));
        i += n ? n : 1;
    }
    return OK;
}

static bool is_new_conversation(const struct receive *r, int upto) {
    for (int k = 0; k < upto; k++)
        if (uid_equal(r->outcomes[k].conversation_id, r->outcomes[upto].conversation_id))
            return false;
    return !uid_is_nil(r->outcomes[upto].conversation_id);
}

static void describe(struct receive *r, struct inbounds_call *call) {
    struct uid *about = ARENA_ARRAY(r->arena, struct uid, r->list.n + 1);
    buf_auto b;
    buf_init(&b, EVENTS_BYTES_MAX);
    buf_addc(&b, '[');
    call->n_conversations = 0;
    for (int i = 0; i < r->list.n; i++) {
        inbound_json_event(&r->list.items[i], &r->outcomes[i], &b);
        if (is_new_conversation(r, i))
            about[call->n_conversations++] = r->outcomes[i].conversation_id;
    }
    buf_addc(&b, ']');
    call->events = buf_done(&b) == OK ? arena_strndup(r->arena, b.p, b.len) : "[]";
    call->conversations = about;
}

static bool said_something(const struct receive *r) {
    for (int i = 0; i < r->list.n; i++)
        if (r->outcomes[i].type != INBOUND_IGNORED)
            return true;
    return false;
}

static void count(const struct receive *r) {
    for (int i = 0; i < r->list.n; i++) {
        metric_add(METRIC_inbound_events, 1);
        metric_add(METRIC_inbound_unknown, r->outcomes[i].type == INBOUND_IGNORED);
        metric_add(METRIC_inbound_invalid, r->outcomes[i].type == INBOUND_INVALID);
    }
}

static enum err settle(struct world *w, struct arena *a, struct inbounds_call *call) {
    pg_lease_auto c = NULL;
    TRY(pg_lease(w->turns, &c));
    return inbounds_settle(c, a, call);
}

static enum err quarantine(struct world *w, struct arena *a, struct inbounds_call *call,
                           const char *why) {
    char id[UID_TEXT_MAX];
    call->state = INBOUND_STATE_QUARANTINED;
    call->events = "[]";
    call->error = why;
    log_event(LOG_WARN, "call_quarantined", LOG_T("channel", call->channel),
              LOG_T("call", uid_text(call->id, id)));
    metric_add(METRIC_inbound_quarantined, 1);
    return settle(w, a, call);
}

/* What failed is our side's trouble, and passes. */
static enum err put_off(struct world *w, struct arena *a, struct inbounds_call *call, enum err e) {
    call->error = err_text(e);
    if (call->attempts >= ATTEMPTS_MAX)
        return quarantine(w, a, call, err_text(e));
    pg_lease_auto c = NULL;
    if (pg_lease(w->turns, &c) == OK)
        (void)!inbounds_put_off(c, a, call, RETRY_MS);
    return e;
}

enum err receive_run(struct world *w, struct arena *a, const struct channel_account *account,
                     struct inbounds_call *call) {
    struct receive r = {.world = w, .arena = a, .account = account, .call = call};
    struct wire_request request;
    struct channel_call said;
    const struct channel *channel = channel_find(account->kind);
    read_call(account, call, &request, &said);
    if (!channel || !channel->parse || channel->parse(a, &said, &r.list) != OK)
        return quarantine(w, a, call, "the body cannot be understood");
    r.outcomes = ARENA_ARRAY(a, struct inbound_outcome, r.list.n + 1);
    for (int i = 0; i < r.list.n; i++)
        r.outcomes[i] = (struct inbound_outcome){.type = r.list.items[i].type, .why = ""};
    enum err e = act_on_all(&r);
    if (e != OK)
        return put_off(w, a, call, e);
    count(&r);
    describe(&r, call);
    call->state = said_something(&r) ? INBOUND_STATE_DONE : INBOUND_STATE_IGNORED;
    call->error = "";
    return settle(w, a, call);
}
