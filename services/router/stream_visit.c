#include "stream_visit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/model/decision.h"
#include "visit_render.h"

struct stream_visit {
    struct uid session;
    char *channel, *address, *former;
    int64_t opened_ms; /* monotonic */
};

static char *copy(const char *text) {
    char *out = strdup(text);
    if (!out)
        abort();
    return out;
}

struct stream_visit *stream_visit_new(const struct visitor *v, int64_t now_ms) {
    struct stream_visit *out = calloc(1, sizeof *out);
    if (!out)
        abort();
    *out = (struct stream_visit){.session = v->id,
                                 .channel = copy(v->channel),
                                 .address = copy(v->address),
                                 .former = copy(v->former),
                                 .opened_ms = now_ms};
    return out;
}

void stream_visit_free(struct stream_visit *v) {
    if (!v)
        return;
    free(v->channel);
    free(v->address);
    free(v->former);
    free(v);
}

bool stream_visit_is_of(const struct stream_visit *v, struct uid session) {
    return uid_equal(v->session, session);
}

static bool is_own(const struct stream_visit *v, const char *channel, const char *address) {
    bool theirs =
        strcmp(address, v->address) == 0 || (*v->former && strcmp(address, v->former) == 0);
    return theirs && strcmp(channel, v->channel) == 0;
}

bool stream_visit_wants(const struct stream_visit *v, const struct event *e) {
    return e->kind == EVENT_MESSAGE && !uid_is_nil(e->message_id) &&
           e->message_kind == MESSAGE_MESSAGE && is_own(v, e->channel, e->address);
}

bool stream_visit_goes_on(const struct stream_visit *v, const struct snapshot *s, int64_t now_ms) {
    const struct channel_account *channel = snapshot_channel(s, v->channel);
    return channel && channel->kind == CHANNEL_WEBCHAT && !channel->disabled &&
           now_ms - v->opened_ms < STREAM_VISIT_LIFE_MS;
}

bool stream_visit_hears(const struct stream_visit *v, const struct stream_signal *s) {
    if (s->what == STREAM_SIGNAL_END)
        return stream_visit_is_of(v, s->session);
    return strcmp(s->author, "customer") != 0 && is_own(v, s->channel, s->address);
}

static bool bot_is_asked(const struct event *e) {
    struct arena *a = arena_new();
    struct decision d;
    bool asked = e->direction == DIRECTION_IN && e->decision.p &&
                 decision_unpack(a, e->decision, &d) == OK && d.handler.type == PARTY_BOT;
    arena_free(a);
    return asked;
}

void stream_visit_frame(const struct event *e, const struct message *m, const struct snapshot *s,
                        struct buf *out) {
    if (!m)
        return;
    buf_addf(out, "id: %" PRIu64 "-%d\nevent: message\ndata: ", e->at.xid, e->at.n);
    visit_render_message(m, s, out);
    buf_adds(out, "\n\n");
    if (bot_is_asked(e))
        stream_signal_for_visitor(&(struct stream_signal){.author = "bot", .name = "", .on = true},
                                  out);
}
